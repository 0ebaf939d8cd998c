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
            bench.acts.map(\.name) == ["set-route", "stop-replica", "start-replica", "set-route", "forget-replica"])
        #expect(bench.acts.prefix(2) == [.setRoute([]), .stopReplica(old)])
        #expect(bench.notes.map(\.type).first == .replicaFailed)
        #expect(bench.notes.filter { $0.type == .replicaFailed || $0.type == .replicaExited }.count == 1)
        #expect(bench.core.facts.keys[bench.key]?.exits?.status == "liveness probe failed 3 times: no answer")
        #expect(bench.core.summary(of: bench.key)?.conditions.isTrue(.ready) == true)
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
        bench.send(command(.resume(bench.key)))
        bench.settle()
        #expect(bench.acts.contains(.stopReplica(id)))
        #expect(bench.notes.filter { $0.type == .replicaFailed }.count == 1)
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
}
