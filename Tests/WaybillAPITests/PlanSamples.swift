import WaybillAPI
import WaybillCore

/// Plans to show, of each verb.
enum PlanSamples {
    static let before = Revision(Digest(of: "before".utf8))

    static func key(_ number: Int) throws -> DeploymentKey {
        try DeploymentKey(parsing: "production/model-\(number)")
    }

    static func desired(_ key: DeploymentKey, isolation: Isolation = .sandbox) throws -> DesiredDeployment {
        let spec = RevisionSpec(
            revision: Samples.revision, key: key, version: try Samples.version(), runtime: key.name,
            protocolName: .oipV2, paths: [], artifacts: [], environment: nil, command: [], files: [], env: [],
            ports: ["http"], probes: Probes(startup: Probe(check: .tcp), readiness: Probe(check: .tcp)),
            resources: Resources(), isolation: isolation, stopGrace: .seconds(10))
        return DesiredDeployment(
            spec: spec, replicas: 2, drain: .seconds(30),
            rendering: Rendering(restart: .object([:]), live: .object([:])),
            location: SourceLocation(path: "churn.yaml", line: 1, column: 1))
    }

    static func replaced(
        _ number: Int = 1, change: String = "1.5.0", isolation: Isolation = .sandbox
    ) throws -> KeyPlanView {
        let key = try key(number)
        let id = ReplicaID(key: key, revision: Samples.revision, serial: 8)
        let plan = KeyPlan(
            key: key, goal: .serve(Samples.revision, replicas: 2), from: before,
            actions: [
                PlannedAction(.prepare(Samples.revision), reason: "its files are not there"),
                PlannedAction(.startReplica(id, Samples.revision), reason: "0 of 2 run", waitsFor: "the files"),
            ],
            drift: [
                Drift(.replicaMissing, subject: "7", found: "gone", expected: "ready", message: "replica 7 is gone")
            ])
        let entry = FleetPlan.Entry(
            plan: plan,
            changes: [FieldChange(path: "spec.version", before: "1.4.0", after: change, restarts: true)])
        return KeyPlanView(entry, desired: try desired(key, isolation: isolation))
    }

    static func orphan() throws -> KeyPlanView {
        KeyPlanView(.init(plan: KeyPlan(key: try key(2), goal: .orphaned, from: before)), desired: nil)
    }

    static func held(from: Revision? = nil) throws -> KeyPlanView {
        let goal = from.map { KeyPlan.Goal.serve($0, replicas: 1) } ?? .absent
        return KeyPlanView(
            .init(
                plan: KeyPlan(key: try key(3), goal: goal, from: from),
                hold: .init(reason: "InvalidManifest", message: "bad.yaml:3:5: error: no such field")),
            desired: nil)
    }

    static func plan(_ deployments: [KeyPlanView], hold: CommitHoldView? = nil, problems: [Diagnostic] = []) throws
        -> PlanView
    {
        let base = try CommitID(parsing: String(repeating: "c", count: 40))
        return PlanView(
            basis: .commit, base: base, baseName: "main", commit: try Samples.commit(), hold: hold,
            deployments: deployments, problems: problems)
    }
}
