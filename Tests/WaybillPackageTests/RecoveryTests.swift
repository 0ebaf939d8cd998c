import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillPackage

@Suite struct `Rotten bytes` {
    /// Changes a blob's bytes as a failing disk does.
    private func rot(_ digest: Digest, in store: ContentStore) throws {
        let path = store.layout.blob(digest)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        try Data("rotten".utf8).write(to: URL(filePath: path))
    }

    @Test func `are fetched again from where the bundle's sources say, by whoever finds them`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try BundleFixture(in: folder)
            let store = fixture.store.content
            var version = try fixture.version()
            version.artifacts.append(try fixture.store.file("local.txt", "of this machine"))
            try await fixture.build(version)
            let digests = Set(version.artifacts.map(\.digest))
            for digest in digests { try rot(digest, in: store) }
            let found = try await store.verify().quarantined
            #expect(Set(found.map(\.digest)) == digests)

            let recovery = BlobRecovery(
                content: store, tree: fixture.store.tree, readers: SourceReaders([:]), refusing: [fixture.store.state])
            let report = try await recovery.run(digests)
            #expect(Set(report.recovered) == digests && report.failures.isEmpty)
            #expect(try await store.verify().isSound)
            #expect(try await store.bundle("churn@1.4.0").blobs.isSubset(of: Set(try await store.blobs().keys)))
        }
    }

    @Test func `of which nobody knows a source are said to be built again`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try BundleFixture(in: folder)
            let store = fixture.store.content
            try await fixture.build(try fixture.version())
            let recovery = BlobRecovery(
                content: store, tree: fixture.store.tree, readers: SourceReaders([:]), refusing: [])
            let stranger = Digest(of: "stranger".utf8)
            #expect(
                try await recovery.run([stranger]).failures == [
                    stranger: "no bundle says where it came from; build its bundle again"
                ])
            let bundle = try await store.bundle("churn@1.4.0")
            let layer = try #require(bundle.layers.last).digest
            for own in [layer, bundle.config.digest, bundle.descriptor.digest] {
                try rot(own, in: store)
                _ = try await store.verify()
                #expect(
                    try await recovery.run([own]).failures == [
                        own:
                            "Waybill wrote it; 'waybill package build churn@1.4.0' in a clone of the fleet repository writes it again"
                    ])
            }
            // Which is true.
            try await fixture.build(try fixture.version())
            #expect(try await store.verify().isSound)
            #expect(try await store.bundle("churn@1.4.0") == bundle)
        }
    }

    @Test func `of a version's code are packed again from its commit`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let origin = try GitOrigin(in: folder)
            let commit = try origin.commit(["train/fit.py": "fit()\n"])
            var fixture = try BundleFixture(in: folder)
            fixture.repositories = origin.files()
            var version = try fixture.version()
            version.code = CodeSource(repository: origin.path, commit: commit, path: "train")
            try await fixture.build(version)
            let store = fixture.store.content
            let code = try #require(try await store.bundle("churn@1.4.0").layers.first { $0.path == ".waybill/code" })
            func recover() async throws -> BlobRecovery.Report {
                try rot(code.digest, in: store)
                #expect(try await store.verify().quarantined.map(\.digest) == [code.digest])
                return try await BlobRecovery(
                    content: store, tree: fixture.store.tree,
                    readers: SourceReaders([:], repositories: origin.files()), refusing: []
                ).run([code.digest])
            }
            #expect(try await recover().recovered == [code.digest])
            #expect(try await store.verify().isSound)
            try FileManager.default.removeItem(atPath: origin.path)
            let failure = try #require(try await recover().failures[code.digest])
            #expect(failure.hasPrefix("the code of churn@1.4.0: \(origin.path): "), "\(failure)")
        }
    }

    @Test func `of a bundle that was pulled come from its registry, with all that refers to it`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try RegistryFixture(in: folder)
            let made = try await fixture.bundle.build(try fixture.bundle.version())
            _ = try await fixture.refer(to: made.manifest, "a bill of materials")
            let store = fixture.elsewhere
            func recover(_ digests: Set<Digest>) async throws -> BlobRecovery.Report {
                for digest in digests { try rot(digest, in: store) }
                #expect(Set(try await store.verify().quarantined.map(\.digest)) == digests)
                return try await BlobRecovery(
                    content: store, tree: MemoryTree(), readers: SourceReaders([:]), refusing: [],
                    registry: fixture.client
                ).run(digests)
            }
            let place = try await RegistryServer.with(in: folder) { (registry) async throws in
                let target = try registry.reference("team/churn")
                _ = try await fixture.push.push("churn@1.4.0", to: target)
                _ = try await fixture.pull.pull(try registry.reference("team/churn:1.4.0"))
                let all = Set(try await store.blobs().keys)
                let report = try await recover(all)
                #expect(Set(report.recovered) == all && report.failures == [:])
                #expect(try await store.verify().isSound)
                return "\(target.name)@\(made.manifest)"
            }
            let layer = try #require(try await store.bundle("churn@1.4.0").layers.first).digest
            let failure = try #require(try await recover([layer]).failures[layer])
            #expect(
                failure.hasSuffix("; once that is mended, 'waybill package pull \(place)' brings it back, too"),
                "\(failure)")
        }
    }

    /// An index with one wheel.
    private struct OneWheel: WheelSource {
        let text: String

        func fetch(_ name: String, digest: Digest, indexes: [String], into folder: String) async throws(Failure) {
            guard indexes == ["--index-url https://wheels.example/simple"] else {
                throw Failure(.stall, reason: "Test", message: "no such index")
            }
            _ = FileManager.default.createFile(atPath: "\(folder)/\(name)", contents: Data(text.utf8))
        }
    }

    @Test func `of a wheel come from the index that its lock named`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let content = try StoreFixture(in: folder).content
            let name = "six-1.16.0-py2.py3-none-any.whl"
            let from = folder.appending(path: "from")
            try FileManager.default.createDirectory(at: from, withIntermediateDirectories: true)
            try Data("six".utf8).write(to: from.appending(path: name))
            try await ContentWheels(content: content).keep(
                "one", from: from.path, indexes: ["--index-url https://wheels.example/simple"])
            let digest = Digest(of: "six".utf8)
            func recover(_ wheels: (any WheelSource)?) async throws -> BlobRecovery.Report {
                try rot(digest, in: content)
                _ = try await content.verify()
                return try await BlobRecovery(
                    content: content, tree: MemoryTree(), readers: SourceReaders([:]), refusing: [], wheels: wheels
                ).run([digest])
            }
            #expect(try await recover(OneWheel(text: "six")).recovered == [digest])
            #expect(try await content.verify().isSound)
            let end =
                "; the controller fetches it, or builds it from its source, when it next builds an environment with it"
            #expect(
                try await recover(OneWheel(text: "other")).failures[digest]
                    == "it is the wheel \(name): its index gives \(Digest(of: "other".utf8)) instead\(end)")
            #expect(try entries(of: content.layout.partial) == [])
            try await content.put(Array("six".utf8))
            #expect(
                try await recover(nil).failures[digest]
                    == "it is the wheel \(name): nothing here reads indexes of packages\(end)")
        }
    }

    @Test func `that another program moved aside are written down once`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try StoreFixture(in: folder)
            let artifacts = [try fixture.file("model.bin", "weights")]
            try await fixture.stage(artifacts)
            try rot(artifacts[0].digest, in: fixture.content)
            _ = try await fixture.content.verify()
            #expect(try await fixture.store.noteQuarantine() == 1)
            #expect(try await fixture.store.noteQuarantine() == 0)
            let events = fixture.ledger.events.filter { $0.type == .contentQuarantined }
            #expect(events.map(\.undeclaredMembers) == [[]])
            #expect(events.first?.body["found"]?.string == Digest(of: "rotten".utf8).description)
        }
    }

    @Test func `that staging found itself are not written down twice`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try StoreFixture(in: folder)
            let artifacts = [try fixture.file("model.bin", "weights")]
            try await fixture.stage(artifacts)
            try rot(artifacts[0].digest, in: fixture.content)
            try await fixture.stage(artifacts + [try fixture.file("other.bin", "other")])
            #expect(fixture.ledger.events.count { $0.type == .contentQuarantined } == 1)
            #expect(try await fixture.store.noteQuarantine() == 0)
        }
    }
}
