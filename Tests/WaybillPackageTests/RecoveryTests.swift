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
            let own = try await store.bundle("churn@1.4.0").config.digest
            #expect(try await recovery.run([own]).recovered == [])
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
