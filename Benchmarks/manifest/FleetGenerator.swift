import Foundation

/// Writes a fleet of any size: a file for each deployment that holds it and its model version, at most 1,000 files a folder.
struct FleetGenerator {
    let folder: URL
    let deployments: Int

    func write() throws {
        try write("runtimes/mlserver.lock", "mlserver==1.7.1\nmlserver-sklearn==1.7.1\n")
        try write("runtimes/mlserver.yaml", Self.runtime)
        for environment in ["staging", "production"] {
            try write("environments/\(environment).yaml", Self.environment(environment))
        }
        for number in 0..<max(1, deployments / 100) {
            try write("models/\(number / 1000)/model-\(number).yaml", Self.model(number))
        }
        for number in 0..<deployments { try write(path(number), Self.deployment(number, replicas: 0)) }
    }

    /// Changes one deployment; the file's path.
    func edit(_ number: Int) throws -> String {
        try write(path(number), Self.deployment(number, replicas: 1))
        return path(number)
    }

    private func path(_ number: Int) -> String { "deployments/\(number / 1000)/service-\(number).yaml" }

    private func write(_ path: String, _ text: String) throws {
        let file = folder.appending(path: path)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    private static let header = "apiVersion: waybill.dev/v1alpha1\nkind: "

    private static func environment(_ name: String) -> String {
        header + "Environment\nmetadata:\n  name: \(name)\nspec:\n  target: local\n"
    }

    private static func model(_ number: Int) -> String {
        header + "Model\nmetadata:\n  name: model-\(number)\nspec:\n  owner: team-\(number % 17)\n  riskTier: limited\n"
    }

    private static func deployment(_ number: Int, replicas: Int) -> String {
        let digits = String(number, radix: 16)
        let digest = "sha256:" + String(repeating: "0", count: 64 - digits.count) + digits
        let (model, version) = ("model-\(number / 100)", "1.\(number % 100).0")
        return header + """
            ModelVersion
            spec:
              model: \(model)
              version: \(version)
              format: sklearn-joblib
              artifacts:
                - path: model.joblib
                  source: files/\(model)/\(version)/model.joblib
                  digest: \(digest)
                  size: \(number + 1000)
              interface:
                inputs:
                  - {name: features, datatype: FP32, shape: [-1, 20]}
                outputs:
                  - {name: predict, datatype: INT64, shape: [-1]}
            ---
            # One of many, for measuring.
            \(header)ModelDeployment
            metadata:
              name: service-\(number)
              labels:
                team: team-\(number % 17)
            spec:
              environment: \(number % 2 == 0 ? "production" : "staging")
              model: \(model)
              version: \(version)
              runtime: mlserver
              replicas: \(replicas)
              resources:
                memory: 512Mi
                cpu: 500m
              env:
                - name: OMP_NUM_THREADS
                  value: "1"
                - name: SERVICE_NUMBER
                  value: "\(number)"
              rollout:
                drain: 20s

            """
    }

    private static let runtime =
        header + """
            ServingRuntime
            metadata:
              name: mlserver
            spec:
              formats: [sklearn-joblib]
              protocol: oip-v2
              environment: {python: "3.11", lock: runtimes/mlserver.lock}
              command: [mlserver, start, .]
              files:
                - path: settings.json
                  content: '{"http_port": 8080, "debug": false}'

            """
}
