package import WaybillCore

/// A deployment of the simulated fleet: small, resolved, and other in its revision for each `setting`.
package struct SimulatedDeployment: Hashable, Sendable {
    package var key: DeploymentKey
    /// What makes one revision differ from the next.
    package var setting: Int
    package var replicas: Int
    package var drain: Duration
    /// What its environment asks: 0 nothing, odd numbers more than even ones.
    package var rules: Int
    /// How it takes over; its drain is `drain`.
    package var rollout: ModelDeployment.Rollout

    package init(
        key: DeploymentKey, setting: Int, replicas: Int, drain: Duration = .seconds(10), rules: Int = 0,
        rollout: ModelDeployment.Rollout = ModelDeployment.Rollout()
    ) {
        self.rollout = rollout
        self.rules = rules
        self.key = key
        self.setting = setting
        self.replicas = replicas
        self.drain = drain
    }

    /// As the manifests would resolve to it.
    package var desired: DesiredDeployment {
        var live: Members = ["replicas": .integer(Int64(replicas)), "drain": .integer(drain.milliseconds)]
        if !rollout.path.isEmpty {
            live["rollout"] = .list(
                rollout.path.map(\.value) + [
                    .string(rollout.onFailure.rawValue), .string(rollout.onInconclusive.rawValue),
                ])
        }
        let rendering = Rendering(
            restart: .object(["deployment": .string(key.description), "setting": .integer(Int64(setting))]),
            live: .object(live))
        return DesiredDeployment(
            spec: spec(rendering.revision), replicas: replicas, drain: drain, rendering: rendering,
            location: SourceLocation(path: "fleet/\(key).yaml", line: 1, column: 1),
            admission: AdmissionPolicy(checklist: Self.checklist(rules, for: key)), rollout: rollout)
    }

    private static func checklist(_ rules: Int, for key: DeploymentKey) -> AskedChecklist? {
        rules == 0
            ? nil
            : AskedChecklist(name: key.name, rules: Checklist(gates: [Gate(name: "rules-\(rules)", .integrity)]))
    }

    /// What its gates find, always the same for one setting.
    var verdict: Verdict {
        if rules % 2 == 0 { return .passed }
        return setting % 4 == 3 ? .failed : setting % 9 == 5 ? .inconclusive : .passed
    }

    /// The answer to a validation of it.
    package func answer(_ verdict: Verdict) -> ValidationAnswer? {
        guard let asked = desired.admission.checklist, let gate = asked.rules.gates.first?.name else { return nil }
        let hasPassed = verdict == .passed
        return ValidationAnswer(
            GateVerdict(
                revision: desired.revision.description, checklist: asked.name.text, rules: asked.digest,
                verdict: verdict, gate: hasPassed ? nil : gate,
                message: hasPassed ? nil : "auc is 0.7, at least 0.8 is asked",
                evidence: Digest(of: "evidence \(setting) \(rules)".utf8)),
            gates: [gate: verdict])
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
