import Foundation
import Testing
import WaybillAPI
import WaybillCore
import WaybillTestSupport

@testable import waybill

extension `End to end with model servers` {
    @Test func `the three shipped runtimes of MLServer serve real models`() async throws {
        let environments = PythonSuite.environments.path
        try await withFleet(["environments: {folder: \(environments)}"]) { fleet in
            try fleet.copyShipped("locks/mlserver.txt")
            for framework in ["sklearn", "xgboost", "lightgbm"] { try fleet.copyShipped("mlserver-\(framework).yaml") }
            try fleet.write("models/tumour/model.yaml", try fleet.sample("models/tumour/model.yaml"))
            let weights = URL(fileURLWithPath: "\(Fleet.samples)/fleet/artifacts/tumour/1.0.0/model.joblib")
            try fleet.modelVersion(
                "tumour", "1.0.0", format: "sklearn-joblib", [("model.joblib", try Data(contentsOf: weights))])
            try fleet.deploy("1.0.0", as: "linear", model: "tumour", runtime: "mlserver-sklearn")
            try await fleet.push("scikit-learn")
            try await fleet.start()
            try await fleet.serves("production/linear", "1.0.0", of: "tumour", within: .seconds(600))

            try await fleet.trainBoosters(with: environments)
            try fleet.deploy("2.0.0", as: "boosted", model: "tumour", runtime: "mlserver-xgboost")
            try fleet.deploy("3.0.0", as: "light", model: "tumour", runtime: "mlserver-lightgbm")
            try await fleet.apply("boosted trees")
            for (name, version) in [("boosted", "2.0.0"), ("light", "3.0.0")] {
                try await fleet.serves("production/\(name)", version, of: "tumour", within: .seconds(180))
            }
            let request = try String(contentsOfFile: "\(Fleet.samples)/requests/tumour.json", encoding: .utf8)
            for (name, version) in [("linear", "1.0.0"), ("boosted", "2.0.0"), ("light", "3.0.0")] {
                let message = try await fleet.ask(Fleet.path("production/\(name)"), body: request)
                let answer = try JSONDecoder().decode(Prediction.self, from: Data(message.body))
                #expect(answer.model_name == name && answer.model_version == version)
                // The first row is a malignant tumour, the second a benign one.
                #expect(answer.outputs.first?.data.map { $0.rounded() } == [0, 1], "\(name): \(message.text)")
            }
        }
    }

    private struct Prediction: Decodable {
        struct Output: Decodable { let data: [Double] }
        let model_name: String
        let model_version: String
        let outputs: [Output]
    }
}

extension Fleet {
    fileprivate func copyShipped(_ path: String) throws {
        try write(
            "runtimes/\(path)", try String(contentsOfFile: "\(Self.root)/manifests/runtimes/\(path)", encoding: .utf8))
    }

    /// Trains with the packages that the model servers have, and writes versions 2.0.0 and 3.0.0 of `tumour`.
    fileprivate func trainBoosters(with environments: String) async throws {
        let server = try #require(processes.all.first { $0.names("mlserver.cli.main") && $0.names("/bin/python") })
        let python = try #require(server.arguments.first { $0.hasPrefix(environments) && $0.hasSuffix("/bin/python") })
        let trained = try await Program.run(
            [python, "\(Self.samples)/train_boosters.py", "\(folder)/trained"], in: folder)
        guard trained.code == 0 else {
            throw Failure(.stall, reason: "Test", message: "training failed: \(trained.errors)")
        }
        let versions = [
            ("2.0.0", "xgboost-json", "xgboost/model.json", "model.json"),
            ("3.0.0", "lightgbm-text", "lightgbm/model.bst", "model.bst"),
        ]
        for (version, format, file, name) in versions {
            let content = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/trained/\(file)"))
            try modelVersion("tumour", version, format: format, [(name, content)])
        }
    }
}
