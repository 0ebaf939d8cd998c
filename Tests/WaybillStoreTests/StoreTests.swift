import Foundation
import Glibc
import Testing
import WaybillCore
import WaybillStore
import WaybillTestSupport

struct StoreTests {
    @Test func `a new store is created, the next opening finds it`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending(path: "store.sqlite")
            let first = try await Store.open(path)
            #expect(first.opening == .created)
            try first.store.close()
            let second = try await Store.open(path)
            #expect(second.opening == .existing)
            try second.store.close()
        }
    }

    @Test func `the store and its companions are closed to others, also those of an older build`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending(path: "store.sqlite")
            for isOld in [false, true] {
                let (store, opening) = try await Store.open(path)
                #expect(opening == (isOld ? .existing : .created))
                for suffix in ["", "-wal", "-shm"] {
                    var status = stat()
                    #expect(stat(path.path + suffix, &status) == 0 && status.st_mode & 0o777 == 0o600, "\(suffix)")
                }
                try store.close()
                chmod(path.path, 0o644)
            }
        }
    }

    @Test(arguments: [
        ("text instead of a database", "this is no database, and it is long enough to be looked at as one, really"),
        ("a header and nothing behind it", "SQLite format 3\0" + String(repeating: "x", count: 200)),
    ])
    func `a damaged store is set aside and made anew`(_ damage: (name: String, bytes: String)) async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending(path: "store.sqlite")
            try Data(damage.bytes.utf8).write(to: path)
            let (store, opening) = try await Store.open(path)
            guard case .rebuilt(let reason, let kept) = opening else {
                Issue.record("\(damage.name): opened as \(opening)")
                return
            }
            #expect(!reason.isEmpty)
            #expect(try Data(contentsOf: URL(filePath: kept)) == Data(damage.bytes.utf8))
            try await store.save(try summary("production/churn", ready: true))
            #expect(try await store.summaries().map(\.deployment) == ["production/churn"])
            try store.close()
        }
    }

    @Test func `pages overwritten in the middle are noticed at opening`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending(path: "store.sqlite")
            let (store, _) = try await Store.open(path)
            for number in 0..<200 { try await store.save(try summary("production/model-\(number)", ready: true)) }
            try store.close()
            let handle = try FileHandle(forWritingTo: path)
            try handle.seek(toOffset: 4096)
            try handle.write(contentsOf: Data(repeating: 0xff, count: 8192))
            try handle.close()
            let (again, opening) = try await Store.open(path)
            guard case .rebuilt = opening else {
                Issue.record("opened as \(opening)")
                return
            }
            #expect(try await again.summaries() == [])
            try again.close()
        }
    }

    @Test func `a store that cannot be made says where and what to do`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending(path: "missing/store.sqlite")
            let failure = await #expect(throws: Failure.self) { try await Store.open(path) }
            #expect(failure?.reason == "StoreUnavailable")
            #expect(failure?.message.hasPrefix("\(path.path): the store cannot be used: ") == true)
        }
    }

    @Test func `a summary comes back as it was saved, the newest wins, a forgotten one is gone`() async throws {
        try await withTemporaryFolder { folder in
            let (store, _) = try await Store.open(folder.appending(path: "store.sqlite"))
            let before = try summary("production/churn", ready: false)
            let after = try summary("production/churn", ready: true)
            try await store.save(before)
            try await store.save(after)
            try await store.save(try summary("staging/churn", ready: false))
            #expect(try await store.summary(of: after.key) == StoredSummary(after))
            #expect(try await store.summaries().map(\.isReady) == [true, false])
            try await store.forget(after.key)
            #expect(try await store.summary(of: after.key) == nil)
            try store.close()
        }
    }

    @Test func `the index of resources is replaced as a whole`() async throws {
        try await withTemporaryFolder { folder in
            let (store, _) = try await Store.open(folder.appending(path: "store.sqlite"))
            let commit = try CommitID(parsing: String(repeating: "b", count: 40))
            let place = SourceLocation(path: "fleet/churn.yaml", line: 3, column: 1)
            let churn = ResourceID.model(try Name(parsing: "churn"))
            let fraud = ResourceID.model(try Name(parsing: "fraud"))
            let production = ResourceID.environment(try Name(parsing: "production"))
            try await store.index([(churn, place), (production, place)], of: commit)
            try await store.index([(fraud, place), (production, place)], of: commit)
            #expect(try await store.resources(of: .model).map(\.name) == ["fraud"])
            #expect(try await store.resources().map(\.id) == ["Environment production", "Model fraud"])
            #expect(try await store.indexedCommit() == commit)
            try store.close()
        }
    }

    @Test func `a commit that moves one resource of many writes that one`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending(path: "store.sqlite")
            let (store, _) = try await Store.open(path)
            let commit = try CommitID(parsing: String(repeating: "b", count: 40))
            var all = try (0..<4000).map { number in
                (
                    id: ResourceID.model(try Name(parsing: "model-\(number)")),
                    location: SourceLocation(path: "fleet/model-\(number).yaml", line: 1, column: 1)
                )
            }
            func written() throws -> Int {
                try Data(contentsOf: folder.appending(path: "store.sqlite-wal")).count
            }
            try await store.index(all, of: commit)
            let whole = try written()
            all[7].location = SourceLocation(path: "fleet/moved.yaml", line: 9, column: 1)
            try await store.index(all, of: commit)
            #expect(try written() - whole < whole / 10)
            #expect(try await store.resources().filter { $0.path == "fleet/moved.yaml" }.map(\.name) == ["model-7"])
            #expect(try await store.resources().count == 4000)
            try store.close()
        }
    }

    @Test func `events are found by subject, the newest within the limit`() async throws {
        try await withTemporaryFolder { folder in
            let (store, _) = try await Store.open(folder.appending(path: "store.sqlite"))
            #expect(try await store.nextPosition() == 0)
            let events = (0..<6).map { number in
                (
                    index: LedgerIndex(number),
                    event: Event(
                        .planDecided, decision: DecisionID(1), time: Timestamp(milliseconds: 5),
                        subject: number % 2 == 0 ? "production/churn" : "production/fraud")
                )
            }
            try await store.index(events)
            try await store.index(Array(events.suffix(2)))
            #expect(try await store.positions(of: "production/churn") == [0, 2, 4])
            #expect(try await store.positions(of: "production/churn", limit: 2) == [2, 4])
            #expect(try await store.positions(of: "production/churn", before: 4, limit: 1) == [2])
            #expect(try await store.nextPosition() == 6)
            try store.close()
        }
    }

    @Test func `a reader sees what the writer saved, makes nothing and repairs nothing`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending(path: "store.sqlite")
            let none = try Store.openForReading(path)
            #expect(none.map { _ in true } == nil)
            let (store, _) = try await Store.open(path)
            try await store.save(try summary("production/churn", ready: true))
            let reader = try #require(try Store.openForReading(path))
            #expect(try await reader.summaries().map(\.deployment) == ["production/churn"])
            await #expect(throws: Failure.self) { try await reader.forget(try DeploymentKey(parsing: "a/b")) }
            try reader.close()
            try store.close()
        }
    }

    private func summary(_ key: String, ready: Bool) throws -> KeySummary {
        let key = try DeploymentKey(parsing: key)
        let revision = Revision(Digest(of: Array("revision".utf8)))
        let time = Timestamp(milliseconds: 1_700_000_000_123)
        var conditions = Conditions()
        conditions.set(Condition(.ready, isTrue: ready, reason: "Serving", message: "it serves", changedAt: time))
        let replica = ObservedReplica(
            id: ReplicaID(key: key, revision: revision, serial: 7), revision: revision,
            version: try VersionID(parsing: "churn@1.0.0"),
            phase: .exited(ExitStatus(cause: .code(1), at: time, lastLines: ["no such file", "bye"])), port: 9000,
            startedAt: time)
        return KeySummary(
            key: key, conditions: conditions, desired: revision, wantedReplicas: 1, replicas: [replica],
            pending: [PlannedAction(.forgetReplica(replica.id), reason: "it exited with code 1")], observedAt: time)
    }
}
