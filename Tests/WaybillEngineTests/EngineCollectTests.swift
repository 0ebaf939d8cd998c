import Testing
import WaybillCore
import WaybillEngine

/// What nothing needs any more is asked to be removed, and never under something that uses it.
struct EngineCollectTests {
    private func revision(_ bench: Bench, _ setting: Int) -> Revision {
        bench.deployment(setting: setting, replicas: 1).revision
    }

    @Test func `after a start, a new revision and a removal it keeps just what is desired`() throws {
        var bench = try Bench()
        bench.send(.desired(bench.delta(setting: 1, replicas: 1)))
        bench.settle()
        #expect(bench.collections == [[revision(bench, 1)]])
        bench.send(.desired(bench.delta(setting: 2, replicas: 1)))
        bench.settle()
        #expect(Set(bench.collections.dropFirst()) == [[revision(bench, 2)]])
        bench.collections = []
        bench.settle(for: .seconds(10_000))
        #expect(bench.collections == [], "nothing has changed")
        bench.send(.desired(DesiredDelta(commit: bench.commit, removed: [bench.key])))
        bench.settle()
        #expect(bench.collections.last == [])
    }

    @Test func `nothing is collected before the desired state is known or without a ledger`() throws {
        var bench = try Bench()
        bench.send(.found([bench.key]))
        bench.settle(for: .seconds(10_000))
        #expect(bench.collections == [])
        bench.send(.ledgerLost(unwritten: []))
        bench.send(.desired(bench.delta(setting: 1, replicas: 1)))
        bench.settle(for: .seconds(10_000))
        #expect(bench.collections == [])
        bench.send(.ledgerBack)
        bench.settle()
        #expect(bench.collections.last == [revision(bench, 1)])
    }

    @Test func `while a deployment is held at a state that is not known any more nothing is collected`() throws {
        var bench = try Bench()
        bench.send(.desired(bench.delta(setting: 1, replicas: 1)))
        bench.settle()
        bench.collections = []
        let problem = Diagnostic(
            location: SourceLocation(path: "churn.yaml", line: 3, column: 7), rule: "unknown-field",
            message: "unknown field 'replcas'")
        bench.core = EngineCore(facts: bench.core.facts, seed: 2, now: bench.now)
        bench.send(.desired(DesiredDelta(commit: bench.commit, held: [bench.key: [problem]])))
        bench.settle(for: .seconds(10_000))
        #expect(bench.collections == [])
        bench.send(
            .desired(
                DesiredDelta(
                    commit: bench.commit, changed: [bench.key: bench.deployment(setting: 1, replicas: 1)],
                    released: [bench.key])))
        bench.settle(for: .seconds(1000))
        #expect(bench.collections.last == [revision(bench, 1)])
    }

    @Test func `no preparation and no start begins while it is under way`() throws {
        var bench = try Bench()
        bench.answersCollections = false
        bench.send(.desired(bench.delta(setting: 1, replicas: 1)))
        bench.settle()
        let open = try #require(bench.openCollection)
        bench.acts = []
        bench.send(.desired(bench.delta(setting: 2, replicas: 1)))
        bench.settle()
        #expect(bench.acts == [])
        bench.answersCollections = true
        bench.send(.collected(open, nil))
        bench.settle()
        #expect(bench.core.summary(of: bench.key)?.conditions.isTrue(.ready) == true)
        #expect(bench.collections.last == [revision(bench, 2)])
    }

    @Test func `the controller removes with intent and outcome, and writes nothing where there is nothing`()
        async throws
    {
        let harness = ControllerHarness()
        let key = try Named.key()
        let (old, new) = (Named.desired(key).revision, Named.desired(key, setting: 2).revision)
        try await harness.run {
            harness.controller.send(.desired(try Named.delta("a", [key])))
            try await eventually("it serves") { await harness.isReady(key) }
            harness.controller.send(.desired(try Named.delta("b", [key], setting: 2)))
            try await eventually("what the old one left is removed") { harness.target.cached == [new] }
            try await eventually("it is concluded") { harness.ledger.events(of: .cacheCollected).count == 2 }
        }
        let events = harness.ledger.events(of: .cacheCollected)
        #expect(events.map(\.phase) == [.intent, .outcome])
        let items = events.map { ($0.body["items"]?.list ?? []).compactMap(\.string) }
        #expect(items == [["model-files \(old)"], ["model-files \(old)"]])
        #expect(events.last?.outcome == .succeeded && events.last?.body["count"]?.integer == 1)
        #expect(events.flatMap(\.undeclaredMembers) == [])
    }
}
