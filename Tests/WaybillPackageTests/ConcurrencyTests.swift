import Foundation
import Glibc
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillPackage

@Suite struct `Several at once` {
    @Test func `equal requests do the work once`() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try StoreFixture(in: folder)
            let artifacts = [try fixture.file("model.bin", String(repeating: "w", count: 3_000_000))]
            try await withThrowingTaskGroup { group in
                for _ in 0..<8 { group.addTask { try await fixture.stage(artifacts) } }
                try await group.waitForAll()
            }
            #expect(try await fixture.store.check(artifacts) == .prepared)
            #expect(fixture.ledger.events.filter { $0.type == .artifactVerified }.count == 1)
        }
    }

    @Test func `what a killed process left is replaced, and another process waits for the living`() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try StoreFixture(in: folder)
            let artifacts = [try fixture.file("model.bin", "weights")]
            // A process that dies in the middle of the copy: its half stays, its lock goes.
            let root = folder.path
            await #expect(processExitsWith: .signal(SIGKILL)) { [root = root as String] in
                let dying = try StoreFixture(in: URL(filePath: root))
                let artifacts = [try dying.file("model.bin", "weights")]
                try dying.store.layout.make()
                let key = ArtifactSet.key(for: artifacts).hex
                _ = try FileLock.take("\(dying.store.layout.locks)/\(key)")
                try dying.content.layout.make()
                _ = try FileLock.take(dying.content.layout.lock(artifacts[0].digest))
                try Data("weig".utf8).write(to: URL(filePath: dying.content.layout.partial(artifacts[0].digest)))
                let staging = Staging(
                    folder: "\(dying.store.layout.work)/\(key)", set: try ArtifactSet(artifacts),
                    content: dying.content, cancellation: Cancellation())
                try staging.begin()
                try Data("weig".utf8).write(to: URL(filePath: "\(staging.folder)/model.bin"))
                kill(getpid(), SIGKILL)
            }
            #expect(fixture.partials.count == 1)
            #expect(fixture.leftovers.contains { $0.hasSuffix("/model.bin") })
            #expect(try await fixture.store.check(artifacts) == .missing)
            try await fixture.stage(artifacts)
            #expect(try await fixture.store.check(artifacts) == .prepared)
            #expect(fixture.leftovers.filter { $0.hasPrefix("work/") } == [])
            #expect(fixture.partials == [])
        }
    }

    @Test func `a cancelled wait ends`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending(path: "lock").path
            let held = try #require(try FileLock.take(path))
            await withTaskGroup { group in
                group.addTask { await #expect(throws: CancellationError.self) { try await FileLock.wait(for: path) } }
                group.cancelAll()
            }
            #expect(try FileLock.take(path) == nil)
            withExtendedLifetime(held) {}
        }
    }

    @Test func `a cancelled copy stops and leaves nothing`() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try StoreFixture(in: folder)
            let artifacts = [try fixture.file("model.bin", String(repeating: "w", count: 30_000_000))]
            let failure = await withTaskGroup { group in
                group.addTask { await fixture.failure(of: artifacts) }
                group.cancelAll()
                return await group.next() ?? nil
            }
            #expect(failure == .cancelled)
            #expect(fixture.leftovers.filter { $0.hasPrefix("sets/") || $0.hasPrefix("work/") } == [])
            #expect(fixture.partials == [] && fixture.blobs == [])
        }
    }
}
