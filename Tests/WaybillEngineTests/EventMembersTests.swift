import Testing
import WaybillCore

@testable import WaybillEngine

/// What the catalogue declares of the engine's events is written, and nothing else.
struct EventMembersTests {
    private let fixtures: Fixture
    init() throws { fixtures = try Fixture() }

    private struct Fixture {
        let key: DeploymentKey
        let spec: RevisionSpec
        let id: ReplicaID
        let commit: CommitID
        let time = Timestamp(milliseconds: 1_700_000_000_000)

        init() throws {
            key = try DeploymentKey(parsing: "production/churn")
            let revision = Revision(Digest(of: "revision".utf8))
            spec = RevisionSpec(
                revision: revision, key: key, version: try VersionID(parsing: "churn@1.4.0"), runtime: key.name,
                protocolName: .oipV2, paths: [], artifacts: [], environment: nil, command: [], files: [], env: [],
                ports: [], probes: Probes(startup: Probe(check: .tcp), readiness: Probe(check: .tcp)),
                resources: Resources(), isolation: .none, stopGrace: .seconds(1))
            id = ReplicaID(key: key, revision: revision, serial: 1)
            commit = try CommitID(parsing: String(repeating: "ab", count: 20))
        }

        /// Both events of a validation that says all that one can.
        func validation() throws -> [Event] {
            let question = try #require(
                SimulatedDeployment(key: key, setting: 1, replicas: 1, rules: 1).desired.admission.checklist)
            let answer = ValidationAnswer(
                GateVerdict(
                    revision: spec.revision.description, checklist: "c", rules: question.digest, verdict: .failed,
                    gate: "g", message: "m", evidence: question.digest, bundle: question.digest),
                gates: ["g": .failed], cached: ["g"])
            let deployment = SimulatedDeployment(key: key, setting: 1, replicas: 1, rules: 1).desired
            let request = ActRequest(
                id: EffectID(1), key: key, action: .validate(spec.revision), spec: spec, commit: commit,
                decision: DecisionID(1), reason: "why",
                question: ValidationQuestion(deployment: deployment, checklist: question, commit: commit))
            let failure = Failure(.retry, reason: "x", message: "it failed")
            let additions = answer.facts.merging(["key": "SHA256:x"]) { own, _ in own }
            return [request.intent(at: time), request.outcome(failure, at: time, adding: additions)]
        }

        /// Both events of an act, the outcome a failure.
        func act(_ action: Action, adding additions: Members = [:]) -> [Event] {
            let request = ActRequest(
                id: EffectID(1), key: key, action: action, spec: spec, commit: commit, decision: DecisionID(1),
                reason: "why")
            let failure = Failure(.retry, reason: "x", message: "it failed")
            return [request.intent(at: time), request.outcome(failure, at: time, adding: additions)]
        }
    }

    private func expectWhole(_ events: [Event]) throws {
        let type = try #require(events.first?.type)
        #expect(events.allSatisfy { $0.type == type && $0.undeclaredMembers.isEmpty })
        let written = Set(events.flatMap(\.body.keys)).subtracting(["actor"])
        let declared = Set(type.documentation.fields.map(\.name)).subtracting(["actor"])
        #expect(written == declared, "\(type.rawValue)")
    }

    @Test func `each act's events have just the members that are declared for them`() throws {
        let revision = fixtures.spec.revision
        try expectWhole(fixtures.act(.prepare(revision)))
        let started = fixtures.act(.startReplica(fixtures.id, revision))
        #expect(started.allSatisfy { $0.body["isolation"] == "none" })
        try expectWhole(started)
        try expectWhole(fixtures.act(.stopReplica(fixtures.id)))
        try expectWhole(fixtures.validation())
        try expectWhole(fixtures.act(.forgetReplica(fixtures.id)))
        let shares = [TrafficShare(revision, 90), TrafficShare(Revision(Digest(of: "new".utf8)), 10)]
        try expectWhole(fixtures.act(.setRoute([fixtures.id], shares: shares), adding: ["generation": 7]))
    }

    @Test func `each fact of the engine has just the members that are declared for it`() throws {
        let makes = FactEvents(key: fixtures.key, decision: DecisionID(1), time: fixtures.time)
        let change = FieldChange(path: "spec.replicas", before: "1", after: "2", restarts: false)
        let plan = KeyPlan(key: fixtures.key, goal: .serve(fixtures.spec.revision, replicas: 1))
        let decided = makes.planDecided(
            plan, commit: fixtures.commit,
            desired: SimulatedDeployment(key: fixtures.key, setting: 1, replicas: 1).desired, diff: [change])
        #expect(decided.body["isolation"] == "sandbox")
        try expectWhole([decided])
        var asked = SimulatedDeployment(key: fixtures.key, setting: 1, replicas: 1, rules: 1)
        let answer = try #require(asked.answer(.passed))
        asked.rules = 2
        try expectWhole([makes.admitted(asked.desired, answer.verdict, commit: fixtures.commit)])
        let replica = ObservedReplica(
            id: fixtures.id, revision: fixtures.spec.revision, version: fixtures.spec.version, phase: .ready,
            port: 1, startedAt: fixtures.time, pid: 7)
        try expectWhole([
            makes.exited(replica, ExitStatus(cause: .code(1), at: fixtures.time), whileAway: true)
        ])
        try expectWhole([makes.adopted(replica)])
        try expectWhole([
            makes.found(Drift(.replicaMissing, subject: "x", found: "a", expected: "b", message: "c"))
        ])
        try expectWhole([makes.corrected(.replicaMissing)])
        let standIn = ServedState(revision: "r", rendering: "d", commit: fixtures.commit, version: nil)
        try expectWhole([
            makes.held(.invalidManifest, message: "why", commit: fixtures.commit),
            makes.quarantined(standIn, message: "why", commit: fixtures.commit),
            makes.awaiting(
                Change(fixtures.key, from: nil, rendering: nil, checklist: nil), .frozen, message: "why",
                commit: fixtures.commit
            ),
        ])
        let rollout = RolloutState(
            revision: fixtures.spec.revision, rendering: "r", stable: fixtures.spec.revision, steps: [.weight(100)],
            reason: "why", analysis: AnalysisProgress(tries: 1, outcome: .failed))
        let record = AnalysisRecord(
            tries: 1, from: fixtures.time, to: fixtures.time,
            findings: [
                AnalysisRecord.Finding(
                    check: .standard, summary: AnalysisSummary(),
                    question: AnalysisQuestion(bound: .increase(0.05), minRequests: 1, alpha: 0.05))
            ])
        try expectWhole([makes.moved(rollout, stable: standIn, record: record)])
        try expectWhole([makes.released(.invalidManifest, message: "why", commit: fixtures.commit)])
        let command = OperatorCommand(id: 1, verb: .pause(fixtures.key), actor: .controller, reason: "why")
        try expectWhole([makes.command(command, arguments: [:], result: "done")])
        try expectWhole([
            decided.reconciled(at: 3, decision: DecisionID(1), time: fixtures.time, found: "nothing")
        ])
    }
}
