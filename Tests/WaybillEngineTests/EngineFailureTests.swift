import Testing
import WaybillCore
import WaybillEngine

/// Replicas that a probe condemned: an observation, answered by acts of the engine.
struct EngineFailureTests {
    private func command(_ verb: OperatorCommand.Verb) -> EngineEvent {
        .command(OperatorCommand(id: 1, verb: verb, actor: .unixUser(uid: 7, name: "ada")))
    }

    private func serving(replicas: Int = 1) throws -> Bench {
        var bench = try Bench()
        bench.send(.desired(bench.delta(setting: 1, replicas: replicas)))
        bench.settle()
        bench.acts = []
        bench.notes = []
        return bench
    }

    @Test func `a failing replica is written down, leaves the rotation, stops and is replaced`() throws {
        var bench = try serving()
        let old = try #require(bench.replicas.keys.first)
        bench.replicas[old]?.phase = .failing("liveness probe failed 3 times: no answer")
        bench.send(.replicaChanged(bench.key))
        bench.settle()
        #expect(
            bench.acts.map(\.name) == ["set-route", "stop-replica", "start-replica", "set-route"])
        #expect(bench.acts.prefix(2) == [.setRoute([]), .stopReplica(old)])
        #expect(bench.notes.map(\.type).first == .replicaFailed)
        #expect(bench.notes.filter { $0.type == .replicaFailed || $0.type == .replicaExited }.count == 1)
        #expect(bench.core.facts.keys[bench.key]?.exits?.status == "liveness probe failed 3 times: no answer")
        #expect(bench.core.summary(of: bench.key)?.conditions.isTrue(.ready) == true)
        #expect(bench.replicas[old]?.exit != nil, "its log is kept while its row of exits lasts")
        bench.settle(for: .seconds(1000))
        #expect(bench.acts.last == .forgetReplica(old))
    }

    @Test(arguments: ["start-replica", "set-route", "stop-replica"])
    func `an act whose intent the ledger did not take leaves no trace in what is known`(_ name: String) throws {
        var bench = try serving(replicas: 2)
        bench.refusing = [name]
        bench.send(.desired(bench.delta(setting: 2, replicas: 1)))
        bench.settle()
        #expect(bench.acts.contains { $0.name == name })
        let after = bench.core.facts.keys[bench.key]
        let tried = bench.acts.filter { $0.name == name }
        for case .setRoute(let ids, _) in tried { #expect(after?.rotation?.isDisjoint(with: ids) == true) }
        for case .startReplica(let id, _) in tried { #expect(after?.replicas[id] == nil) }
        for case .stopReplica(let id) in tried { #expect(after?.replicas[id]?.isStopAsked == false) }
        bench.refusing = []
        bench.settle(for: .seconds(600))
        #expect(bench.core.summary(of: bench.key)?.conditions.isTrue(.ready) == true)
        #expect(bench.core.facts.keys[bench.key]?.rotation?.count == 1)
    }

    @Test func `while paused it is left as it is, and its end by itself is no second exit`() throws {
        var bench = try serving()
        let id = try #require(bench.replicas.keys.first)
        bench.send(command(.pause(bench.key)))
        bench.settle()
        bench.replicas[id]?.phase = .failing("liveness probe failed 3 times: no answer")
        bench.send(.replicaChanged(bench.key))
        bench.settle(for: .seconds(3600))
        #expect(bench.acts == [])
        #expect(bench.replicas[id]?.isAlive == true)
        bench.replicas[id]?.phase = .exited(ExitStatus(cause: .code(1), at: bench.now))
        bench.send(.replicaChanged(bench.key))
        bench.settle()
        #expect(bench.core.facts.keys[bench.key]?.exits?.count == 1)
        bench.send(command(.resume(bench.key)))
        bench.settle()
        #expect(bench.acts.first?.name == "start-replica")
    }

    @Test func `without a ledger it is left as it is until there is one`() throws {
        var bench = try serving()
        let id = try #require(bench.replicas.keys.first)
        bench.send(.ledgerLost(unwritten: []))
        bench.replicas[id]?.phase = .failing("liveness probe failed 3 times: no answer")
        bench.send(.replicaChanged(bench.key))
        bench.settle(for: .seconds(3600))
        #expect(bench.acts == [])
        #expect(bench.notes == [])
        bench.send(.ledgerBack)
        bench.settle()
        #expect(bench.notes.first?.type == .replicaFailed)
        #expect(bench.acts.contains(.stopReplica(id)))
    }

    @Test func `a verdict that is in the ledger stands for the next controller`() throws {
        var bench = try serving()
        let id = try #require(bench.replicas.keys.first)
        bench.send(command(.pause(bench.key)))
        bench.replicas[id]?.phase = .failing("liveness probe failed 3 times: no answer")
        bench.send(.replicaChanged(bench.key))
        bench.settle()
        bench.replicas[id]?.phase = .ready
        bench.core = EngineCore(facts: bench.core.facts, seed: 2, now: bench.now)
        bench.send(.desired(bench.delta(setting: 1, replicas: 1)))
        bench.settle()
        #expect(
            bench.core.plan(of: bench.key)?.actions.first?.reason
                == "replaces \(id): a probe had condemned it before it answered again")
        bench.send(command(.resume(bench.key)))
        bench.settle()
        #expect(
            bench.acts.map(\.name) == ["start-replica", "set-route", "stop-replica"],
            "it answers again, so it serves until its replacement does")
        #expect(bench.acts.last == .stopReplica(id))
        #expect(bench.notes.filter { $0.type == .replicaFailed }.count == 1)
    }

    @Test func `what a probe condemned and does not answer the next controller goes at once`() throws {
        var bench = try serving()
        let id = try #require(bench.replicas.keys.first)
        bench.send(command(.pause(bench.key)))
        bench.replicas[id]?.phase = .failing("liveness probe failed 3 times: no answer")
        bench.send(.replicaChanged(bench.key))
        bench.settle()
        bench.replicas[id]?.phase = .starting
        bench.core = EngineCore(facts: bench.core.facts, seed: 2, now: bench.now)
        bench.send(.desired(bench.delta(setting: 1, replicas: 1)))
        bench.send(command(.resume(bench.key)))
        bench.settle()
        #expect(bench.acts.prefix(2) == [.setRoute([]), .stopReplica(id)])
    }

    @Test func `requests to what was condemned and answers again have their time when git names it no more`() throws {
        var bench = try serving()
        let id = try #require(bench.replicas.keys.first)
        bench.send(command(.pause(bench.key)))
        bench.replicas[id]?.phase = .failing("liveness probe failed 3 times: no answer")
        bench.send(.replicaChanged(bench.key))
        bench.settle()
        bench.replicas[id]?.phase = .ready
        bench.route.outstanding[id] = 1
        bench.core = EngineCore(facts: bench.core.facts, seed: 2, now: bench.now)
        bench.send(.desired(DesiredDelta(commit: bench.commit)))
        bench.send(command(.resume(bench.key)))
        bench.settle(for: .seconds(5))
        #expect(bench.acts == [.setRoute([])])
        bench.settle()
        #expect(bench.acts.map(\.name) == ["set-route", "stop-replica", "forget-replica"])
    }

    @Test func `a switch that nobody heard of is none when one of two that were to take over dies`() throws {
        var bench = try serving(replicas: 2)
        bench.failing["set-route"] = Failure(.retry, reason: "Unreachable", message: "no answer from the gateway")
        bench.send(.desired(bench.delta(setting: 2, replicas: 2)))
        bench.settle(for: .milliseconds(1))
        #expect(bench.core.facts.keys[bench.key]?.rotation?.count == 4)
        let new = bench.replicas.keys.filter { !bench.route.replicas.contains($0) }.sorted()
        let died = try #require(new.last)
        bench.replicas[died]?.phase = .exited(ExitStatus(cause: .code(1), at: bench.now))
        bench.failing = ["start-replica": Failure(.retry, reason: "Busy", message: "not now")]
        bench.acts = []
        bench.send(.replicaChanged(bench.key))
        bench.settle(for: .seconds(20))
        #expect(bench.acts.contains { $0.name == "set-route" })
        bench.failing = [:]
        bench.settle(for: .seconds(600))
        let routes = bench.acts.compactMap { if case .setRoute(let ids, _) = $0 { ids.count } else { nil } }
        #expect(routes == [2, 2], "the old ones, as before; then two new ones")
        #expect(bench.core.summary(of: bench.key)?.conditions.isTrue(.ready) == true)
    }

    @Test func `what served last is known though git asks for something else by then`() throws {
        var bench = try serving()
        let first = try #require(bench.replicas.keys.first)
        let next = bench.deployment(setting: 2, replicas: 1)
        bench.failing["stop-replica"] = Failure(.retry, reason: "Unreachable", message: "no answer from the target")
        bench.failing["set-route"] = Failure(.retry, reason: "Unreachable", message: "no answer from the gateway")
        bench.send(.desired(bench.delta(setting: 2, replicas: 1)))
        bench.settle(for: .milliseconds(1))
        let second = try #require(bench.replicas.keys.first { $0 != first })
        bench.route.replicas = [second]
        bench.failing["set-route"] = nil
        bench.failing["prepare"] = Failure(.stall, reason: "ArtifactMissing", message: "/data/model.bin is not there")
        bench.send(.desired(bench.delta(setting: 3, replicas: 1)))
        bench.settle(for: .seconds(20))
        #expect(bench.core.facts.keys[bench.key]?.rotation == [second])
        #expect(bench.core.facts.keys[bench.key]?.lastServed == next.revision.short)
        bench.replicas[second]?.phase = .exited(ExitStatus(cause: .signal(9), at: bench.now))
        bench.send(.replicaChanged(bench.key))
        bench.acts = []
        bench.settle(for: .seconds(20))
        #expect(!bench.acts.contains(.setRoute([first])), "git left its revision behind before it asked for another")
        #expect(bench.acts.contains(.setRoute([])))
    }

    @Test func `replicas that fail one after the other are a crash loop`() throws {
        var bench = try serving()
        for _ in 0..<6 {
            for id in bench.replicas.keys { bench.replicas[id]?.phase = .failing("startup probe failed 3 times: x") }
            bench.send(.replicaChanged(bench.key))
            bench.settle(for: .seconds(1))
            if bench.core.facts.keys[bench.key]?.exits?.count == 5 { break }
            bench.settle(for: .seconds(400))
        }
        let stalled = bench.core.summary(of: bench.key)?.conditions[.stalled]
        #expect(stalled?.reason == "CrashLoop")
        #expect(stalled?.message == "5 exits in a row, the last: startup probe failed 3 times: x")
    }

    @Test func `a commit that changes the rendering of a crash loop ends its back-off, also of the same revision`()
        throws
    {
        var bench = try serving()
        for _ in 0..<4 {
            for id in bench.replicas.keys { bench.replicas[id]?.phase = .failing("startup probe failed 3 times: x") }
            bench.send(.replicaChanged(bench.key))
            bench.settle(for: .seconds(1))
            if bench.core.facts.keys[bench.key]?.exits?.count == 4 { break }
            bench.settle(for: .seconds(400))
        }
        #expect(bench.core.facts.keys[bench.key]?.exits?.count == 4)
        bench.acts = []
        bench.send(.desired(bench.delta(setting: 1, replicas: 1)))
        bench.settle(for: .milliseconds(1))
        #expect(!bench.acts.map(\.name).contains("start-replica"), "nothing is new")
        bench.send(.desired(bench.delta(setting: 1, replicas: 2)))
        bench.settle(for: .milliseconds(1))
        #expect(bench.acts.count { $0.name == "start-replica" } == 2)
        #expect(bench.core.facts.keys[bench.key]?.exits == nil)
    }

    @Test func `the last of a crash loop is kept for its log, and its words outlive the controller`() throws {
        var bench = try serving()
        for _ in 0..<3 {
            for id in bench.replicas.keys where bench.replicas[id]?.exit == nil {
                let status = ExitStatus(cause: .code(3), at: bench.now, lastLines: ["no such file", "at line 7"])
                bench.replicas[id]?.phase = .exited(status)
            }
            bench.send(.replicaChanged(bench.key))
            bench.settle(for: .seconds(60))
        }
        #expect(bench.replicas.values.filter { $0.exit != nil }.count == 1)
        for id in bench.replicas.keys where bench.replicas[id]?.exit == nil {
            bench.replicas[id]?.phase = .exited(
                ExitStatus(cause: .code(3), at: bench.now, lastLines: ["no such file", "at line 7"]))
        }
        bench.send(.replicaChanged(bench.key))
        bench.settle(for: .milliseconds(1))
        bench.core = EngineCore(facts: bench.core.facts, seed: 2, now: bench.now)
        bench.send(.desired(bench.delta(setting: 1, replicas: 1)))
        bench.settle(for: .milliseconds(1))
        #expect(
            bench.core.summary(of: bench.key)?.conditions[.ready]?.message
                == "4 exits in a row, the last: exited with code 3; its last words:\nno such file\nat line 7")
        bench.settle(for: .seconds(2000))
        #expect(bench.replicas.values.filter { $0.exit != nil }.isEmpty)
        #expect(bench.core.plan(of: bench.key)?.isEmpty == true)
    }

    @Test func `an altered file whose source is gone holds its deployment until it is back`() throws {
        var bench = try serving()
        let (expected, found) = (Digest(of: [1]), Digest(of: [2]))
        let revision = bench.deployment(setting: 1, replicas: 1).revision
        let id = try #require(bench.replicas.keys.first)
        bench.preparations[revision] = .altered(path: "model.bin", expected: expected, found: found)
        bench.replicas[id]?.drift = "model file model.bin is altered"
        bench.failing["prepare"] = Failure(.stall, reason: "ArtifactMissing", message: "/data/model.bin is not there")
        bench.send(.replicaChanged(bench.key))
        bench.settle(for: .seconds(30))
        let conditions = bench.core.summary(of: bench.key)?.conditions
        #expect(
            conditions?[.held]?.message
                == "'model.bin' of churn@1.1.0 was altered: expected \(expected), found \(found). It cannot be put right: "
                + "/data/model.bin is not there. What serves is left as it is, and nothing is started on it; it is tried "
                + "again until its source is back")
        #expect(conditions?[.held]?.reason == "ArtifactAltered" && conditions?[.ready]?.reason == "ArtifactAltered")
        #expect(conditions?[.reconciling] == nil && conditions?[.stalled] == nil)
        #expect(Set(bench.acts.map(\.name)) == ["prepare"])
        #expect(bench.notes.filter { $0.type == .holdPlaced }.count == 1)
        bench.core = EngineCore(facts: bench.core.facts, seed: 2, now: bench.now)
        bench.send(.desired(bench.delta(setting: 1, replicas: 1)))
        bench.settle(for: .seconds(30))
        #expect(bench.core.summary(of: bench.key)?.conditions[.held]?.reason == "ArtifactAltered")
        #expect(bench.notes.filter { $0.type == .holdPlaced }.count == 1)
        bench.failing = [:]
        bench.settle(for: .seconds(600))
        #expect(bench.core.summary(of: bench.key)?.conditions.isTrue(.ready) == true)
        #expect(bench.core.summary(of: bench.key)?.conditions[.held] == nil)
        #expect(bench.notes.filter { $0.type == .holdReleased }.count == 1)
        #expect(bench.replicas[id] == nil, "what may have read the altered bytes is replaced")
    }

    @Test func `a replica that does not end in time is drift and needs a person`() throws {
        var bench = try serving()
        let old = try #require(bench.replicas.keys.first)
        bench.ignoresStops = true
        bench.send(command(.restart(bench.key)))
        bench.settle(for: .seconds(15))
        #expect(bench.core.summary(of: bench.key)?.conditions.isTrue(.ready) == true)
        bench.settle(for: .seconds(30))
        let message =
            "\(old) was told to stop and has not ended 10 s after its grace; its keeper is process 77: if 'ps -o stat= -p 77' "
            + "says T it is suspended, and 'kill -CONT 77' lets it go on; otherwise 'kill -KILL 77' ends it and its program"
        let conditions = bench.core.summary(of: bench.key)?.conditions
        #expect(conditions?[.stalled]?.reason == "ReplicaStuck" && conditions?[.stalled]?.message == message)
        #expect(conditions?[.ready]?.reason == "ReplicaStuck")
        let drift = bench.notes.filter { $0.type == .driftFound }
        #expect(drift.map { $0.body["what"]?.string } == ["replica-stuck"])
        #expect(drift.first?.body["message"]?.string == message)
        bench.replicas[old]?.phase = .exited(ExitStatus(cause: .signal(9), at: bench.now))
        bench.send(.replicaChanged(bench.key))
        bench.settle()
        #expect(bench.core.summary(of: bench.key)?.conditions.isTrue(.ready) == true)
        #expect(bench.notes.contains { $0.type == .driftCorrected })
    }
}
