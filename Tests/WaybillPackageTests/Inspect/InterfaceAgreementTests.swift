import Testing
import WaybillCore

@testable import WaybillPackage

@Suite struct `Agreement of a file with its manifest` {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var format = "onnx"
        var found: String? = "onnx"
        var stated: [Tensor] = []
        var inputs: [Tensor] = []
        var outputs: [Tensor] = []
        var statedOutputs: [Tensor] = []
        var disagreements: [String] = []
        var isConclusive = true
    }

    static func tensor(_ name: String, _ datatype: Tensor.Datatype, _ shape: Int64...) -> Tensor {
        Tensor(name: name, datatype: datatype, shape: shape)
    }

    static let cases: [Case] = [
        .init(testDescription: "equal", stated: [tensor("x", .FP32, -1, 4)], inputs: [tensor("x", .FP32, -1, 4)]),
        .init(
            testDescription: "the file takes any size", stated: [tensor("x", .FP32, 8, 4)],
            inputs: [tensor("x", .FP32, -1, 4)]),
        .init(
            testDescription: "the file takes one size only", stated: [tensor("x", .FP32, -1, 4)],
            inputs: [tensor("x", .FP32, 1, 4)],
            disagreements: ["input 'x': the manifest says FP32 [-1, 4], the file FP32 [1, 4]"]),
        .init(
            testDescription: "another type", stated: [tensor("x", .FP64, -1, 4)],
            inputs: [tensor("x", .FP32, -1, 4)],
            disagreements: ["input 'x': the manifest says FP64 [-1, 4], the file FP32 [-1, 4]"]),
        .init(
            testDescription: "another rank", stated: [tensor("x", .FP32, 4)], inputs: [tensor("x", .FP32, -1, 4)],
            disagreements: ["input 'x': the manifest says FP32 [4], the file FP32 [-1, 4]"]),
        .init(
            testDescription: "other names", stated: [tensor("x", .FP32, 1)], inputs: [tensor("y", .FP32, 1)],
            disagreements: [
                "the file has no input 'x'; it has 'y'",
                "the file needs the input 'y' (FP32 [1]), which the manifest has not",
            ]),
        .init(
            testDescription: "an output that is not named", outputs: [tensor("p", .FP32, -1), tensor("q", .FP32, -1)],
            statedOutputs: [tensor("p", .FP32, -1)]),
        .init(
            testDescription: "an output that is not there", outputs: [tensor("p", .FP32, -1)],
            statedOutputs: [tensor("r", .FP32, -1)], disagreements: ["the file has no output 'r'; it has 'p'"]),
        .init(
            testDescription: "columns in one tensor", format: "xgboost-ubj", found: "xgboost-ubj",
            stated: [tensor("x", .FP64, -1, 4)], inputs: [tensor("", .FP32, -1, 4)]),
        .init(
            testDescription: "columns beside each other", format: "lightgbm", found: "lightgbm",
            stated: [tensor("age", .FP64, -1), tensor("rest", .FP64, -1, 3)], inputs: [tensor("", .FP64, -1, 4)]),
        .init(
            testDescription: "too few columns", format: "lightgbm", found: "lightgbm",
            stated: [tensor("x", .FP64, -1, 3)], inputs: [tensor("", .FP64, -1, 4)],
            disagreements: ["the manifest's inputs have 3 columns, and the file takes 4"]),
        .init(
            testDescription: "another format", format: "sklearn-joblib", inputs: [tensor("x", .FP32, 1)],
            disagreements: ["the manifest says that the format is 'sklearn-joblib', and the file is onnx"]),
        .init(
            testDescription: "a format of the runtime's own", format: "acme", inputs: [tensor("x", .FP32, 1)]),
        .init(
            testDescription: "nothing declared", format: "safetensors", found: "safetensors",
            stated: [tensor("x", .FP32, 1)], isConclusive: false),
    ]

    @Test(arguments: cases) func `every difference is a sentence`(_ row: Case) throws {
        let version = ModelVersion(
            id: try VersionID(parsing: "churn@1.0.0"), format: row.format, artifacts: [], inputs: row.stated,
            outputs: row.statedOutputs)
        let inspection = Inspection(format: row.found, inputs: row.inputs, outputs: row.outputs)
        let agreement = InterfaceAgreement(of: inspection, with: version)
        #expect(agreement.disagreements == row.disagreements)
        #expect(agreement.isConclusive == row.isConclusive)
    }
}
