import Testing
import WaybillCore
import WaybillEngine

/// Which fields a decided plan says to differ.
struct EngineDiffTests {
    /// Each difference in one word: `absent > 1`.
    private func bench() throws -> Bench {
        try Bench { before, after in
            let words = [before, after].map { $0.map { String($0.replicas) } ?? "absent" }
            return words[0] == words[1]
                ? [] : [FieldChange(path: "spec", before: words[0], after: words[1], restarts: true)]
        }
    }

    private func diffs(_ bench: Bench) -> [String] {
        bench.notes.filter { $0.type == .planDecided }.map { note in
            (note.body["diff"]?.list ?? []).map {
                "\($0["before"]?.string ?? "") > \($0["after"]?.string ?? "")"
            }.joined(separator: ",")
        }
    }

    @Test func `what comes, changes and goes has its fields`() throws {
        var bench = try bench()
        bench.send(.desired(bench.delta(setting: 1, replicas: 1)))
        bench.settle()
        bench.send(.desired(bench.delta(setting: 1, replicas: 3)))
        bench.settle()
        bench.send(.desired(DesiredDelta(commit: bench.commit, removed: [bench.key])))
        bench.settle()
        let found = diffs(bench)
        #expect(found.first == "absent > 1")
        #expect(found.contains("1 > 3"))
        #expect(found.last == "3 > absent")
    }

    @Test func `what was reached differs in nothing when a replica dies`() throws {
        var bench = try bench()
        bench.send(.desired(bench.delta(setting: 1, replicas: 1)))
        bench.settle()
        let before = bench.notes.count
        bench.replicas = [:]
        bench.send(.replicaChanged(bench.key))
        bench.settle()
        let later = bench.notes.dropFirst(before).filter { $0.type == .planDecided }
        #expect(!later.isEmpty)
        #expect(later.allSatisfy { $0.body["diff"] == .list([]) })
    }
}
