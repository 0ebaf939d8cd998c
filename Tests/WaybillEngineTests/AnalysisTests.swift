import Testing
import WaybillCore
import WaybillEngine

/// Revisions that are judged by what they answer, on the engine's core with an obliging world.
struct AnalysisTests {
    private static func canary(
        onInconclusive: ModelDeployment.Rollout.OnInconclusive = .pause,
        onFailure: ModelDeployment.Rollout.OnFailure = .rollback
    ) -> ModelDeployment.Rollout {
        ModelDeployment.Rollout(
            strategy: .canary,
            steps: [.weight(10), .analysis(AnalysisStep(time: .seconds(600), minRequests: 500)), .weight(100)],
            onFailure: onFailure, onInconclusive: onInconclusive)
    }

    private func commit(_ setting: Int) throws -> CommitID {
        try CommitID(parsing: String(repeating: "\(setting)", count: 40))
    }

    private func desired(_ setting: Int, _ bench: Bench, _ rollout: ModelDeployment.Rollout) -> DesiredDeployment {
        SimulatedDeployment(key: bench.key, setting: setting, replicas: 2, rollout: rollout).desired
    }

    private func push(_ setting: Int, _ bench: inout Bench, _ rollout: ModelDeployment.Rollout) throws {
        let desired = desired(setting, bench, rollout)
        bench.past[try commit(setting)] = desired
        bench.send(.desired(DesiredDelta(commit: try commit(setting), changed: [bench.key: desired])))
    }

    /// The second revision is at 10 %, and its answers are counted: so many a second, of a thousand so many errors.
    private func begun(
        rate: Double = 20, errors: Int = 0, _ rollout: ModelDeployment.Rollout = canary(),
        for time: Duration = .seconds(60)
    ) throws -> Bench {
        var bench = try Bench()
        try push(1, &bench, rollout)
        bench.settle()
        bench.traffic = BenchTraffic(
            since: bench.now,
            revisions: [
                desired(1, bench, rollout).revision: (rate * 9, 1), desired(2, bench, rollout).revision: (rate, errors),
            ])
        try push(2, &bench, rollout)
        bench.settle(for: time)
        return bench
    }

    private func say(_ verb: OperatorCommand.Verb, _ bench: inout Bench) {
        bench.send(
            .command(OperatorCommand(id: 1, verb: verb, actor: .unixUser(uid: 7, name: "ada"), reason: "I looked")))
        bench.settle(for: .seconds(60))
    }

    private func restart(_ bench: inout Bench, _ rollout: ModelDeployment.Rollout = canary()) throws {
        bench.core = EngineCore(facts: bench.core.facts, seed: 2, now: bench.now)
        try push(2, &bench, rollout)
        bench.settle(for: .seconds(60))
    }

    private func state(_ bench: Bench) -> RolloutState? { bench.core.facts.keys[bench.key]?.rollout }
    private func records(_ bench: Bench) -> [Value] {
        bench.notes.filter { $0.type == .rolloutMoved }.compactMap { $0.body["analysis"] }
    }
    private func message(_ kind: Condition.Kind, _ bench: Bench) -> String? {
        bench.core.summary(of: bench.key)?.conditions[kind]?.message
    }

    @Test func `one that answers well goes on to all traffic by itself, with its verdict in the ledger`() throws {
        var bench = try begun()
        #expect(state(bench)?.step == 1 && state(bench)?.analysis?.tries == 1)
        #expect(
            message(.reconciling, bench)?.hasSuffix("Z (analysis of at least 10m)") == true,
            "\(message(.reconciling, bench) ?? "")")
        bench.settle(for: .seconds(700))
        #expect(state(bench)?.status == .finished)
        #expect(bench.shares == [])
        let found = records(bench)
        #expect(found.map { $0["outcome"] } == ["passed"])
        #expect(found.allSatisfy { AnalysisRecord.objection(to: $0) == nil })
        let requests = try #require(found.first?["checks"]?.list?.first?["canary"]?["requests"]?.integer)
        #expect((11_900...12_300).contains(requests), "\(requests)")
        #expect(bench.notes.allSatisfy { $0.undeclaredMembers.isEmpty })
    }

    @Test func `one that answers badly gives everything back before its time is over, and stays back`() throws {
        var bench = try begun(errors: 200, for: .seconds(240))
        #expect(state(bench)?.status == .failed && state(bench)?.analysis?.outcome == .failed)
        #expect(bench.shares == [])
        #expect(
            message(.stalled, bench)?.hasPrefix("the analysis failed (errors: 20 % of ") == true,
            "\(message(.stalled, bench) ?? "")")
        #expect(records(bench).map { $0["outcome"] } == ["failed"])
        bench.settle(for: .seconds(86_400))
        try restart(&bench)
        #expect(state(bench)?.status == .failed)
        say(.retry(bench.key), &bench)
        #expect(state(bench)?.step == 1 && state(bench)?.analysis?.tries == 1)
    }

    @Test(arguments: [
        (ModelDeployment.Rollout.OnInconclusive.pause, RolloutState.Status.halted), (.rollback, .failed),
        (.goOn, .finished),
    ])
    func `too few answers are never a success, and what follows is the manifest's word`(
        _ word: ModelDeployment.Rollout.OnInconclusive, _ expected: RolloutState.Status
    ) throws {
        var bench = try begun(rate: 0.01, Self.canary(onInconclusive: word))
        bench.settle(for: .seconds(700))
        #expect(state(bench)?.status == .progressing)
        #expect(
            message(.reconciling, bench)?.contains("waits for about ") == true, "\(message(.reconciling, bench) ?? "")")
        bench.settle(for: .seconds(3000))
        #expect(state(bench)?.status == expected)
        #expect(records(bench).map { $0["outcome"] } == ["inconclusive"])
    }

    @Test func `a person goes past an analysis that is inconclusive, and that is what the ledger says`() throws {
        var bench = try begun(rate: 0.01)
        bench.settle(for: .seconds(4000))
        #expect(state(bench)?.status == .halted)
        try restart(&bench)
        #expect(state(bench)?.analysis?.outcome == .inconclusive)
        say(.advance(bench.key), &bench)
        #expect(state(bench)?.status == .finished)
        #expect(
            try bench.answers.last?.get()
                == "production/churn goes on to step 3 of 3: 10 % of the traffic; 100 % of the traffic, past an analysis that has not passed"
        )
        #expect(!records(bench).contains { $0["outcome"] == "passed" })
    }

    @Test func `a person goes past an analysis that is under way`() throws {
        var bench = try begun(rate: 0.01)
        say(.advance(bench.key), &bench)
        #expect(state(bench)?.status == .finished)
        #expect(records(bench) == [])
    }

    @Test func `counts that cannot be read are no success, however long`() throws {
        var bench = try begun()
        bench.traffic = nil
        bench.settle(for: .seconds(7200))
        #expect(state(bench)?.step == 1 && state(bench)?.status == .progressing)
        #expect(
            message(.reconciling, bench)
                == "step 2 of 3: 10 % of the traffic; waits for the gateway to tell what it counts (one of an older build does not: 'waybill gateway --take-over')"
        )
    }

    @Test func `a gateway that begins anew has it counted anew, with less to spend`() throws {
        var bench = try begun()
        bench.settle(for: .seconds(500))
        bench.traffic?.epoch = "b"
        bench.traffic?.since = bench.now
        bench.settle(for: .seconds(300))
        #expect(state(bench)?.analysis?.tries == 2 && state(bench)?.step == 1)
        #expect(state(bench)?.reason == "its answers are counted anew: the gateway has begun anew")
        bench.settle(for: .seconds(400))
        #expect(state(bench)?.status == .finished)
        let record = try #require(records(bench).last)
        #expect(record["checks"]?.list?.first?["alpha"] == .number(0.05 / 8))
        let requests = try #require(record["checks"]?.list?.first?["canary"]?["requests"]?.integer)
        #expect(requests < 12_300, "what came before does not count: \(requests)")
    }

    @Test func `a controller that begins anew counts anew, and finds what it has to spend in the ledger`() throws {
        var bench = try begun()
        bench.settle(for: .seconds(500))
        try restart(&bench)
        #expect(state(bench)?.analysis?.tries == 2 && state(bench)?.step == 1)
        #expect(state(bench)?.reason == "its answers are counted anew: the controller began anew")
        try restart(&bench)
        #expect(state(bench)?.analysis?.tries == 3)
        bench.settle(for: .seconds(700))
        #expect(state(bench)?.status == .finished)
        #expect(records(bench).last?["checks"]?.list?.first?["alpha"] == .number(0.05 / 16))
    }

    @Test func `a gateway that is away for a while loses no count, and its time counts anew`() throws {
        var bench = try begun()
        bench.settle(for: .seconds(500))
        bench.route.isGatewayRunning = false
        bench.settle(for: .seconds(60))
        bench.route.isGatewayRunning = true
        bench.send(.replicaChanged(bench.key))
        bench.settle(for: .seconds(300))
        #expect(state(bench)?.step == 1 && state(bench)?.analysis?.tries == 1)
        bench.settle(for: .seconds(400))
        #expect(state(bench)?.status == .finished)
    }

    @Test func `what it has found so far is told while it counts`() throws {
        let bench = try begun()
        let found = try #require(bench.core.summary(of: bench.key)?.rollout?.analysis)
        #expect(found.outcome == .inconclusive || found.outcome == .passed)
        #expect((found.findings.first?.verdict.canaryRequests ?? 0) > 500)
    }
}
