package import WaybillCore

/// A deployment of the simulated fleet: small, resolved, and other in its revision for each `setting`.
package struct SimulatedDeployment: Hashable, Sendable {
    package var key: DeploymentKey
    /// What makes one revision differ from the next.
    package var setting: Int
    package var replicas: Int
    package var drain: Duration

    package init(key: DeploymentKey, setting: Int, replicas: Int, drain: Duration = .seconds(10)) {
        self.key = key
        self.setting = setting
        self.replicas = replicas
        self.drain = drain
    }

    /// As the manifests would resolve to it.
    package var desired: DesiredDeployment {
        let rendering = Rendering(
            restart: .object(["deployment": .string(key.description), "setting": .integer(Int64(setting))]),
            live: .object(["replicas": .integer(Int64(replicas)), "drain": .integer(drain.milliseconds)]))
        return DesiredDeployment(
            spec: spec(rendering.revision), replicas: replicas, drain: drain, rendering: rendering,
            location: SourceLocation(path: "fleet/\(key).yaml", line: 1, column: 1))
    }

    private func spec(_ revision: Revision) -> RevisionSpec {
        RevisionSpec(
            revision: revision, key: key, version: version, runtime: key.name, protocolName: .oipV2, paths: [],
            artifacts: [], environment: nil, command: ["serve", String(setting)], files: [], env: [], ports: ["http"],
            probes: Probes(startup: Probe(check: .tcp), readiness: Probe(check: .tcp)), resources: Resources(),
            isolation: .sandbox, stopGrace: .seconds(10))
    }

    private var version: VersionID {
        guard let version = try? SemanticVersion(parsing: "1.\(setting).0") else {
            preconditionFailure("'1.\(setting).0' is a version")
        }
        return VersionID(model: key.name, version: version)
    }
}
