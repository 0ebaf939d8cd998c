import Testing
import WaybillCore
import WaybillEngine

/// An environment's checklist, asked by the engine before a revision starts.
struct EngineChecklistTests {
    private func delta(_ bench: Bench, setting: Int, replicas: Int = 1, rules: Int) -> DesiredDelta {
        DesiredDelta(
            commit: bench.commit,
            changed: [
                bench.key: SimulatedDeployment(key: bench.key, setting: setting, replicas: replicas, rules: rules)
                    .desired
            ])
    }

    private func serving(rules: Int = 2) throws -> Bench {
        var bench = try Bench()
        bench.send(.desired(delta(bench, setting: 1, rules: rules)))
        bench.settle()
        bench.acts = []
        bench.notes = []
        return bench
    }

    private func condition(_ bench: Bench, _ kind: Condition.Kind) -> Condition? {
        bench.core.summary(of: bench.key)?.conditions[kind]
    }

    @Test func `gates are asked between preparing and the first start, and that it may start is written down`() throws {
        var bench = try Bench()
        bench.send(.desired(delta(bench, setting: 1, replicas: 2, rules: 2)))
        bench.settle()
        #expect(bench.acts.map(\.name).prefix(3) == ["prepare", "validate", "start-replica"])
        #expect(bench.acts.count { $0.name == "validate" } == 1)
        let admitted = bench.notes.filter { $0.type == .revisionAdmitted }
        #expect(admitted.count == 1 && admitted.first?.body["evidence"] != nil)
        #expect(condition(bench, .ready)?.isTrue == true)
    }

    @Test(arguments: [
        (Verdict.failed, "GatesFailed"), (.inconclusive, "GatesInconclusive"),
    ])
    func `what does not pass does not start, what served goes on, and nobody asks again`(
        _ verdict: Verdict, _ reason: String
    ) throws {
        var bench = try serving()
        bench.verdict = verdict
        bench.send(.desired(delta(bench, setting: 2, rules: 2)))
        bench.settle(for: .seconds(4000))
        #expect(bench.acts.map(\.name) == ["prepare", "validate"])
        #expect(condition(bench, .stalled)?.reason == reason && condition(bench, .ready)?.reason == reason)
        #expect(
            condition(bench, .stalled)?.message.hasPrefix(
                "gate rules-2 of checklist churn: auc is 0.7, at least 0.8 is asked; what served goes on; ") == true)
        #expect(bench.route.replicas.count == 1)

        // What served is kept whole meanwhile.
        let old = try #require(bench.replicas.keys.first)
        bench.replicas[old]?.phase = .exited(ExitStatus(cause: .signal(9), at: bench.now))
        bench.acts = []
        bench.send(.replicaChanged(bench.key))
        bench.settle()
        let started = bench.replicas.values.filter(\.isAlive)
        #expect(started.map(\.revision) == [bench.deployment(setting: 1, replicas: 1).revision])
        #expect(bench.route.replicas == Set(started.map(\.id)))
    }

    @Test func `an error is tried again with back-off until there is a verdict`() throws {
        var bench = try serving()
        bench.verdict = .errored
        bench.send(.desired(delta(bench, setting: 2, rules: 2)))
        bench.settle(for: .seconds(30))
        #expect(bench.acts.count { $0.name == "validate" } > 2)
        #expect(condition(bench, .stalled)?.reason == "GatesErrored")
        #expect(bench.notes.count { $0.type == .planDecided } == 1, "it is one decision")
        bench.verdict = .passed
        bench.settle(for: .seconds(600))
        #expect(condition(bench, .ready)?.isTrue == true && condition(bench, .stalled) == nil)
    }

    @Test func `gates that cannot be asked are errors as well`() throws {
        var bench = try serving()
        bench.failing = ["validate": Failure(.stall, reason: "DiskFull", message: "no space left")]
        bench.send(.desired(delta(bench, setting: 2, rules: 2)))
        bench.settle(for: .seconds(30))
        #expect(
            condition(bench, .stalled)?.message
                == "the gates of checklist churn could not be asked: no space left; what served goes on, and they are asked again by themselves"
        )
        bench.failing = [:]
        bench.settle(for: .seconds(600))
        #expect(condition(bench, .ready)?.isTrue == true)
    }

    @Test func `another checklist is asked anew of what does not serve, and never of what does`() throws {
        var bench = try serving()
        bench.send(.desired(delta(bench, setting: 1, rules: 4)))
        bench.settle()
        #expect(bench.acts == [], "it serves")
        bench.verdict = .failed
        bench.send(.desired(delta(bench, setting: 2, rules: 4)))
        bench.settle()
        bench.verdict = .passed
        bench.send(.desired(delta(bench, setting: 2, rules: 2)))
        bench.settle()
        #expect(bench.acts.count { $0.name == "validate" } == 2)
        #expect(condition(bench, .ready)?.isTrue == true)
        // More replicas and a restart ask nothing.
        bench.acts = []
        bench.send(.desired(delta(bench, setting: 2, replicas: 3, rules: 6)))
        bench.settle()
        bench.send(.command(OperatorCommand(id: 1, verb: .restart(bench.key), actor: .unixUser(uid: 7, name: "ada"))))
        bench.settle()
        #expect(!bench.acts.contains { $0.name == "validate" } && bench.acts.contains { $0.name == "start-replica" })
    }

    @Test func `what ran when a checklist was introduced goes on without being asked`() throws {
        var bench = try serving(rules: 0)
        bench.send(.desired(delta(bench, setting: 1, replicas: 2, rules: 1)))
        bench.settle()
        #expect(!bench.acts.contains { $0.name == "validate" })
        #expect(condition(bench, .ready)?.isTrue == true)
    }

    @Test func `a retry has the gates asked anew, with nothing taken from before`() throws {
        var bench = try serving()
        bench.verdict = .failed
        bench.send(.desired(delta(bench, setting: 2, rules: 2)))
        bench.settle()
        bench.send(.command(OperatorCommand(id: 1, verb: .retry(bench.key), actor: .unixUser(uid: 7, name: "ada"))))
        bench.settle()
        #expect(bench.acts.count { $0.name == "validate" } == 2)
        #expect(bench.questions.suffix(2).map(\.isAnew) == [false, true])
    }

    @Test func `a verdict written by hand admits nothing`() throws {
        var bench = try serving()
        bench.verdict = .failed
        bench.send(.desired(delta(bench, setting: 2, rules: 2)))
        bench.settle()
        let answer = try #require(
            SimulatedDeployment(key: bench.key, setting: 2, replicas: 1, rules: 2).answer(.passed))
        var body = answer.facts
        body["revision"] = .string(answer.verdict.revision)
        body["checklist"] = .string(answer.verdict.checklist)
        var facts = bench.core.facts
        let before = facts
        facts.fold(
            Event(
                .versionValidated, phase: .outcome, decision: DecisionID(1), time: bench.now,
                subject: bench.key.description, outcome: .succeeded, actor: .unixUser(uid: 0, name: "root"), body: body)
        )
        #expect(facts.keys == before.keys)
    }

    @Test func `a restarted controller knows the verdict, and a start that was admitted`() throws {
        var bench = try serving()
        bench.verdict = .failed
        bench.send(.desired(delta(bench, setting: 2, rules: 2)))
        bench.settle()
        var next = try Bench(facts: bench.core.facts)
        (next.replicas, next.preparations, next.route) = (bench.replicas, bench.preparations, bench.route)
        next.send(.desired(delta(next, setting: 2, rules: 2)))
        next.settle()
        #expect(next.acts == [])
        #expect(condition(next, .stalled)?.reason == "GatesFailed")
    }
}
