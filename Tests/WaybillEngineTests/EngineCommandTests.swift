import Testing
import WaybillCore
import WaybillEngine

struct EngineCommandTests {
    private func command(_ verb: OperatorCommand.Verb) -> EngineEvent {
        .command(OperatorCommand(id: 1, verb: verb, actor: .unixUser(uid: 7, name: "ada"), reason: "because"))
    }

    private func serving(replicas: Int = 1) throws -> Bench {
        var bench = try Bench()
        bench.send(.desired(bench.delta(setting: 1, replicas: replicas)))
        bench.settle()
        bench.acts = []
        bench.notes = []
        return bench
    }

    @Test func `a paused deployment is looked at and not touched, also after a restart`() throws {
        var bench = try serving()
        bench.send(command(.pause(bench.key)))
        bench.send(.desired(bench.delta(setting: 2, replicas: 1)))
        bench.settle()
        #expect(bench.acts == [])
        let conditions = bench.core.summary(of: bench.key)?.conditions
        #expect(conditions?[.paused]?.message == "paused by ada (uid 7)")
        #expect(conditions?.isTrue(.ready) == false)
        bench.core = EngineCore(facts: bench.core.facts, seed: 2, now: bench.now)
        bench.send(.desired(bench.delta(setting: 2, replicas: 1)))
        bench.settle()
        #expect(bench.acts == [])
        bench.send(command(.resume(bench.key)))
        bench.settle()
        #expect(bench.acts.last?.name == "forget-replica")
        #expect(bench.core.summary(of: bench.key)?.conditions.isTrue(.ready) == true)
    }

    @Test func `restart replaces every replica one by one and keeps the revision`() throws {
        var bench = try serving(replicas: 2)
        let before = Set(bench.replicas.keys)
        bench.send(command(.restart(bench.key)))
        bench.settle()
        #expect(
            bench.acts.map(\.name) == [
                "start-replica", "set-route", "stop-replica", "start-replica", "set-route", "stop-replica",
                "forget-replica", "forget-replica",
            ])
        #expect(before.isDisjoint(with: bench.replicas.keys))
        #expect(bench.replicas.count == 2)
    }

    @Test func `a restart's replicas are not replaced again by the next controller`() throws {
        var bench = try serving()
        bench.send(command(.restart(bench.key)))
        bench.settle()
        bench.acts = []
        bench.core = EngineCore(facts: bench.core.facts, seed: 2, now: bench.now)
        bench.send(.desired(bench.delta(setting: 1, replicas: 1)))
        bench.settle()
        #expect(bench.acts == [])
    }

    @Test func `a stalled preparation waits for retry or for a commit of this deployment`() throws {
        var bench = try Bench()
        bench.failing["prepare"] = Failure(.stall, reason: "ArtifactMismatch", message: "the bytes are wrong")
        bench.send(.desired(bench.delta(setting: 1, replicas: 1)))
        bench.settle(for: .seconds(3600))
        #expect(bench.acts.count == 1)
        #expect(bench.core.summary(of: bench.key)?.conditions[.stalled]?.reason == "ArtifactMismatch")
        bench.send(.desired(DesiredDelta(commit: bench.commit)))
        bench.settle()
        #expect(bench.acts.count == 1)
        bench.send(command(.retry(bench.key)))
        bench.settle()
        #expect(bench.acts.count == 2)
        bench.failing = [:]
        bench.send(.desired(bench.delta(setting: 2, replicas: 1)))
        bench.settle()
        #expect(bench.core.summary(of: bench.key)?.conditions.isTrue(.ready) == true)
    }

    @Test func `an unrelated commit wakes nobody`() throws {
        var bench = try serving()
        let effects = bench.core.step(.desired(DesiredDelta(commit: bench.commit)), at: bench.now)
        #expect(effects == [])
        let again = bench.core.step(.desired(bench.delta(setting: 1, replicas: 1)), at: bench.now)
        #expect(again == [])
    }

    @Test func `without a ledger nothing is done and no command is taken`() throws {
        var bench = try serving()
        bench.send(.ledgerLost(unwritten: []))
        bench.send(.desired(bench.delta(setting: 2, replicas: 1)))
        bench.send(command(.pause(bench.key)))
        bench.settle()
        #expect(bench.acts == [])
        #expect(bench.notes == [])
        #expect(
            bench.answers.map { result in if case .failure(let failure) = result { failure.reason } else { "taken" } }
                == ["LedgerUnavailable"])
        bench.send(.ledgerBack)
        bench.settle()
        #expect(bench.notes.contains { $0.type == .planDecided })
        #expect(bench.core.summary(of: bench.key)?.conditions.isTrue(.ready) == true)
    }

    @Test func `a command that the ledger refused is answered so and has no effect once the ledger is back`() throws {
        var bench = try serving()
        let other = try CommitID(parsing: String(repeating: "c", count: 40))
        bench.send(.hold(FleetHold(cause: .massDeletion, commit: other, accepted: bench.commit, message: "much")))
        bench.settle()
        bench.isLedgerRefusing = true
        for verb in [.pause(bench.key), .restart(bench.key), .accept(other)] as [OperatorCommand.Verb] {
            let before = bench.core.facts
            bench.answers = []
            bench.send(command(verb))
            bench.settle()
            #expect(
                bench.answers == [
                    .failure(
                        Failure(
                            .wait, reason: "LedgerUnavailable",
                            message:
                                "the ledger did not take the command, so it has no effect; mend the ledger and try "
                                + "again"))
                ])
            #expect(bench.core.facts == before)
            bench.notes = []
            bench.send(.ledgerBack)
            bench.settle()
            #expect(bench.notes.filter { $0.type == .operatorCommand } == [])
            #expect(bench.core.facts == before)
        }
        #expect(bench.acts == [])
    }

    @Test func `of two commands the second is judged by what came of the first`() throws {
        var bench = try serving()
        bench.send(.command(OperatorCommand(id: 1, verb: .pause(bench.key), actor: .unixUser(uid: 7, name: "ada"))))
        bench.send(.command(OperatorCommand(id: 2, verb: .pause(bench.key), actor: .unixUser(uid: 7, name: "ada"))))
        bench.settle()
        #expect(
            bench.answers == [
                .success("paused: nothing is changed until 'waybill resume production/churn'"),
                .success("production/churn is paused already"),
            ])
    }

    @Test func `what is found while a command is written down is kept in the ledger's order`() throws {
        var bench = try serving()
        let asked = bench.core.step(command(.retry(bench.key)), at: bench.now)
        #expect(asked.contains { if case .record(1, _) = $0 { true } else { false } })
        for id in bench.replicas.keys {
            bench.replicas[id]?.phase = .exited(ExitStatus(cause: .code(3), at: bench.now))
        }
        bench.send(.replicaChanged(bench.key))
        bench.settle(for: .milliseconds(1))
        bench.send(.recorded(1, isDurable: true))
        #expect(bench.core.facts.keys[bench.key]?.exits?.count == 1)
    }

    @Test func `a preparation that a pause cuts short is no failure`() throws {
        var bench = try Bench()
        var effects = bench.core.step(.desired(bench.delta(setting: 1, replicas: 1)), at: bench.now)
        let looks = effects.compactMap { if case .observe(let request) = $0 { request } else { nil } }
        let look = try #require(looks.first)
        effects = bench.core.step(.observed(look.id, look.key, .success(bench.observation)), at: bench.now)
        let begun = effects.compactMap { if case .perform(let request) = $0 { request } else { nil } }
        let prepare = try #require(begun.first)
        bench.send(command(.pause(bench.key)))
        bench.settle(for: .milliseconds(1))
        let cut = Failure(.retry, reason: "TookTooLong", message: "it took too long and was cut short")
        bench.send(.performed(prepare.id, prepare.key, cut))
        bench.settle(for: .milliseconds(1))
        bench.send(command(.resume(bench.key)))
        bench.settle(for: .milliseconds(1))
        #expect(bench.acts.first?.name == "prepare")
        #expect(bench.core.summary(of: bench.key)?.conditions[.reconciling]?.reason != "Retrying")
    }

    @Test func `before the desired state is known nothing is touched`() throws {
        var bench = try serving()
        bench.core = EngineCore(facts: bench.core.facts, seed: 2, now: bench.now)
        bench.send(.found([bench.key]))
        bench.settle(for: .seconds(3600))
        #expect(bench.acts == [])
        #expect(bench.replicas.count == 1)
    }

    @Test func `a broken manifest holds its deployment and says where`() throws {
        var bench = try serving()
        let problem = Diagnostic(
            location: SourceLocation(path: "churn.yaml", line: 3, column: 7), rule: "unknown-field",
            message: "unknown field 'replcas'")
        bench.send(.desired(DesiredDelta(commit: bench.commit, held: [bench.key: [problem]])))
        bench.settle()
        let conditions = bench.core.summary(of: bench.key)?.conditions
        #expect(conditions?[.held]?.message == "churn.yaml:3:7: unknown field 'replcas'")
        #expect(conditions?.isTrue(.ready) == true)
        #expect(bench.acts == [])
    }

    @Test func `only the held commit can be accepted`() throws {
        var bench = try serving()
        let other = try CommitID(parsing: String(repeating: "c", count: 40))
        bench.send(.hold(FleetHold(cause: .massDeletion, commit: other, accepted: bench.commit, message: "much")))
        bench.send(command(.accept(bench.commit)))
        bench.send(command(.accept(other)))
        bench.settle()
        #expect(bench.core.facts.operatorAccepted == other)
        #expect(bench.core.summary(of: bench.key)?.conditions[.held]?.reason == "MassDeletion")
        #expect(bench.answers.map { if case .success = $0 { true } else { false } } == [false, true])
    }

    @Test func `exits in a row back off, become stalled and show the last words`() throws {
        var bench = try serving()
        for _ in 0..<6 {
            for id in bench.replicas.keys {
                let status = ExitStatus(cause: .code(3), at: bench.now, lastLines: ["no such file"])
                bench.replicas[id]?.phase = .exited(status)
            }
            bench.send(.replicaChanged(bench.key))
            bench.settle(for: .seconds(1))
            if bench.core.facts.keys[bench.key]?.exits?.count == 5 { break }
            bench.settle(for: .seconds(400))
        }
        let stalled = bench.core.summary(of: bench.key)?.conditions[.stalled]
        #expect(stalled?.reason == "CrashLoop")
        #expect(stalled?.message == "5 exits in a row, the last: exited with code 3; its last words:\nno such file")
    }

    @Test func `stop parks once nothing is under way`() throws {
        var bench = try Bench()
        let effects = bench.core.step(.desired(bench.delta(setting: 1, replicas: 1)), at: bench.now)
        guard case .observe(let request)? = effects.first else {
            Issue.record("\(effects)")
            return
        }
        #expect(bench.core.step(.stop, at: bench.now).contains(.parked) == false)
        let last = bench.core.step(.observed(request.id, request.key, .success(bench.observation)), at: bench.now)
        #expect(last.contains(.parked))
    }
}
