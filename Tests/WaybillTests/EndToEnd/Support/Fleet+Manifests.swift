import Foundation
import WaybillCore

extension Fleet {
    /// Settings, an empty remote, and a clone with environment, runtime and `risk-score@1.0.0`; no deployment yet.
    func prepare(_ settings: [String]) async throws {
        let lines =
            [
                "state: state", "repository: {url: remote.git, pollInterval: 1h}", "ports: \(ports.replicas)",
                "isolation: {users: \(ports.users)}", "gateway: {address: '127.0.0.1:\(ports.gateway)'}",
                "metrics: {address: '127.0.0.1:\(ports.metrics)'}",
            ] + settings
        try write("../waybill.yaml", lines.joined(separator: "\n") + "\n")
        try FileManager.default.createDirectory(atPath: clone, withIntermediateDirectories: true)
        try await git("init", "-q", "-b", "main", "--bare", remote)
        try await git("init", "-q", "-b", "main", ".")
        try await git("remote", "add", "origin", remote)
        for path in ["environments.yaml", "models/risk-score/model.yaml", "runtimes/python-oip.yaml"] {
            try write(path, try sample(path))
        }
        try version("1.0.0")
    }

    func sample(_ path: String) throws -> String {
        try String(contentsOfFile: "\(Self.samples)/fleet/\(path)", encoding: .utf8)
    }

    /// Writes a file of the clone.
    func write(_ path: String, _ text: String) throws {
        let place = URL(fileURLWithPath: "\(clone)/\(path)")
        try FileManager.default.createDirectory(
            at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: place)
    }

    func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: "\(clone)/\(path)") }

    /// Writes a version of `risk-score`, with the sample's own program unless another is given.
    func version(_ version: String, program: String? = nil) throws {
        let files = [
            ("model.json", try sample("artifacts/risk-score/1.0.0/model.json")),
            ("server.py", try program ?? sample("artifacts/risk-score/1.0.0/server.py")),
        ]
        try modelVersion("risk-score", version, format: "python-oip", files.map { ($0, Data($1.utf8)) })
    }

    func modelVersion(_ model: String, _ version: String, format: String, _ files: [(String, Data)]) throws {
        var manifest = """
            apiVersion: waybill.dev/v1alpha1
            kind: ModelVersion
            spec:
              model: \(model)
              version: \(version)
              format: \(format)
              artifacts:

            """
        for (name, content) in files {
            let source = "artifacts/\(model)/\(version)/\(name)"
            let place = URL(fileURLWithPath: "\(clone)/\(source)")
            try FileManager.default.createDirectory(
                at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
            try content.write(to: place)
            manifest += """
                    - path: \(name)
                      source: \(source)
                      digest: \(Digest(of: content))
                      size: \(content.count)

                """
        }
        try write("models/\(model)/\(version).yaml", manifest)
    }

    /// Writes `deployments/NAME.yaml`: a deployment in production.
    func deploy(
        _ version: String, as name: String = "risk-score", model: String = "risk-score", runtime: String = "python-oip",
        in environment: String = "production", replicas: Int = 1, annotations: String? = nil, rollout: String? = nil
    ) throws {
        let file = environment == "production" ? name : "\(environment)-\(name)"
        try write(
            "deployments/\(file).yaml",
            """
            apiVersion: waybill.dev/v1alpha1
            kind: ModelDeployment
            metadata:
              name: \(name)\(annotations.map { "\n  annotations: {\($0)}" } ?? "")
            spec:
              environment: \(environment)
              model: \(model)
              version: \(version)
              runtime: \(runtime)
              replicas: \(replicas)\(rollout.map { "\n  rollout: {\($0)}" } ?? "")

            """)
    }

    /// Pushes one deployment of `risk-score@1.0.0`, starts the controller, and waits until it serves.
    func startServing(replicas: Int = 1) async throws {
        try deploy("1.0.0", replicas: replicas)
        try await push("first")
        try await start()
        try await serves("production/risk-score", "1.0.0")
    }
}
