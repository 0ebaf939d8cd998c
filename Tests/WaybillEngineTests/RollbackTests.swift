import Testing
import WaybillCore
import WaybillEngine

/// Going back at once to what served before, and what that means for git's next words.
struct RollbackTests {
    private let reason = "it answers nonsense"

    private func command(_ verb: OperatorCommand.Verb) -> EngineEvent {
        .command(OperatorCommand(id: 1, verb: verb, actor: .unixUser(uid: 7, name: "ada"), reason: reason))
    }

    private func commit(_ setting: Int) throws -> CommitID {
        try CommitID(parsing: String(repeating: "\(setting)", count: 40))
    }

    private func push(_ setting: Int, _ bench: inout Bench) throws {
        let desired = bench.deployment(setting: setting, replicas: 1)
        bench.past[try commit(setting)] = desired
        bench.send(.desired(DesiredDelta(commit: try commit(setting), changed: [bench.key: desired])))
        bench.settle()
    }

    /// A deployment that has served the settings in turn.
    private func served(_ settings: [Int]) throws -> Bench {
        var bench = try Bench()
        for setting in settings { try push(setting, &bench) }
        bench.acts = []
        bench.notes = []
        return bench
    }

    private func serving(_ bench: Bench) -> [Revision] {
        bench.replicas.filter { bench.route.replicas.contains($0.key) }.map(\.value.revision)
    }

    private func restart(_ bench: inout Bench, at setting: Int) throws {
        bench.core = EngineCore(facts: bench.core.facts, seed: 2, now: bench.now)
        try push(setting, &bench)
    }

    @Test func `a rollback replaces what serves by what served before, and says so`() throws {
        var bench = try served([1, 2])
        let (old, bad) = (bench.deployment(setting: 1, replicas: 1), bench.deployment(setting: 2, replicas: 1))
        bench.send(command(.rollback(bench.key, to: nil)))
        bench.settle()
        #expect(serving(bench) == [old.revision])
        #expect(bench.recalls == [try commit(1)])
        let words =
            "production/churn goes back from churn@1.2.0 to churn@1.1.0; the revision \(bad.revision.short) is quarantined until 'waybill lift production/churn'"
        #expect(bench.answers.map { try? $0.get() } == [words])
        let conditions = bench.core.summary(of: bench.key)?.conditions
        #expect(conditions?.isTrue(.ready) == true)
        #expect(conditions?[.held]?.reason == "Quarantined")
        #expect(
            conditions?[.held]?.message
                == "git asks for churn@1.2.0, which ada (uid 7) rolled back: it answers nonsense; churn@1.1.0 serves in its place until git asks for another revision, or until 'waybill lift'"
        )
        #expect(bench.acts.map(\.name).contains("start-replica"))
    }

    @Test func `the same commit never brings a quarantined revision back, also after a restart or with other replicas`()
        throws
    {
        var bench = try served([1, 2])
        bench.send(command(.rollback(bench.key, to: nil)))
        bench.settle()
        let old = bench.deployment(setting: 1, replicas: 1).revision
        bench.acts = []
        try restart(&bench, at: 2)
        #expect(serving(bench) == [old])
        #expect(bench.acts == [])
        bench.send(
            .desired(
                DesiredDelta(commit: try commit(3), changed: [bench.key: bench.deployment(setting: 2, replicas: 3)])))
        bench.settle()
        #expect(serving(bench) == [old])
        #expect(bench.acts == [])
    }

    @Test func `another revision ends the hold, and the quarantined one stays out when git comes back to it`() throws {
        var bench = try served([1, 2])
        bench.send(command(.rollback(bench.key, to: nil)))
        bench.settle()
        try push(3, &bench)
        let new = bench.deployment(setting: 3, replicas: 1).revision
        #expect(serving(bench) == [new])
        #expect(bench.core.summary(of: bench.key)?.conditions[.held] == nil)
        #expect(
            bench.notes.filter { $0.type == .holdReleased }.map { $0.body["message"] } == [
                "git asks for another revision"
            ])
        bench.acts = []
        try push(2, &bench)
        #expect(serving(bench) == [new])
        #expect(bench.acts == [])
        #expect(bench.core.summary(of: bench.key)?.conditions[.held]?.reason == "Quarantined")
        try restart(&bench, at: 2)
        #expect(serving(bench) == [new])
        #expect(bench.acts == [])
    }

    @Test func `a revert to what serves already changes nothing but the hold`() throws {
        var bench = try served([1, 2])
        bench.send(command(.rollback(bench.key, to: nil)))
        bench.settle()
        bench.acts = []
        try push(1, &bench)
        #expect(bench.acts == [])
        #expect(bench.core.summary(of: bench.key)?.conditions[.held] == nil)
        #expect(bench.core.summary(of: bench.key)?.conditions.isTrue(.ready) == true)
    }

    @Test func `lifting the quarantine rolls out what git asks for`() throws {
        var bench = try served([1, 2])
        bench.send(command(.rollback(bench.key, to: nil)))
        bench.settle()
        bench.send(command(.lift(bench.key)))
        bench.settle()
        #expect(serving(bench) == [bench.deployment(setting: 2, replicas: 1).revision])
        #expect(bench.core.summary(of: bench.key)?.conditions[.held] == nil)
        #expect(bench.core.facts.keys[bench.key]?.quarantined == [:])
        bench.send(command(.lift(bench.key)))
        #expect(bench.answers.isEmpty == false)
        bench.settle()
        #expect(try bench.answers.last?.get() == "nothing of production/churn is quarantined")
    }

    @Test func `a version can be named, and a second rollback goes further back`() throws {
        var bench = try served([1, 2, 3])
        bench.send(command(.rollback(bench.key, to: try SemanticVersion(parsing: "1.1.0"))))
        bench.settle()
        #expect(serving(bench) == [bench.deployment(setting: 1, replicas: 1).revision])
        bench.send(command(.rollback(bench.key, to: nil)))
        bench.settle()
        #expect(serving(bench) == [bench.deployment(setting: 2, replicas: 1).revision])
        bench.send(command(.rollback(bench.key, to: try SemanticVersion(parsing: "1.3.0"))))
        bench.settle()
        guard case .failure(let failure)? = bench.answers.last else {
            Issue.record("it went back to what is quarantined")
            return
        }
        #expect(failure.message == "nothing else has served production/churn that it could go back to")
    }

    @Test func `what never served, is paused, or is unknown is refused`() throws {
        var bench = try served([1])
        func refused(_ verb: OperatorCommand.Verb, _ bench: inout Bench) -> String? {
            bench.send(command(verb))
            bench.settle()
            guard case .failure(let failure)? = bench.answers.last else { return nil }
            return failure.message
        }
        #expect(
            refused(.rollback(bench.key, to: nil), &bench)
                == "nothing else has served production/churn that it could go back to")
        try push(2, &bench)
        #expect(
            refused(.rollback(bench.key, to: try SemanticVersion(parsing: "9.0.0")), &bench)
                == "9.0.0 has not served production/churn, or is quarantined; it could go back to churn@1.1.0")
        bench.send(command(.pause(bench.key)))
        #expect(
            refused(.rollback(bench.key, to: nil), &bench)
                == "production/churn is paused, so nothing of it is changed; 'waybill resume production/churn' first")
        let other = try DeploymentKey(parsing: "production/other")
        #expect(refused(.rollback(other, to: nil), &bench) == "there is no deployment production/other")
    }

    @Test func `what serves goes on while the commit to go back to cannot be read, and then it is taken`() throws {
        var bench = try served([1, 2])
        let past = bench.past
        bench.past = [:]
        bench.send(command(.rollback(bench.key, to: nil)))
        bench.settle(for: .seconds(30))
        let bad = bench.deployment(setting: 2, replicas: 1).revision
        #expect(serving(bench) == [bad])
        let message = bench.core.summary(of: bench.key)?.conditions[.held]?.message ?? ""
        #expect(message.hasSuffix("; what it was cannot be read: the mirror does not have it"), "\(message)")
        bench.past = past
        bench.settle(for: .seconds(600))
        #expect(serving(bench) == [bench.deployment(setting: 1, replicas: 1).revision])
    }
}
