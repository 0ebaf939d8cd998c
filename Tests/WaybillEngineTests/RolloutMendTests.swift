import Testing
import WaybillCore
import WaybillEngine

/// What a rollout may not be fooled by: time that nobody watched, words that wait, what was taken back.
struct RolloutMendTests {
    private static let canary = ModelDeployment.Rollout(
        strategy: .canary, steps: [.weight(10), .pause(.seconds(600)), .weight(100)], keepOld: .seconds(7200))

    private func commit(_ setting: Int) throws -> CommitID {
        try CommitID(parsing: String(repeating: "\(setting)", count: 40))
    }

    private func deployment(_ setting: Int, _ bench: Bench) -> DesiredDeployment {
        SimulatedDeployment(key: bench.key, setting: setting, replicas: 1, rules: 0, rollout: Self.canary).desired
    }

    private func push(_ setting: Int, _ bench: inout Bench) throws {
        let desired = deployment(setting, bench)
        bench.past[try commit(setting)] = desired
        bench.send(.desired(DesiredDelta(commit: try commit(setting), changed: [bench.key: desired])))
    }

    /// The first revision serves, and the second has 10 % since less than two minutes.
    private func begun() throws -> Bench {
        var bench = try Bench()
        try push(1, &bench)
        bench.settle()
        try push(2, &bench)
        bench.settle(for: .seconds(120))
        #expect(state(bench)?.weight == 10)
        return bench
    }

    private func state(_ bench: Bench) -> RolloutState? { bench.core.facts.keys[bench.key]?.rollout }

    private func end(_ setting: Int, _ bench: inout Bench) throws {
        let revision = deployment(setting, bench).revision
        let id = try #require(bench.replicas.values.filter { $0.revision == revision }.map(\.id).max())
        bench.replicas[id]?.phase = .exited(ExitStatus(cause: .code(1), at: bench.now))
        bench.send(.replicaChanged(bench.key))
        bench.settle(for: .seconds(60))
    }

    @Test func `time that no controller watched ends no pause`() throws {
        var bench = try begun()
        bench.now = bench.now + .seconds(3600)
        bench.core = EngineCore(facts: bench.core.facts, seed: 2, now: bench.now)
        try push(2, &bench)
        bench.settle(for: .seconds(300))
        #expect(state(bench)?.weight == 10)
        bench.settle(for: .seconds(600))
        #expect(state(bench)?.weight == 100)
    }

    @Test
    func `while git asks for another revision that is held no step is taken, and a failure gives everything back`()
        throws
    {
        var bench = try begun()
        let production = try Name(parsing: "production")
        let freeze = Freeze(
            .weekly(from: try WeekTime(parsing: "mon 00:00"), until: try WeekTime(parsing: "sun 23:59")),
            reason: "the quarter ends", author: "ada")
        bench.send(
            .words(
                ApprovalBoard(
                    policies: [production: ApprovalPolicy(required: [])],
                    promotions: [production: PromotionRules(freezes: [freeze])])))
        try push(1, &bench)
        bench.settle(for: .seconds(3600))
        #expect(state(bench)?.weight == 10)
        #expect(
            bench.core.summary(of: bench.key)?.rollout?.waitsFor
                == "the words that what git asks for by now waits for")
        try end(2, &bench)
        #expect(state(bench)?.status == .failed)
        #expect(bench.route.replicas.allSatisfy { $0.revisionShort == deployment(1, bench).revision.short })
    }

    @Test func `what was taken back after it had all traffic is not gone back to`() throws {
        var bench = try begun()
        bench.settle(for: .seconds(900))
        #expect(state(bench)?.weight == 100)
        try end(2, &bench)
        #expect(state(bench)?.status == .failed)
        let known = try #require(bench.core.facts.keys[bench.key])
        #expect(known.served.last?.revision == deployment(1, bench).revision.description)
        try push(3, &bench)
        bench.settle(for: .seconds(3 * 7200))
        #expect(bench.route.replicas.allSatisfy { $0.revisionShort == deployment(3, bench).revision.short })
        bench.send(
            .command(
                OperatorCommand(
                    id: 1, verb: .rollback(bench.key, to: nil), actor: .unixUser(uid: 7, name: "ada"), reason: "bad")))
        bench.settle(for: .seconds(120))
        #expect(bench.route.replicas.allSatisfy { $0.revisionShort == deployment(1, bench).revision.short })
    }
}
