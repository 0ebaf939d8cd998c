import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillPackage

@Suite struct `Inspecting safetensors` {
    static func file(_ header: String, data: Int = 0, length: UInt64? = nil) -> [UInt8] {
        little(length ?? UInt64(header.utf8.count)) + Array(header.utf8) + [UInt8](repeating: 1, count: data)
    }

    static func tensor(_ dtype: String, _ shape: String, _ offsets: String) -> String {
        #"{"a":{"dtype":"\#(dtype)","shape":\#(shape),"data_offsets":\#(offsets)}}"#
    }

    @Test func `what the library writes is read as the library reads it`() async throws {
        struct Facts: Decodable { let tensors: [ReportedTensor], parameters: Int64 }
        let program = """
            import json, numpy as np, ml_dtypes
            from safetensors import safe_open
            from safetensors.numpy import save_file
            save_file({"w": np.ones((3, 4), "float32"), "b": np.zeros(4, "int64"), "flag": np.array(True),
                       "half": np.ones((2, 2), "float16"), "none": np.ones((0, 7), "uint8"),
                       "brain": np.ones(5, ml_dtypes.bfloat16), "c": np.ones(2, "complex64")},
                      "m.safetensors", metadata={"format": "np", "licence": "€ \\"q\\""})
            with safe_open("m.safetensors", "np") as f:
                t = [{"name": k, "dtype": f.get_slice(k).get_dtype(), "shape": f.get_slice(k).get_shape()} for k in f.keys()]
            print(json.dumps({"tensors": t, "parameters": 12 + 4 + 1 + 4 + 0 + 5 + 2}))
            """
        try await withTemporaryFolder { folder in
            let facts = try await ModelLibraries.run(program, in: folder, as: Facts.self)
            let found = Inspector().inspect(path: folder.appending(path: "m.safetensors").path)
            #expect(found.lines == [])
            #expect(found.format == "safetensors")
            #expect(found.verdict == .safe)
            #expect(Set(found.tensors.map { ReportedTensor($0) }) == Set(facts.tensors))
            #expect(found.facts["parameters"] == .integer(facts.parameters))
            #expect(found.facts["metadata"] == ["format": "np", "licence": "€ \"q\""])
        }
    }

    static let hostile: [HostileFile] = [
        .init(
            "longer header than allowed", file("{}", length: 100_000_001),
            "unscanned safetensors: the header is 100000001 bytes long, more than 100000000"),
        .init("cut header", file("{}", length: 3), "unscanned safetensors: ends at byte 10, before what it promises"),
        .init(
            "no JSON", file("{\"a\" 1}"), "unscanned safetensors: JSON: ':' is expected at byte 13"),
        .init("open object", file("{\"a\":{"), "unscanned safetensors: ends at byte 14, before what it promises"),
        .init(
            "something after the header", file("{} {}"),
            "unscanned safetensors: JSON: something follows the value at byte 11"),
        .init(
            "a name twice", file(#"{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"a":1}"#, data: 1),
            "unscanned safetensors: JSON: the name 'a' stands twice in one object, at byte 60"),
        .init(
            "a name twice, once escaped", file(#"{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"\u0061":1}"#),
            "unscanned safetensors: JSON: the name 'a' stands twice in one object, at byte 60"),
        .init(
            "deep", file(#"{"a":{"dtype":"# + String(repeating: "[", count: 200)),
            "unscanned safetensors: tensor 'a': dtype is no string"),
        .init(
            "metadata that is no text", file(#"{"__metadata__":{"k":1}}"#),
            "unscanned safetensors: __metadata__ 'k' is no string"),
        .init(
            "unknown type", file(tensor("F128", "[1]", "[0,16]"), data: 16),
            "unscanned safetensors: tensor 'a': unknown dtype 'F128'"),
        .init(
            "unknown field", file(#"{"a":{"code":1}}"#), "unscanned safetensors: tensor 'a': unknown field 'code'"),
        .init(
            "no shape", file(#"{"a":{"dtype":"U8","data_offsets":[0,1]}}"#, data: 1),
            "unscanned safetensors: tensor 'a': dtype, shape and two data_offsets are needed"),
        .init(
            "three offsets", file(tensor("U8", "[1]", "[0,1,2]"), data: 1),
            "unscanned safetensors: tensor 'a': data_offsets has more than 2 numbers"),
        .init(
            "negative dimension", file(tensor("U8", "[-1]", "[0,1]"), data: 1),
            "unscanned safetensors: tensor 'a': shape holds something that is no number from 0 to 9223372036854775807"),
        .init(
            "fraction in a shape", file(tensor("U8", "[1.0]", "[0,1]"), data: 1),
            "unscanned safetensors: tensor 'a': shape holds something that is no number from 0 to 9223372036854775807"),
        .init(
            "more dimensions than allowed",
            file(tensor("U8", "[" + Array(repeating: "1", count: 33).joined(separator: ",") + "]", "[0,1]"), data: 1),
            "unscanned safetensors: tensor 'a': shape has more than 32 numbers"),
        .init(
            "shape out of range", file(tensor("U8", "[4294967296,4294967296]", "[0,0]")),
            "unscanned safetensors: tensor 'a': the product of its shape is out of range"),
        .init(
            "size out of range", file(tensor("F64", "[4611686018427387904]", "[0,0]")),
            "unscanned safetensors: tensor 'a': the product of its shape is out of range"),
        .init(
            "size of another type", file(tensor("F32", "[2]", "[0,4]"), data: 4),
            "unscanned safetensors: tensor 'a' has 4 bytes; its shape and type need 64 bits"),
        .init(
            "half a byte", file(tensor("F4", "[1]", "[0,1]"), data: 1),
            "unscanned safetensors: tensor 'a' has 1 bytes; its shape and type need 4 bits"),
        .init(
            "backward", file(tensor("U8", "[1]", "[1,0]"), data: 1),
            "unscanned safetensors: tensor 'a': bytes 1 to 0 are not within the 1 bytes of data"),
        .init(
            "past the end", file(tensor("U8", "[2]", "[0,2]"), data: 1),
            "unscanned safetensors: tensor 'a': bytes 0 to 2 are not within the 1 bytes of data"),
        .init(
            "a hole", file(tensor("U8", "[1]", "[1,2]"), data: 2),
            "unscanned safetensors: tensor 'a' begins at byte 1 of the data, after a hole from byte 0"),
        .init(
            "an overlap",
            file(
                #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#,
                data: 3),
            "unscanned safetensors: tensor 'b' begins at byte 1 of the data, inside the tensor before it"),
        .init(
            "bytes after the last tensor", file(tensor("U8", "[1]", "[0,1]"), data: 9),
            "unscanned safetensors: the last 8 bytes belong to no tensor"),
        .init(
            "more tensors than allowed",
            file(
                #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"b":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#
            ), "unscanned safetensors: more than 1 tensors", limits: limits { $0.tensors = 1 }),
    ]

    @Test(arguments: hostile) func `what the format does not allow is refused`(_ file: HostileFile) { file.check() }
}

/// The usual limits, changed.
func limits(_ change: (inout InspectionLimits) -> Void) -> InspectionLimits {
    var limits = InspectionLimits()
    change(&limits)
    return limits
}
