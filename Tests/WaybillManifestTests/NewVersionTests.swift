import Testing
import WaybillCore

@testable import WaybillManifest

@Suite struct NewVersionTests {
    @Test(arguments: ["model.joblib", "a b/é.bin", "true", "1.5", "- x: #y", "quo\"te'.bin"])
    func `what is written reads back as it was`(_ path: String) throws {
        let version = ModelVersion(
            id: try VersionID(parsing: "churn@1.4.0"), format: "sklearn-joblib",
            artifacts: [
                Artifact(
                    path: path, source: .file(path: "/srv/\(path)"), digest: try Digest(parsing: SampleFleet.digest),
                    size: 12)
            ])
        let file = ParsedFile(path: "a.yaml", bytes: Array(NewVersion.render(version).utf8))
        #expect(file.diagnostics == [])
        #expect(file.resources.map(\.spec) == [.modelVersion(version)])
    }

    @Test(
        arguments: [
            ("model.gguf", Array("GGUF".utf8) + [3, 0, 0, 0], "gguf"),
            ("m.safetensors", [16, 0, 0, 0, 0, 0, 0, 0] + Array("{\"a\":{}}".utf8), "safetensors"),
            ("m.txt", Array("tree\nversion=v4\n".utf8), "lightgbm-text"),
            ("m.json", Array("{\n \"learner\": {".utf8), "xgboost-json"), ("m.onnx", [8, 8, 18, 4], "onnx"),
            ("m.joblib", [0x80, 4, 0x95], "sklearn-joblib"), ("m.joblib", [0x78, 0x9c], "sklearn-joblib"),
            ("m.pkl", [0x80, 5, 0x95], "sklearn-pickle"), ("m.joblib", Array("GGUF".utf8), "gguf"),
            ("m.bin", [1, 2, 3], nil), ("m.onnx", [], nil), ("m.joblib", Array("hello".utf8), nil),
        ] as [(String, [UInt8], String?)])
    func `a format is found by bytes before names`(_ name: String, _ head: [UInt8], _ expected: String?) {
        #expect(ModelFormat.detect(name: name, head: head) == expected)
    }
}
