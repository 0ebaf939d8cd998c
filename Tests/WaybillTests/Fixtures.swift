import Foundation
import WaybillAPI
import WaybillCore

@testable import waybill

/// Fixed values to show.
enum Fixtures {
    static let time = Timestamp(milliseconds: 1_795_446_245_678)
    static let revision = Revision(Digest(of: "revision".utf8))

    static func deployment(_ key: String = "production/churn", ready: Bool = true) throws -> DeploymentView {
        let commit = try CommitID(parsing: String(repeating: "ab", count: 20))
        var conditions = Conditions()
        conditions.set(
            Condition(
                .ready, isTrue: ready, reason: ready ? "Serving" : "Starting",
                message: ready ? "serves what git asks for" : "1 replica starts", changedAt: time,
                observedCommit: commit))
        if !ready {
            conditions.set(
                Condition(
                    .reconciling, isTrue: true, reason: "Starting", message: "1 replica starts", changedAt: time,
                    observedCommit: commit))
        }
        return DeploymentView(
            key: try DeploymentKey(parsing: key), version: try VersionID(parsing: "churn@1.4.0"),
            serving: ready ? [try VersionID(parsing: "churn@1.4.0")] : [],
            runtime: try Name(parsing: "mlserver-sklearn"),
            replicas: .init(desired: 1, ready: ready ? 1 : 0, running: 1), revision: revision, commit: commit,
            url: "http://127.0.0.1:8080/\(key)", conditions: conditions)
    }

    static func spec(_ key: DeploymentKey) -> RevisionSpec {
        RevisionSpec(
            revision: revision, key: key, version: VersionID(model: key.name, version: semantic), runtime: key.name,
            protocolName: .oipV2, paths: [], artifacts: [], environment: nil, command: [], files: [], env: [],
            ports: [],
            probes: Probes(startup: Probe(check: .tcp), readiness: Probe(check: .tcp)),
            resources: Resources(memory: 512 << 20), isolation: .none, stopGrace: .seconds(5))
    }

    private static var semantic: SemanticVersion {
        guard let version = try? SemanticVersion(parsing: "1.4.0") else { preconditionFailure("a sound version") }
        return version
    }

    static func detail() throws -> DeploymentDetail {
        let key = try DeploymentKey(parsing: "production/churn")
        let id = ReplicaID(key: key, revision: revision, serial: 7)
        let version = try VersionID(parsing: "churn@1.4.0")
        let replica = ObservedReplica(
            id: id, revision: revision, version: version, phase: .ready, port: 20_001, startedAt: time)
        let event = Event(
            .driftFound, decision: DecisionID(1), time: time, subject: key.description,
            body: ["what": "replica-gone", "message": "a replica was killed"])
        return DeploymentDetail(
            deployment: try deployment(),
            replicas: [ReplicaView(replica, route: ObservedRoute(replicas: [id], outstanding: [id: 2]))],
            plan: try plan().deployments.first,
            location: SourceLocation(path: "fleet/churn.yaml", line: 3, column: 1), spec: spec(key),
            inputs: [Tensor(name: "x", datatype: .FP64, shape: [-1, 3])], lastLines: ["boom \u{1b}[31m"],
            events: [EventView(event, at: 41)])
    }

    static func fleet() throws -> FleetView {
        let commit = CommitSummary(
            id: try CommitID(parsing: String(repeating: "ab", count: 20)), author: "Ada", summary: "The fleet",
            time: time)
        return FleetView(
            controller: .init(build: "0.1.0", pid: 1, startedAt: time, stateFolder: "/state"),
            repository: .init(
                url: "remote.git", branch: "main", path: "", commit: commit, head: nil, fetchedAt: time, problem: nil),
            deployments: .init([]), holds: [], problems: [],
            ledger: .init(origin: "waybill.dev/ledger/1", entries: 1, anchoredAt: nil, problem: nil),
            gateway: .init(nil))
    }

    static func plan() throws -> PlanView {
        let key = try DeploymentKey(parsing: "production/churn")
        let id = ReplicaID(key: key, revision: revision, serial: 8)
        let from = Revision(Digest(of: "before".utf8))
        let replaced = FleetPlan.Entry(
            plan: KeyPlan(
                key: key, goal: .serve(revision, replicas: 3), from: from,
                actions: [
                    PlannedAction(.startReplica(id, revision), reason: "the new revision has no replica"),
                    PlannedAction(.setRoute([id]), reason: "the new revision takes over", waitsFor: "it is ready"),
                ],
                drift: [
                    Drift(.replicaMissing, subject: "7", found: "gone", expected: "ready", message: "replica 7 is gone")
                ]),
            changes: [
                FieldChange(path: "spec.version", before: "1.4.0", after: "1.5.0", restarts: true),
                FieldChange(path: "spec.replicas", before: "1", after: "3", restarts: false),
            ])
        let others: [FleetPlan.Entry] = [
            .init(plan: KeyPlan(key: try DeploymentKey(parsing: "production/old"), goal: .orphaned, from: from)),
            .init(
                plan: KeyPlan(key: try DeploymentKey(parsing: "staging/bad"), goal: .absent),
                hold: .init(reason: "InvalidManifest", message: "bad.yaml:3:5: error: there is no ServingRuntime 'x'")),
            .init(
                plan: KeyPlan(
                    key: try DeploymentKey(parsing: "staging/churn"), goal: .serve(revision, replicas: 1),
                    actions: [PlannedAction(.prepare(revision), reason: "its files are not there")]),
                hold: .init(reason: "Paused", message: "paused by ada")),
        ]
        let desired = DesiredDeployment(
            spec: spec(key), replicas: 3, drain: .seconds(30),
            rendering: Rendering(restart: .object([:]), live: .object([:])),
            location: SourceLocation(path: "fleet/churn.yaml", line: 3, column: 1))
        return PlanView(
            basis: .observed, commit: try CommitID(parsing: String(repeating: "ab", count: 20)),
            deployments: [KeyPlanView(replaced, desired: desired)] + others.map { KeyPlanView($0, desired: nil) })
    }
}
