import Foundation
import Glibc
import Synchronization
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillPackage

@Suite struct `Care of the store` {
    @Test func `verifying finds bytes that rotted with their looks kept, and moves them aside`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try BundleFixture(in: folder)
            let store = fixture.store.content
            let version = try fixture.version()
            let bundle = try await fixture.build(version)
            let digest = version.artifacts[0].digest
            // As a failing disk does it: the record still fits the file.
            #expect(chmod(store.layout.blob(digest), 0o644) == 0)
            try Data("weights of CHURN".utf8).write(to: URL(filePath: store.layout.blob(digest)))
            let status = try #require(try fileStatus(store.layout.blob(digest)))
            try store.layout.record(digest).save([StoredFile(path: "", digest: digest, status: status)])

            let steps = Mutex<[Int64]>([])
            let report = try await store.verify { (done, _) in steps.withLock { $0.append(done) } }
            #expect(report.blobs == 8)
            #expect(report.quarantined.map(\.digest) == [digest])
            #expect(report.quarantined.first?.found == Digest(of: "weights of CHURN".utf8))
            #expect(steps.withLock { $0 } == steps.withLock { $0.sorted() })
            #expect(try await store.verify().isSound)
            // The next build fetches it again, and is the same.
            #expect(try await fixture.build(version) == bundle)
            #expect(try await store.bytes(of: digest) == Array("weights of churn".utf8))
        }
    }

    @Test func `verifying one large blob says how far it is in it`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let store = try BundleFixture(in: folder).store.content
            try store.layout.make()
            try await store.put([UInt8](repeating: 7, count: 5 << 20))
            let steps = Mutex<[Int64]>([])
            let report = try await store.verify { (done, total) in
                #expect(total == 5 << 20)
                steps.withLock { $0.append(done) }
            }
            #expect(report.isSound)
            #expect(Set(steps.withLock { $0 }) == Set((0...40).map { Int64($0) << 17 }))
        }
    }

    @Test func `what nothing needs is removed, after a look`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            var fixture = try BundleFixture(in: folder)
            var versions: [ModelVersion] = []
            for number in 0..<5 {
                var store = fixture.store
                store.tree.files["models/churn/model.joblib"] = Array("weights \(number)".utf8)
                fixture = BundleFixture(store: store)
                versions.append(try fixture.version("churn@1.\(number).0"))
                try await fixture.build(versions[number])
            }
            let store = fixture.store.content
            let stray = try await store.put(Array("stray".utf8))
            // The oldest is deployed.
            let collection = ContentCollection(
                store, roots: [versions[0].artifacts[0].digest], retention: Retention(newest: 2))
            let before = try await store.blobs()
            let planned = try await collection.run(dryRun: true)
            #expect(planned.bundles == ["churn@1.1.0", "churn@1.2.0"])
            #expect(try await store.blobs() == before)
            let done = try await collection.run(dryRun: false)
            #expect(done == planned)
            #expect(
                try await store.manifests().map { $0.annotations[ImageIndex.nameAnnotation] }
                    == ["churn@1.0.0", "churn@1.3.0", "churn@1.4.0"])
            #expect(try await store.blobs()[stray] == nil)
            for name in ["churn@1.0.0", "churn@1.3.0", "churn@1.4.0"] {
                let bundle = try await store.bundle(name)
                #expect(try await store.verify(only: bundle.blobs).blobs == bundle.blobs.count)
            }
            #expect(try await collection.run(dryRun: false).isEmpty)
        }
    }

    @Test func `nothing is removed while something packages`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let store = try BundleFixture(in: folder).store.content
            try store.layout.make()
            let use = try await store.use()
            await #expect(
                throws: Failure(
                    .wait, reason: "PackagingUnderWay",
                    message: "\(store.layout.root) is in use by something that packages; collect when that is done")
            ) { try await ContentCollection(store, roots: []).run(dryRun: true) }
            withExtendedLifetime(use) {}
        }
    }

    @Test func `what is needed is asked once nobody can package any more`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let store = try BundleFixture(in: folder).store.content
            try store.layout.make()
            let (needed, stray) = (try await store.put([1]), try await store.put([2]))
            let roots: @Sendable () throws(Failure) -> Set<Digest> = { () throws(Failure) in
                let use: FileLock?
                do throws(SystemError) { use = try FileLock.take(store.layout.useLock, shared: true) } catch {
                    throw .disk(error)
                }
                guard use == nil else {
                    throw Failure(.stall, reason: "Test", message: "somebody could put another set in place")
                }
                return [needed]
            }
            let report = try await ContentCollection(store, roots: roots).run(dryRun: false)
            #expect(report.blobs == 1)
            let held = try await store.blobs()
            #expect(held[needed] != nil && held[stray] == nil)
        }
    }

    @Test func `a controller's collection is recorded and keeps what is deployed`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try StoreFixture(in: folder)
            let kept = [try fixture.file("model.bin", "weights")]
            let gone = [try fixture.file("old.bin", "old weights")]
            try await fixture.stage(kept)
            try await fixture.stage(gone)
            try await fixture.collect(keeping: [kept])
            #expect(fixture.blobs == [kept[0].digest.hex])
            let event = try #require(fixture.ledger.events.last)
            #expect(event.type == .contentCollected)
            #expect(event.body == ["blobs": 1, "size": 11, "bundles": []])
            #expect(event.undeclaredMembers == [])
            #expect(try await fixture.store.check(kept) == .prepared)
        }
    }

    @Test func `a state folder of before the store goes on serving, and packaging it changes no file`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try StoreFixture(in: folder)
            let artifacts = [try fixture.file("model.bin", "weights")]
            // As builds without a content store left it: a plain copy and its record.
            let set = fixture.store.folder(for: artifacts)
            try fixture.store.layout.make()
            try FileManager.default.createDirectory(atPath: set, withIntermediateDirectories: true)
            try Data("weights".utf8).write(to: URL(filePath: "\(set)/model.bin"))
            #expect(chmod("\(set)/model.bin", 0o444) == 0)
            let status = try #require(try fileStatus("\(set)/model.bin"))
            let record = FolderIndex(path: "\(fixture.store.layout.index)/\(ArtifactSet.key(for: artifacts).hex)")
            try record.save([StoredFile(path: "model.bin", digest: artifacts[0].digest, status: status)])

            #expect(try await fixture.store.check(artifacts) == .prepared)
            try await fixture.stage(artifacts)
            let version = ModelVersion(id: fixture.version, format: "x", artifacts: artifacts)
            try await fixture.store.package(version, at: fixture.commit, ticket: try await fixture.ledger.ticket())
            let after = try #require(try fileStatus("\(set)/model.bin"))
            #expect(after.st_ino == status.st_ino && after.st_ctim.tv_nsec == status.st_ctim.tv_nsec)
            #expect(try await fixture.store.check(artifacts) == .prepared)
            try await fixture.collect(keeping: [artifacts])
            #expect(try await fixture.store.check(artifacts) == .prepared)
        }
    }

    @Test func `a bundle is recorded when it is new, once`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try StoreFixture(in: folder)
            let artifacts = [try fixture.file("model.bin", "weights")]
            try await fixture.stage(artifacts)
            let version = ModelVersion(id: fixture.version, format: "x", artifacts: artifacts)
            for _ in 0..<2 {
                try await fixture.store.package(version, at: fixture.commit, ticket: try await fixture.ledger.ticket())
            }
            let events = fixture.ledger.events.filter { $0.type == .bundleBuilt }
            #expect(events.count == 1)
            #expect(events.first?.undeclaredMembers == [])
            #expect(
                events.first?.body["digest"]?.string
                    == (try await fixture.content.manifest("churn@1.4.0").digest.description))
        }
    }

    @Test func `a bundle that was built by hand is recorded when the controller packages it, once`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try StoreFixture(in: folder)
            let artifacts = [try fixture.file("model.bin", "weights")]
            let version = ModelVersion(id: fixture.version, format: "x", artifacts: artifacts)
            let builder = BundleBuilder(
                content: fixture.content, tree: fixture.tree, readers: fixture.readers, refusing: [])
            let built = try await builder.build(version, at: fixture.commit).bundle
            func recorded() -> [String?] {
                fixture.ledger.events.filter { $0.type == .bundleBuilt }.map { $0.body["digest"]?.string }
            }
            #expect(recorded() == [])
            for _ in 0..<2 {
                try await fixture.store.package(version, at: fixture.commit, ticket: try await fixture.ledger.ticket())
                #expect(recorded() == [built.manifest.description])
            }
        }
    }

    @Test func `a bundle that was collected is recorded again, and its version never becomes another one`() async throws
    {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try StoreFixture(in: folder)
            let artifacts = [try fixture.file("model.bin", "weights")]
            func packaged(_ format: String) async throws -> Int {
                let version = ModelVersion(id: fixture.version, format: format, artifacts: artifacts)
                try await fixture.store.package(version, at: fixture.commit, ticket: try await fixture.ledger.ticket())
                return fixture.ledger.events.count { $0.type == .bundleBuilt }
            }
            #expect(try await packaged("x") == 1)
            #expect(try await packaged("x") == 1)
            let other = await #expect(throws: Failure.self) { _ = try await packaged("y") }
            #expect(other?.reason == "VersionChanged")
            let collection = ContentCollection(fixture.content, roots: [], retention: Retention(newest: 0))
            #expect(try await collection.run(dryRun: false).bundles == ["churn@1.4.0"])
            #expect(try entries(of: fixture.content.layout.bundled) == [])
            #expect(try await packaged("x") == 2)
        }
    }

    @Test func `a set that a crash kept from its bundle is packaged before it counts as prepared`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            var fixture = try StoreFixture(in: folder)
            let artifacts = [try fixture.file("model.bin", "weights")]
            let version = ModelVersion(id: fixture.version, format: "x", artifacts: artifacts)
            fixture.manifest = version
            // The controller ends when the files are in place.
            try await fixture.stage(artifacts)
            #expect(try await fixture.store.check(artifacts, of: version) == .unpackaged)
            for _ in 0..<2 {
                try await fixture.stage(artifacts)
                try await fixture.store.package(version, at: fixture.commit, ticket: try await fixture.ledger.ticket())
                #expect(try await fixture.store.check(artifacts, of: version) == .prepared)
            }
            for type in [EventType.sourcesResolved, .artifactInspected, .bundleBuilt, .bundleAttested] {
                #expect(fixture.ledger.events.count { $0.type == type } == 1)
            }
            try await fixture.collect(keeping: [])
            #expect(fixture.leftovers == [])
        }
    }
}
