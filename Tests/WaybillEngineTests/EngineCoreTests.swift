import Testing
import WaybillCore
import WaybillEngine

/// Drives a core by hand against a world that does what it is told.
struct EngineCoreTests {
    @Test func `what is still so after a restart keeps since when, and decides nothing`() throws {
        var bench = try Bench()
        bench.send(.desired(bench.delta(setting: 1, replicas: 1)))
        bench.settle()
        let before = try #require(bench.core.summary(of: bench.key)?.conditions)
        bench.acts = []
        bench.now = bench.now + .seconds(1000)
        bench.core = EngineCore(
            facts: bench.core.facts, seed: 2, now: bench.now, earlier: [bench.key: before])
        bench.send(.found([bench.key]))
        #expect(bench.core.currentSummary(of: bench.key)?.conditions.isTrue(.ready) == false)
        bench.send(.desired(bench.delta(setting: 1, replicas: 1)))
        bench.settle()
        let after = try #require(bench.core.summary(of: bench.key)?.conditions[.ready])
        #expect(after.isTrue && after.changedAt == before[.ready]?.changedAt)
        #expect(bench.acts == [])
    }

    @Test func `a first deployment is prepared, started, routed and then left in peace`() throws {
        var bench = try Bench()
        bench.send(.desired(bench.delta(setting: 1, replicas: 2)))
        bench.settle()
        #expect(
            bench.acts.map(\.name) == ["prepare", "start-replica", "start-replica", "set-route"])
        #expect(bench.core.summary(of: bench.key)?.conditions.isTrue(.ready) == true)
        #expect(bench.core.plan(of: bench.key)?.isEmpty == true)
        #expect(bench.core.queueDepth == 1)
    }

    @Test func `a new revision takes over before the old one goes`() throws {
        var bench = try Bench()
        bench.send(.desired(bench.delta(setting: 1, replicas: 1)))
        bench.settle()
        bench.acts = []
        bench.send(.desired(bench.delta(setting: 2, replicas: 1)))
        bench.settle()
        #expect(
            bench.acts.map(\.name) == ["prepare", "start-replica", "set-route", "stop-replica", "forget-replica"])
        #expect(bench.core.summary(of: bench.key)?.conditions[.ready]?.message == "1 replica of churn@1.2.0 serves")
    }

    @Test func `a removed deployment is drained, stopped, forgotten, and then nothing is known of it`() throws {
        var bench = try Bench()
        bench.send(.desired(bench.delta(setting: 1, replicas: 1)))
        bench.settle()
        bench.acts = []
        bench.send(.desired(DesiredDelta(commit: bench.commit, removed: [bench.key])))
        bench.settle()
        #expect(bench.acts.map(\.name) == ["set-route", "stop-replica", "forget-replica"])
        #expect(bench.core.keys == [])
    }

    /// A round is a look, the plan that follows, and what is done by it; a replacement takes several.
    @Test func `a hundred commits during a look cost one look more than one commit does`() throws {
        func cost(commits: Int) throws -> (looks: Int, plans: Int, acts: [String]) {
            var bench = try Bench()
            bench.send(.desired(bench.delta(setting: 1, replicas: 1)))
            bench.settle()
            (bench.looks, bench.acts, bench.notes) = (0, [], [])
            for setting in 2..<(2 + commits) { bench.send(.desired(bench.delta(setting: setting, replicas: 1))) }
            bench.settle(for: .seconds(30))
            let plans = bench.notes.count { $0.type == .planDecided }
            return (bench.looks, plans, bench.acts.map(\.name))
        }
        let (one, hundred) = (try cost(commits: 1), try cost(commits: 100))
        #expect(one.plans == 1)
        #expect(hundred.looks <= one.looks + 1 && hundred.plans <= 2, "\(hundred) \(one)")
        #expect(hundred.acts == one.acts)
    }
}
