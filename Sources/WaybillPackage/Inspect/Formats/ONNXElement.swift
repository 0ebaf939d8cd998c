import WaybillCore

/// The element types of ONNX tensors.
struct ONNXElement {
    var name: String
    /// Of one element; nil for text.
    var bits: UInt64?
    /// In the terms of the Open Inference Protocol; nil when it has none.
    var datatype: Tensor.Datatype?

    private init(_ name: String, _ bits: UInt64?, _ datatype: Tensor.Datatype? = nil) {
        self.name = name
        self.bits = bits
        self.datatype = datatype
    }

    static let known: [Int64: ONNXElement] = [
        1: .init("FLOAT", 32, .FP32), 2: .init("UINT8", 8, .UINT8), 3: .init("INT8", 8, .INT8),
        4: .init("UINT16", 16, .UINT16), 5: .init("INT16", 16, .INT16), 6: .init("INT32", 32, .INT32),
        7: .init("INT64", 64, .INT64), 8: .init("STRING", nil, .BYTES), 9: .init("BOOL", 8, .BOOL),
        10: .init("FLOAT16", 16, .FP16), 11: .init("DOUBLE", 64, .FP64), 12: .init("UINT32", 32, .UINT32),
        13: .init("UINT64", 64, .UINT64), 14: .init("COMPLEX64", 64), 15: .init("COMPLEX128", 128),
        16: .init("BFLOAT16", 16), 17: .init("FLOAT8E4M3FN", 8), 18: .init("FLOAT8E4M3FNUZ", 8),
        19: .init("FLOAT8E5M2", 8), 20: .init("FLOAT8E5M2FNUZ", 8), 21: .init("UINT4", 4), 22: .init("INT4", 4),
        23: .init("FLOAT4E2M1", 4), 24: .init("FLOAT8E8M0", 8), 25: .init("UINT2", 2), 26: .init("INT2", 2),
    ]
}
