import Testing
import WaybillCore
import WaybillEngine

/// Revisions that earn their traffic by steps, on the engine's core with an obliging world.
struct RolloutTests {
    private static let canary = ModelDeployment.Rollout(
        strategy: .canary, steps: [.weight(10), .pause(.seconds(600)), .weight(50), .pauseUntilResumed, .weight(100)])

    private func commit(_ setting: Int) throws -> CommitID {
        try CommitID(parsing: String(repeating: "\(setting)", count: 40))
    }

    private func deployment(
        _ setting: Int, _ bench: Bench, replicas: Int = 2, rollout: ModelDeployment.Rollout = canary, rules: Int = 0
    ) -> DesiredDeployment {
        SimulatedDeployment(key: bench.key, setting: setting, replicas: replicas, rules: rules, rollout: rollout)
            .desired
    }

    private func push(_ desired: DesiredDeployment, _ setting: Int, _ bench: inout Bench) throws {
        bench.past[try commit(setting)] = desired
        bench.send(.desired(DesiredDelta(commit: try commit(setting), changed: [bench.key: desired])))
    }

    /// The first revision serves, and the second is at 10 %.
    private func begun(rollout: ModelDeployment.Rollout = canary) throws -> Bench {
        var bench = try Bench()
        try push(deployment(1, bench, rollout: rollout), 1, &bench)
        bench.settle()
        try push(deployment(2, bench, rollout: rollout), 2, &bench)
        bench.settle(for: .seconds(120))
        return bench
    }

    private func say(_ verb: OperatorCommand.Verb, _ bench: inout Bench, for limit: Duration = .seconds(60)) {
        bench.send(
            .command(OperatorCommand(id: 1, verb: verb, actor: .unixUser(uid: 7, name: "ada"), reason: "I looked")))
        bench.settle(for: limit)
    }

    private func restart(_ bench: inout Bench, _ desired: DesiredDeployment, _ setting: Int) throws {
        bench.core = EngineCore(facts: bench.core.facts, seed: 2, now: bench.now)
        try push(desired, setting, &bench)
        bench.settle(for: .seconds(60))
    }

    private func weights(_ bench: Bench) -> [Int] { bench.shares.map(\.weight) }
    private func state(_ bench: Bench) -> RolloutState? { bench.core.facts.keys[bench.key]?.rollout }
    private func condition(_ kind: Condition.Kind, _ bench: Bench) -> Condition? {
        bench.core.summary(of: bench.key)?.conditions[kind]
    }
    private func running(_ setting: Int, _ bench: Bench) -> Int {
        let revision = deployment(setting, bench).revision
        return bench.replicas.values.count { $0.revision == revision && $0.phase == .ready }
    }
    private func crash(_ setting: Int, _ bench: inout Bench) throws {
        let revision = deployment(setting, bench).revision
        let id = try #require(bench.replicas.values.filter { $0.revision == revision }.map(\.id).min())
        bench.replicas[id]?.phase = .exited(ExitStatus(cause: .code(1), at: bench.now))
        bench.send(.replicaChanged(bench.key))
        bench.settle(for: .seconds(60))
    }

    @Test func `the first deployment of all begins with all traffic`() throws {
        var bench = try Bench()
        try push(deployment(1, bench), 1, &bench)
        bench.settle()
        #expect(condition(.ready, bench)?.isTrue == true)
        #expect(weights(bench) == [] && bench.route.replicas.count == 2)
        #expect(state(bench) == nil)
    }

    @Test func `a revision gets its first share once its replicas are ready, and what serves stays whole`() throws {
        let bench = try begun()
        #expect(weights(bench) == [90, 10])
        #expect(running(1, bench) == 2 && running(2, bench) == 2)
        #expect(bench.route.replicas.count == 4)
        let word = condition(.reconciling, bench)
        #expect(word?.reason == "RollingOut")
        #expect(
            word?.message.hasPrefix("step 2 of 5: 10 % of the traffic; waits until 1970-01-01T") == true,
            "\(word?.message ?? "")")
        #expect(word?.message.hasSuffix("Z (pause of 10m)") == true)
        let moves = bench.notes.filter { $0.type == .rolloutMoved }
        #expect(moves.map { $0.body["weight"]?.integer } == [0, 10, 10])
        #expect(moves.allSatisfy { $0.body["reason"]?.string?.isEmpty == false && $0.undeclaredMembers.isEmpty })
    }

    @Test func `it goes on by time and by a person's word, and what served stops only in the end`() throws {
        var bench = try begun()
        bench.settle(for: .seconds(700))
        #expect(weights(bench) == [50, 50])
        bench.settle(for: .seconds(86_400))
        #expect(weights(bench) == [50, 50], "no time replaces a person")
        #expect(running(1, bench) == 2)
        say(.advance(bench.key), &bench)
        #expect(
            try bench.answers.last?.get()
                == "production/churn goes on to step 5 of 5: 50 % of the traffic; 100 % of the traffic")
        #expect(weights(bench) == [])
        #expect(bench.replicas.values.allSatisfy { $0.revision == deployment(2, bench).revision })
        #expect(condition(.ready, bench)?.isTrue == true)
        #expect(state(bench)?.status == .finished)
        let stops = bench.acts.filter { if case .stopReplica = $0 { true } else { false } }
        #expect(stops.count == 2)
    }

    @Test func `a controller that starts again goes on with the step that it was in`() throws {
        var bench = try begun()
        let before = state(bench)
        bench.acts = []
        try restart(&bench, deployment(2, bench), 2)
        #expect(state(bench) == before)
        #expect(bench.acts == [])
        #expect(bench.recalls == [try commit(1)])
        bench.settle(for: .seconds(700))
        #expect(weights(bench) == [50, 50])
        let half = deployment(2, bench)
        try restart(&bench, half, 2)
        #expect(weights(bench) == [50, 50])
        try crash(1, &bench)
        #expect(running(1, bench) == 2, "what serves is kept whole after a restart, too")
        #expect(weights(bench) == [50, 50])
    }

    @Test func `a share is never raised before the gateway has taken up the one before`() throws {
        var bench = try begun()
        bench.route.isCurrent = false
        bench.settle(for: .seconds(3600))
        #expect(weights(bench) == [90, 10])
        #expect(
            condition(.reconciling, bench)?.message
                == "step 2 of 5: 10 % of the traffic; waits for the gateway to take up 10 %")
        bench.route.isCurrent = true
        bench.send(.replicaChanged(bench.key))
        bench.settle(for: .seconds(60))
        #expect(weights(bench) == [50, 50])
    }

    @Test func `without a gateway no time counts`() throws {
        var bench = try begun()
        bench.route.isGatewayRunning = false
        bench.settle(for: .seconds(3600))
        #expect(state(bench)?.countsSince == nil)
        bench.route.isGatewayRunning = true
        bench.send(.replicaChanged(bench.key))
        bench.settle(for: .seconds(60))
        #expect(state(bench)?.step == 1 && weights(bench) == [90, 10])
        bench.settle(for: .seconds(700))
        #expect(weights(bench) == [50, 50])
    }

    @Test
    func `a replica that ends takes the revision back, and nothing but a person or another commit brings it again`()
        throws
    {
        var bench = try begun()
        try crash(2, &bench)
        #expect(weights(bench) == [])
        #expect(running(1, bench) == 2 && running(2, bench) == 0)
        #expect(condition(.stalled, bench)?.reason == "RolloutFailed")
        let short = deployment(2, bench).revision.short
        #expect(
            condition(.stalled, bench)?.message
                == "1 replica of revision \(short) ended or failed its probes with 10 % of the traffic; all traffic goes back "
                + "to what served before; churn@1.1.0 serves. 'waybill retry production/churn' begins it again, and so does "
                + "a commit that changes the deployment")
        bench.acts = []
        bench.settle(for: .seconds(86_400))
        try restart(&bench, deployment(2, bench), 2)
        #expect(bench.acts.filter { $0.name == "start-replica" } == [])
        // Another one in between does not wash it clean.
        try push(deployment(3, bench, rollout: ModelDeployment.Rollout()), 3, &bench)
        bench.settle()
        try push(deployment(2, bench), 4, &bench)
        bench.settle()
        #expect(running(2, bench) == 0 && running(3, bench) == 2)
        #expect(condition(.stalled, bench)?.reason == "RolloutFailed")
        say(.retry(bench.key), &bench)
        #expect(weights(bench) == [90, 10])
        #expect(state(bench)?.step == 1 && state(bench)?.crashes == 0)
    }

    @Test func `a commit that changes the rendering lets a failed revision begin again`() throws {
        var bench = try begun()
        try crash(2, &bench)
        try push(deployment(2, bench, replicas: 3), 5, &bench)
        bench.settle(for: .seconds(60))
        #expect(weights(bench) == [90, 10])
        #expect(running(2, bench) == 3 && running(1, bench) == 2)
    }

    @Test func `a failure stays where it is when the manifest says so`() throws {
        var pausing = Self.canary
        pausing.onFailure = .pause
        var bench = try begun(rollout: pausing)
        try crash(2, &bench)
        #expect(weights(bench) == [90, 10])
        #expect(state(bench)?.status == .halted)
        #expect(
            condition(.stalled, bench)?.message.contains("'waybill rollout advance production/churn' lets it go on")
                == true)
        say(.advance(bench.key), &bench)
        #expect(state(bench)?.status == .progressing)
        #expect(state(bench)?.step == 1)
    }

    @Test func `an abort gives everything back at once, and is refused where there is nothing to take back`() throws {
        var bench = try begun()
        say(.abort(bench.key), &bench)
        let short = deployment(2, bench).revision.short
        #expect(
            try bench.answers.last?.get()
                == "production/churn goes back to churn@1.1.0; revision \(short) has no traffic until 'waybill retry "
                + "production/churn' or a commit that changes it")
        #expect(weights(bench) == [])
        #expect(running(1, bench) == 2 && running(2, bench) == 0)
        #expect(
            condition(.stalled, bench)?.message.hasPrefix("ada (uid 7) took it back: I looked; churn@1.1.0 serves.")
                == true)
        say(.abort(bench.key), &bench)
        #expect(try bench.answers.last?.get() == "the rollout of production/churn is taken back already")
        say(.advance(bench.key), &bench)
        guard case .failure(let failure)? = bench.answers.last else {
            Issue.record("what was taken back went on")
            return
        }
        #expect(
            failure.message
                == "the rollout of production/churn was taken back; 'waybill retry production/churn' begins it again")
    }

    @Test func `a pause keeps the share, and what it took does not count`() throws {
        var bench = try begun()
        say(.pause(bench.key), &bench)
        bench.settle(for: .seconds(86_400))
        #expect(weights(bench) == [90, 10] && state(bench)?.step == 1)
        say(.resume(bench.key), &bench)
        #expect(weights(bench) == [90, 10], "its time counts anew")
        bench.settle(for: .seconds(700))
        #expect(weights(bench) == [50, 50])
        say(.pause(bench.key), &bench)
        say(.resume(bench.key), &bench)
        #expect(weights(bench) == [50, 50], "the end of a pause is not the word that a step waits for")
        say(.resume(bench.key), &bench)
        #expect(state(bench)?.status == .finished)
    }

    @Test func `git asks for another revision on the way: what serves stays, and the new one begins`() throws {
        var bench = try begun()
        try push(deployment(3, bench), 3, &bench)
        bench.settle(for: .seconds(60))
        #expect(running(1, bench) == 2 && running(2, bench) == 0 && running(3, bench) == 2)
        #expect(weights(bench) == [90, 10])
        #expect(state(bench)?.revision == deployment(3, bench).revision)
        #expect(state(bench)?.stable == deployment(1, bench).revision)
    }

    @Test func `git goes back to what serves: it has everything at once`() throws {
        var bench = try begun()
        try push(deployment(1, bench), 4, &bench)
        bench.settle(for: .seconds(60))
        #expect(running(1, bench) == 2 && running(2, bench) == 0)
        #expect(weights(bench) == [] && condition(.ready, bench)?.isTrue == true)
        #expect(state(bench)?.status == .ended)
        try push(deployment(2, bench), 5, &bench)
        bench.settle(for: .seconds(60))
        #expect(weights(bench) == [90, 10], "nobody took it back")
    }

    @Test func `a deployment that git removes on the way is gone whole`() throws {
        var bench = try begun()
        bench.send(.desired(DesiredDelta(commit: try commit(6), removed: [bench.key])))
        bench.settle()
        #expect(bench.replicas.isEmpty && !bench.route.hasRoute)
        #expect(state(bench)?.status == .ended)
    }

    @Test func `what serves dies on the way: the new one answers, and earns nothing by it`() throws {
        var bench = try begun()
        for id in bench.replicas.keys where bench.replicas[id]?.revision == deployment(1, bench).revision {
            bench.replicas[id]?.phase = .unready
        }
        bench.send(.replicaChanged(bench.key))
        bench.settle(for: .seconds(3600))
        #expect(bench.route.replicas.count == 2 && weights(bench) == [])
        #expect(state(bench)?.weight == 10)
        let known = try #require(bench.core.facts.keys[bench.key])
        #expect(known.lastServed == deployment(1, bench).revision.short, "it has not earned to be what served")
        #expect(known.served.map(\.revision) == [deployment(1, bench).revision.description])
        #expect(known.stays.count == 1 && known.stays.first?.until != nil)
        for id in bench.replicas.keys { bench.replicas[id]?.phase = .ready }
        bench.send(.replicaChanged(bench.key))
        bench.settle(for: .seconds(60))
        #expect(running(1, bench) == 2 && weights(bench).first ?? 0 >= 50)
    }

    @Test func `gates are asked before anything of it starts`() throws {
        var bench = try Bench()
        try push(deployment(1, bench), 1, &bench)
        bench.settle()
        bench.verdict = .failed
        try push(deployment(2, bench, rules: 1), 2, &bench)
        bench.settle()
        #expect(condition(.stalled, bench)?.reason == "GatesFailed")
        #expect(running(2, bench) == 0 && state(bench) == nil)
        bench.verdict = .passed
        say(.retry(bench.key), &bench)
        #expect(weights(bench) == [90, 10])
    }

    @Test func `blue and green: ready whole, a word, everything at once, and the old one is kept for a while`() throws {
        let blueGreen = ModelDeployment.Rollout(
            strategy: .blueGreen, steps: [.pauseUntilResumed], keepOld: .seconds(300))
        var bench = try begun(rollout: blueGreen)
        #expect(running(2, bench) == 2 && weights(bench) == [] && bench.route.replicas.count == 2)
        #expect(
            condition(.reconciling, bench)?.message
                == "step 2 of 4: 0 % of the traffic; waits for the word of a person: 'waybill rollout advance'")
        say(.advance(bench.key), &bench)
        let new = deployment(2, bench).revision.short
        #expect(bench.route.replicas.count == 2 && bench.route.replicas.allSatisfy { $0.revisionShort == new })
        #expect(running(1, bench) == 2)
        let starts = bench.acts.filter { $0.name == "start-replica" }.count
        say(.abort(bench.key), &bench, for: .seconds(5))
        #expect(bench.route.replicas.count == 2 && bench.route.replicas.allSatisfy { $0.revisionShort != new })
        #expect(bench.acts.filter { $0.name == "start-replica" }.count == starts, "what is kept goes on at once")
        say(.retry(bench.key), &bench)
        say(.advance(bench.key), &bench)
        bench.settle(for: .seconds(400))
        #expect(running(1, bench) == 0 && condition(.ready, bench)?.isTrue == true)
    }

    @Test func `a rollback on the way goes back without steps`() throws {
        var bench = try begun()
        say(.rollback(bench.key, to: nil), &bench)
        #expect(running(1, bench) == 2 && running(2, bench) == 0)
        #expect(weights(bench) == [] && condition(.ready, bench)?.isTrue == true)
        #expect(condition(.held, bench)?.reason == "Quarantined")
    }

    @Test func `the strategy 'replace' plans what it always has`() throws {
        let bench = try begun(rollout: ModelDeployment.Rollout())
        #expect(condition(.ready, bench)?.isTrue == true)
        #expect(!bench.notes.contains { $0.type == .rolloutMoved })
        #expect(bench.acts.allSatisfy { if case .setRoute(_, let shares) = $0 { shares.isEmpty } else { true } })
    }
}
