/// Manifests of a small sound fleet, and pieces to change in it.
enum SampleFleet {
    static let digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    static let model = """
        apiVersion: waybill.dev/v1alpha1
        kind: Model
        metadata:
          name: churn
        spec:
          owner: team-growth

        """

    static let runtime = """
        apiVersion: waybill.dev/v1alpha1
        kind: ServingRuntime
        metadata:
          name: mlserver
        spec:
          formats: [sklearn-joblib]
          protocol: oip-v2
          environment: {python: "3.11", lock: runtimes/mlserver.lock}
          command: [mlserver, start, .]

        """

    static func version(_ version: String) -> String {
        """
        apiVersion: waybill.dev/v1alpha1
        kind: ModelVersion
        spec:
          model: churn
          version: \(version)
          format: sklearn-joblib
          artifacts:
            - {path: model.joblib, source: models/churn/\(version)/model.joblib, digest: \(digest), size: 12}

        """
    }

    static func environment(_ name: String) -> String {
        """
        apiVersion: waybill.dev/v1alpha1
        kind: Environment
        metadata:
          name: \(name)

        """
    }

    static func deployment(
        _ name: String, environment: String = "production", version: String = "1.4.0", more: String = ""
    ) -> String {
        """
        apiVersion: waybill.dev/v1alpha1
        kind: ModelDeployment
        metadata:
          name: \(name)
        spec:
          environment: \(environment)
          model: churn
          version: \(version)
          runtime: mlserver
        \(more)
        """
    }

    /// Two deployments of one version.
    static let files = [
        "models/churn.yaml": model, "models/churn-1.4.0.yaml": version("1.4.0"), "runtimes/mlserver.yaml": runtime,
        "runtimes/mlserver.lock": "mlserver==1.7.1\n", "environments/production.yaml": environment("production"),
        "production/churn.yaml": deployment("churn"), "production/other.yaml": deployment("other"),
    ]
}
