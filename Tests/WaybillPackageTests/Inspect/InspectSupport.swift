import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillPackage

/// The bytes of a number, as most formats write it.
func little<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
}

func big<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    withUnsafeBytes(of: number.bigEndian) { Array($0) }
}

extension Inspector {
    func inspect(bytes: [UInt8], name: String = "") -> Inspection {
        inspect(MemoryBytes(content: bytes), name: name)
    }
}

extension Inspection {
    /// Each finding on a line, as `dangerous member: message`.
    var lines: [String] {
        findings.map { "\($0.verdict) \($0.place.isEmpty ? "" : "\($0.place): ")\($0.message)" }
    }
}

/// One file made byte by byte, and all that is found in it.
struct HostileFile: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var bytes: [UInt8]
    var findings: [String]
    var limits = InspectionLimits()

    init(_ description: String, _ bytes: [UInt8], _ findings: String..., limits: InspectionLimits = .init()) {
        testDescription = description
        self.bytes = bytes
        self.findings = findings
        self.limits = limits
    }

    func check(sourceLocation: Testing.SourceLocation = #_sourceLocation) {
        let inspection = Inspector(limits: limits).inspect(bytes: bytes)
        #expect(inspection.lines == findings, sourceLocation: sourceLocation)
        #expect(inspection.verdict != .safe, sourceLocation: sourceLocation)
    }
}

/// Real files, written by the libraries themselves.
enum ModelLibraries {
    static let lock = """
        numpy==2.4.6
        scipy==1.17.1
        safetensors==0.8.0
        onnx==1.23.2
        ml_dtypes==0.6.0
        protobuf==7.36.2
        typing_extensions==4.16.0
        gguf==0.19.0
        pyyaml==6.0.4
        tqdm==4.70.1
        requests==2.34.2
        certifi==2026.10.19.post1
        charset-normalizer==3.5.3
        idna==3.20
        urllib3==2.8.0
        xgboost-cpu==3.2.0
        lightgbm==4.7.0
        narwhals==2.29.0

        """

    /// Runs a program in `folder` with all libraries; what it writes is decoded as JSON.
    static func run<Facts: Decodable>(_ program: String, in folder: URL, as type: Facts.Type) async throws -> Facts {
        let python = try await PythonSuite.environment(lock: lock).appending(path: "bin/python")
        let process = Process()
        process.executableURL = python
        process.arguments = ["-c", program]
        process.currentDirectoryURL = folder
        process.environment = ["PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1", "HOME": folder.path]
        let (output, errors) = (folder.appending(path: ".facts"), folder.appending(path: ".errors"))
        for file in [output, errors] { try Data().write(to: file) }
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        let status = try await withCheckedThrowingContinuation {
            (continuation: CheckedContinuation<Int32, any Error>) in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        let complaint = try String(contentsOf: errors, encoding: .utf8)
        #expect(status == 0, "\(complaint)")
        return try JSONDecoder().decode(Facts.self, from: Data(contentsOf: output))
    }
}

/// A tensor as a library reports it.
struct ReportedTensor: Decodable, Hashable {
    var name: String
    var dtype: String
    var shape: [Int64]

    init(name: String, dtype: String, shape: [Int64]) {
        self.name = name
        self.dtype = dtype
        self.shape = shape
    }

    init(_ fact: TensorFact) {
        self.init(name: fact.name, dtype: fact.dtype, shape: fact.shape.map { Int64(clamping: $0) })
    }

    init(_ tensor: Tensor) {
        self.init(name: tensor.name, dtype: tensor.datatype.rawValue, shape: tensor.shape)
    }
}
