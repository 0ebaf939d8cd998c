import Foundation
import Testing
import WaybillAPI
import WaybillCore

/// What `-o json` gives of each view, whole: scripts read it, so it changes on purpose only, by adding.
@Suite struct ScriptOutputTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Golden")

    private func expect(_ view: some Codable & Equatable, is name: String) throws {
        let data = try ControlJSON.encode(view)
        #expect(try ControlJSON.decode(type(of: view), from: data) == view)
        let text = try ControlJSON.decode(WireValue.self, from: data).value.prettyJSON + "\n"
        try Golden.expect(text, Self.folder.appending(path: "\(name).json"))
    }

    private let location = SourceLocation(path: "fleet/churn.yaml", line: 3, column: 1)

    private func conditions(_ problem: String? = nil) throws -> Conditions {
        var conditions = Conditions()
        let commit = try Samples.commit()
        for kind in problem == nil ? [Condition.Kind.ready] : [.ready, .held] {
            conditions.set(
                Condition(
                    kind, isTrue: (kind == .ready) == (problem == nil),
                    reason: problem == nil ? "InForce" : "InvalidManifest",
                    message: problem ?? "its manifest is in force", changedAt: Samples.time, observedCommit: commit))
        }
        return conditions
    }

    @Test func `a replica`() throws {
        let id = ReplicaID(key: try Samples.key(), revision: Samples.revision, serial: 7)
        let status = ExitStatus(cause: .code(3), at: Samples.time, reason: "liveness probe failed 3 times")
        let replica = ObservedReplica(
            id: id, revision: Samples.revision, version: try Samples.version(), phase: .exited(status), port: 20_001,
            startedAt: Samples.time, drift: "its port is another's")
        try expect(ReplicaView(replica, route: ObservedRoute(replicas: [id], outstanding: [id: 2])), is: "replica")
    }

    @Test func `a model`() throws {
        let model = Model(
            owner: "team-growth", description: "Tells who leaves.", intendedUse: "Mails", license: "Apache-2.0",
            riskTier: .limited, task: "classification")
        let name = try Name(parsing: "churn")
        try expect(
            ModelView(
                name: name, model, versions: [try Samples.version().version], location: location,
                conditions: try conditions()),
            is: "model")
    }

    @Test func `a version whose file is broken`() throws {
        let version = ModelVersion(
            id: try Samples.version(), format: "sklearn-joblib",
            artifacts: [
                Artifact(
                    path: "model.joblib", source: .repository(path: "m/model.joblib"), digest: Digest(of: "m".utf8),
                    size: 5)
            ])
        let view = VersionView(
            version, deployments: [try Samples.key()], location: location,
            conditions: try conditions("fleet/churn.yaml:3:5: unknown field 'x'"))
        #expect(view.status == "Held")
        #expect(view.decisive?.message == "fleet/churn.yaml:3:5: unknown field 'x'")
        try expect(view, is: "version")
    }

    @Test func `a runtime`() throws {
        let runtime = ServingRuntime(
            formats: ["sklearn-joblib"], protocolName: .oipV2,
            environment: PythonEnvironment(python: "3.11", lock: "a.lock"), command: ["x"],
            probes: Probes(startup: Probe(check: .tcp), readiness: Probe(check: .tcp)), isolation: .none)
        try expect(
            RuntimeView(
                name: try Name(parsing: "mlserver"), runtime, deployments: [try Samples.key()], location: location,
                conditions: try conditions()),
            is: "runtime")
    }

    @Test func `an environment`() throws {
        try expect(
            EnvironmentView(
                name: try Name(parsing: "production"), Environment(target: .local, description: "Customers"),
                deployments: 2, ready: 1, location: location, conditions: try conditions()),
            is: "environment")
    }

    @Test func `a description`() throws {
        let key = try PlanSamples.key(1)
        let problem = Diagnostic(location: location, rule: "unknown-field", message: "unknown field 'x'", line: "x: 1")
        try expect(
            DeploymentDetail(
                deployment: try Samples.deployment(), replicas: [], plan: try PlanSamples.replaced(),
                problems: [problem], location: location, spec: try PlanSamples.desired(key).spec,
                inputs: [Tensor(name: "x", datatype: .FP64, shape: [-1, 3])], lastLines: ["boom"],
                events: [Samples.event(12)]),
            is: "describe")
    }

    @Test func `lists name their kind`() {
        #expect(
            [
                DeploymentView.listKind, ReplicaView.listKind, ModelView.listKind, VersionView.listKind,
                RuntimeView.listKind, EnvironmentView.listKind, EventView.listKind,
            ] == [
                "DeploymentList", "ReplicaList", "ModelList", "ModelVersionList", "ServingRuntimeList",
                "EnvironmentList", "EventList",
            ])
    }
}
