import WaybillCore

@testable import WaybillReport

/// Two states of a small fleet, and evidence about its versions.
enum Samples {
    static func name(_ text: String) throws -> Name { try Name(parsing: text) }
    static func id(_ version: String) throws -> VersionID { try VersionID(parsing: "churn@\(version)") }

    static func version(
        _ version: String, weights: String = "w", inputs: [Tensor]? = nil, outputs: [Tensor]? = nil,
        metrics: [String: Double] = [:], data: [String: String] = [:], card: String? = nil
    ) throws -> ModelVersion {
        ModelVersion(
            id: try id(version), format: "onnx",
            artifacts: [
                Artifact(
                    path: "model.onnx", source: .repository(path: "m"), digest: Digest(of: weights.utf8),
                    size: 12_582_912)
            ],
            inputs: inputs ?? [Tensor(name: "features", datatype: .FP32, shape: [-1, 3])],
            outputs: outputs ?? [Tensor(name: "probability", datatype: .FP32, shape: [-1, 1])],
            data: try data.sorted { $0.key < $1.key }.map {
                Dataset(name: try name($0.key), digest: Digest(of: $0.value.utf8))
            }, card: card, metrics: metrics)
    }

    static func runtime(_ lock: String = "lock") throws -> ResolvedRuntime {
        let spec = try Resource(
            kind: .servingRuntime,
            document: [
                "metadata": ["name": "triton"],
                "spec": [
                    "formats": ["onnx"], "protocol": "oip-v2", "command": ["serve"], "ports": ["http"],
                    "environment": ["python": "3.11", "lock": "locks/triton.txt"],
                ],
            ], location: SourceLocation(path: "r.yaml", line: 1, column: 1)
        ).spec
        guard case .servingRuntime(let runtime) = spec else { throw InvalidInput("no runtime") }
        return ResolvedRuntime(name: try name("triton"), runtime: runtime, lockDigest: Digest(of: lock.utf8))
    }

    static func deployment(
        _ key: String, _ version: ModelVersion, replicas: Int = 2, lock: String = "lock",
        lifecycle: Model.Lifecycle? = nil, rollout: ModelDeployment.Rollout = ModelDeployment.Rollout()
    ) throws -> DesiredDeployment {
        .resolve(
            ModelDeployment(
                key: try DeploymentKey(parsing: key), version: version.id, runtime: try name("triton"),
                replicas: replicas, rollout: rollout), version: version, runtime: try runtime(lock),
            location: SourceLocation(path: "d.yaml", line: 1, column: 1), lifecycle: lifecycle)
    }

    static func state(_ commit: Character, _ deployments: [DesiredDeployment], owner: String = "team-growth") throws
        -> DesiredState
    {
        let model = Resource(
            id: .model(try name("churn")), spec: .model(Model(owner: owner, riskTier: .high)), metadata: Metadata(),
            location: SourceLocation(path: "m.yaml", line: 1, column: 1))
        return DesiredState(
            commit: try CommitID(parsing: String(repeating: commit, count: 40)), resources: [model.id: model],
            deployments: Dictionary(deployments.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first }))
    }

    static func review(
        _ base: DesiredState, _ head: DesiredState, evidence: [EvidenceReport] = [],
        packages: [Digest: [String: String]] = [:], problems: [Diagnostic] = [], hold: String? = nil
    ) -> ReviewPlan {
        let plan = FleetPlan.between(base: base, head: head, at: Timestamp(milliseconds: 0)) { old, new in
            FieldChange.between(old?.rendering, new?.rendering)
        }
        return ReviewPlan(
            ReviewPlan.Input(
                base: base, head: head, plan: plan, evidence: evidence, packages: packages, hold: hold,
                problems: problems))
    }

    /// What a version came to: an area with its interval, and accuracy by region.
    static func evidence(
        _ version: String, area: Double, by regions: [(name: String, value: Double, count: Int)] = [],
        atLeast: Double = 0.5, checklist: String = "release"
    ) throws -> EvidenceReport {
        var metric = GateMeasurement.MetricValue(
            value: area, samples: 400, interval: (area - 0.01)...min(1, area + 0.01), claimed: 0.99)
        metric.roc = RocCurve(
            positives: 4, negatives: 4,
            points: [(0, 0), (0, 3), (1, 4), (4, 4)].map { .init(falsePositives: $0.0, truePositives: $0.1) })
        metric.calibration = CalibrationCurve(
            bins: (0..<15).map { .init(rows: $0, hits: $0 / 2, confidence: (Double($0) + 0.5) / 15) })
        let slices = regions.map {
            GateMeasurement.SliceValues.Slice(
                name: $0.name, count: $0.count, value: $0.value, problem: nil,
                interval: ($0.value - 0.02)...($0.value + 0.02), verdict: $0.value >= 0.5 ? .passed : .failed)
        }
        let question = MetricQuestion(.accuracy, data: "held-out")
        return try EvidenceReport(
            Evidence(
                version: try id(version), bundle: Digest(of: version.utf8), checklist: try name(checklist),
                rules: Digest(of: "rules".utf8), runtime: nil,
                results: [
                    GateResult(
                        gate: Gate(
                            name: "ranks",
                            .metric(MetricCheck(MetricQuestion(.rocAuc, data: "held-out"), atLeast: atLeast))),
                        measured: .metric(metric), inputs: ["ranks/held-out": Digest(of: "data".utf8)]),
                    GateResult(
                        gate: Gate(name: "regions", .slice(SliceCheck(question, by: "region", bound: 0.5))),
                        measured: .slice(.init(samples: 400, slices: slices, gap: nil))),
                ], skipped: []))
    }
}
