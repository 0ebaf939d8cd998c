import WaybillCore

/// safetensors: a JSON header that describes every byte of the rest of the file.
///
/// Guarantees that a file without a finding has tensors of known types that lie one after the other from the header to the end of the
/// file, with neither a hole nor an overlap.
enum Safetensors {
    static let headerLimit: UInt64 = 100_000_000
    private static let dimensions = 32

    /// Bits of an element.
    static let bits: [String: UInt64] = [
        "BOOL": 8, "U8": 8, "I8": 8, "U16": 16, "I16": 16, "F16": 16, "BF16": 16, "U32": 32, "I32": 32, "F32": 32,
        "U64": 64, "I64": 64, "F64": 64, "C64": 64, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8,
        "F8_E5M2FNUZ": 8, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
    ]

    /// A length below 4 GiB, then an object: also of a file whose length is refused later, with that reason.
    static func isAnnounced(by head: [UInt8]) -> Bool {
        head.count >= 9 && head[8] == UInt8(ascii: "{") && head[4..<8].allSatisfy { $0 == 0 }
    }

    private struct Entry {
        var tensor: TensorFact
        var begin: UInt64
        var end: UInt64
    }

    /// - Throws: the first thing that the format does not allow.
    static func inspect(_ source: any ByteSource, limits: InspectionLimits) throws(InspectionError) -> Inspection {
        var cursor = ByteCursor(source)
        let length = try cursor.little(UInt64.self)
        guard length <= headerLimit else {
            throw .malformed("the header is \(length) bytes long, more than \(headerLimit)")
        }
        guard Int64(length) <= cursor.remaining else { throw .truncated(at: source.size) }
        let start = 8 + Int64(length)
        var reader = JSONReader(ByteCursor(source, from: 8, to: start))
        var entries: [Entry] = []
        var metadata: [String: Value] = [:]
        try reader.object { (name, reader) throws(InspectionError) in
            if name == "__metadata__" {
                try reader.object { (key, reader) throws(InspectionError) in
                    metadata[key] = .string(try reader.string("__metadata__ '\(key.prefix(80))'"))
                }
                return
            }
            guard entries.count < limits.tensors else { throw .malformed("more than \(limits.tensors) tensors") }
            entries.append(try entry(name, &reader))
        }
        try reader.finish()
        try check(entries, dataSize: UInt64(source.size - start))
        let tensors = entries.map(\.tensor)
        var facts: Members = ["parameters": .integer(Int64(clamping: try tensors.elements()))]
        if !metadata.isEmpty { facts["metadata"] = .object(Members(metadata)) }
        return Inspection(format: Format.safetensors.rawValue, tensors: tensors, facts: facts)
    }

    private static func entry(_ name: String, _ reader: inout JSONReader) throws(InspectionError) -> Entry {
        let shown = "tensor '\(name.prefix(80))'"
        var dtype: String?
        var shape: [UInt64]?
        var offsets: [UInt64]?
        try reader.object { (key, reader) throws(InspectionError) in
            switch key {
            case "dtype": dtype = try reader.string("\(shown): dtype")
            case "shape": shape = try numbers(&reader, atMost: dimensions, "\(shown): shape")
            case "data_offsets": offsets = try numbers(&reader, atMost: 2, "\(shown): data_offsets")
            case _: throw .malformed("\(shown): unknown field '\(key.prefix(80))'")
            }
        }
        guard let dtype, let shape, let offsets, offsets.count == 2 else {
            throw .malformed("\(shown): dtype, shape and two data_offsets are needed")
        }
        return Entry(
            tensor: TensorFact(name: name, dtype: dtype, shape: shape), begin: offsets[0], end: offsets[1])
    }

    private static func numbers(
        _ reader: inout JSONReader, atMost limit: Int, _ what: String
    ) throws(InspectionError) -> [UInt64] {
        var numbers: [UInt64] = []
        guard try reader.kind() == .list else { throw .malformed("\(what) is no list") }
        try reader.list { (reader) throws(InspectionError) in
            guard numbers.count < limit else { throw .malformed("\(what) has more than \(limit) numbers") }
            guard try reader.kind() == .scalar, let number = try reader.scalar().integer, number >= 0 else {
                throw .malformed("\(what) holds something that is no number from 0 to \(Int64.max)")
            }
            numbers.append(UInt64(number))
        }
        return numbers
    }

    /// Every byte of the data belongs to exactly one tensor, and each tensor is as long as its shape and type say.
    private static func check(_ entries: [Entry], dataSize: UInt64) throws(InspectionError) {
        var end: UInt64 = 0
        for entry in entries.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) {
            let shown = entry.tensor.shown
            guard entry.begin <= entry.end, entry.end <= dataSize else {
                throw .malformed(
                    "\(shown): bytes \(entry.begin) to \(entry.end) are not within the \(dataSize) bytes of data")
            }
            guard entry.begin == end else {
                let place = entry.begin < end ? "inside the tensor before it" : "after a hole from byte \(end)"
                throw .malformed("\(shown) begins at byte \(entry.begin) of the data, \(place)")
            }
            let size = try bits(of: entry.tensor)
            guard size % 8 == 0, size / 8 == entry.end - entry.begin else {
                throw .malformed("\(shown) has \(entry.end - entry.begin) bytes; its shape and type need \(size) bits")
            }
            end = entry.end
        }
        guard end == dataSize else { throw .malformed("the last \(dataSize - end) bytes belong to no tensor") }
    }

    private static func bits(of tensor: TensorFact) throws(InspectionError) -> UInt64 {
        guard let bits = bits[tensor.dtype] else {
            throw .malformed("\(tensor.shown): unknown dtype '\(tensor.dtype.prefix(80))'")
        }
        guard let elements = tensor.shape.product,
            case (let size, let overflow) = elements.multipliedReportingOverflow(by: bits), !overflow
        else { throw tensor.outOfRange }
        return size
    }
}
