import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillServing

/// Each shipped runtime with the server that it is for.
@Suite(.serialized) struct `Shipped runtimes` {
    static let lock = "runtimes/locks/mlserver.txt"

    /// Starts the server of `runtime` for the model in `model`, waits for its probe and sends `request`.
    private func answer(
        of runtime: String, model: URL, request: String, deployment: String, in folder: URL
    ) async throws -> Answer {
        let manifest = try await Shipped.runtime(runtime)
        var environment: String?
        if let lock = manifest.spec.environment?.lock { environment = try await Shipped.environment(lock: lock) }
        let server = try RunningServer(
            manifest, model: model, work: folder.appending(path: "work"), environment: environment,
            deployment: deployment)
        let path = "/v2/models/\(deployment)/infer"
        return try await server.whileRunning { server in
            try await server.waitUntilReady()
            for probe in server.manifest.spec.probes.values {
                #expect(try await server.status(of: server.rendered(probe.http)) == 200)
            }
            #expect(try await server.status(of: "/v2/models/nobody/ready") == 404)
            let body = try await server.post(Shipped.samples.appending(path: "requests/\(request).json"), to: path)
            return try JSONDecoder().decode(Answer.self, from: body)
        }
    }

    @Test func `any program that speaks the protocol`() async throws {
        try await withTemporaryFolder { folder in
            let answer = try await answer(
                of: "python-oip", model: Shipped.fleet.appending(path: "artifacts/risk-score/1.0.0"),
                request: "risk-score",
                deployment: "score", in: folder)
            #expect(answer.modelName == "score" && answer.modelVersion == "2.0.0" && answer.id == "sample-1")
            // 0.8·1 − 1.2·0.5 + 0.4·2 + 0.1 = 1.1 and 0.8·(−1) − 1.2·2 + 0.1 = −3.1, through the logistic function.
            let probabilities = try #require(answer.outputs.first).data
            #expect(probabilities.map { ($0 * 10_000).rounded() } == [7503, 431])
        }
    }

    @Test func `MLServer for scikit-learn, with the samples' own training`() async throws {
        try await withTemporaryFolder { folder in
            let python = try await Shipped.environment(lock: Self.lock) + "/bin/python"
            let script = Shipped.samples.appending(path: "train.py").path
            for run in ["one", "two"] { try await Shipped.run([python, script, folder.appending(path: run).path]) }
            for version in ["1.0.0", "2.0.0"] {
                let path = "models/tumour/\(version).yaml"
                let manifests = try ["one", "two"].map { try Data(contentsOf: folder.appending(path: "\($0)/\(path)")) }
                #expect(manifests[0] == manifests[1], "training is not deterministic")
            }
            let answer = try await answer(
                of: "mlserver-sklearn", model: folder.appending(path: "one/artifacts/tumour/2.0.0"), request: "tumour",
                deployment: "tumour", in: folder)
            #expect(answer.modelName == "tumour" && answer.modelVersion == "2.0.0")
            #expect(answer.outputs.first?.data == [0, 1])
        }
    }

    @Test(arguments: ["xgboost", "lightgbm"])
    func `MLServer for boosted trees`(_ framework: String) async throws {
        try await withTemporaryFolder { folder in
            let python = try await Shipped.environment(lock: Self.lock) + "/bin/python"
            let script = Shipped.samples.appending(path: "train_boosters.py").path
            try await Shipped.run([python, script, folder.appending(path: "models").path])
            let answer = try await answer(
                of: "mlserver-\(framework)", model: folder.appending(path: "models/\(framework)"), request: "tumour",
                deployment: "trees", in: folder)
            #expect(answer.modelName == "trees")
            #expect(answer.outputs.first?.data.map { $0.rounded() } == [0, 1])
        }
    }

    @Test(arguments: ["vllm", "llama-cpp", "triton"])
    func `the others are rendered only, and say so`(_ name: String) async throws {
        let file = Shipped.runtimes.appending(path: "\(name).yaml")
        #expect(try String(contentsOf: file, encoding: .utf8).contains("NOT run by Waybill's tests: checked by"))
        try await withTemporaryFolder { folder in
            let manifest = try await Shipped.runtime(name)
            let server = try RunningServer(
                manifest, model: folder, work: folder, environment: nil, deployment: "chat")
            for template in manifest.templates { #expect(!server.rendered(template).contains("{{"), "\(template)") }
        }
    }

    @Test func `every runtime is one of those tested`() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Shipped.runtimes.path)
            .filter { $0.hasSuffix(".yaml") }.sorted()
        #expect(
            names == [
                "llama-cpp.yaml", "mlserver-lightgbm.yaml", "mlserver-sklearn.yaml", "mlserver-xgboost.yaml",
                "python-oip.yaml",
                "triton.yaml", "vllm.yaml",
            ])
    }
}

@Suite struct `The sample fleet` {
    private struct Version: Decodable {
        struct Spec: Decodable { let model: String, version: String, artifacts: [File] }
        struct File: Decodable { let path: String, source: String, digest: String, size: Int64 }
        let spec: Spec
    }

    @Test(arguments: ["tumour", "risk-score"])
    func `its artifacts are those that its versions name`(_ model: String) async throws {
        let json = try await Shipped.documents(in: Shipped.fleet.appending(path: "models/\(model)/1.0.0.yaml"))
        let version = try JSONDecoder().decode([Version].self, from: json)[0].spec
        #expect(version.model == model && version.version == "1.0.0" && !version.artifacts.isEmpty)
        for file in version.artifacts {
            let content = try Data(contentsOf: Shipped.fleet.appending(path: file.source))
            #expect(Digest(of: content).description == file.digest && Int64(content.count) == file.size, "\(file.path)")
        }
    }

    @Test(arguments: ["mlserver-sklearn.yaml", "python-oip.yaml", "locks/mlserver.txt"])
    func `its runtimes are the shipped ones`(_ path: String) throws {
        let copy = try Data(contentsOf: Shipped.fleet.appending(path: "runtimes/\(path)"))
        #expect(try copy == Data(contentsOf: Shipped.runtimes.appending(path: path)))
    }

    @Test func `the sample server has the forty lines that it promises`() throws {
        let server = Shipped.fleet.appending(path: "artifacts/risk-score/1.0.0/server.py")
        #expect(
            try String(contentsOf: server, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
                .count == 41)
    }
}
