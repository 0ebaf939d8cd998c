import WaybillCore

/// GGUF: typed metadata, then tensors with their places, then the data.
///
/// Guarantees that a file without a finding has tensors of known types that follow each other, aligned, inside the file.
struct GGUF {
    static let magic: [UInt8] = [0x47, 0x47, 0x55, 0x46]
    private static let keyLimit = 65_535
    private static let nameLimit = 64
    private static let textLimit = 64 << 20
    /// Longer text is read, but not kept.
    private static let shownText = 4096
    private static let keyCount: UInt64 = 100_000
    private static let depth = 4

    private var cursor: ByteCursor
    private var metadata: [String: Value] = [:]
    private var findings: [Inspection.Finding] = []

    /// - Throws: the first thing that the format does not allow.
    static func inspect(_ source: any ByteSource, limits: InspectionLimits) throws(InspectionError) -> Inspection {
        var reader = GGUF(cursor: ByteCursor(source))
        return try reader.inspect(limits)
    }

    private init(cursor: ByteCursor) { self.cursor = cursor }

    private mutating func inspect(_ limits: InspectionLimits) throws(InspectionError) -> Inspection {
        try cursor.skip(UInt64(Self.magic.count))
        let version = try cursor.little(UInt32.self)
        guard version == 2 || version == 3 else {
            throw .malformed(
                "version \(version) is not read here\(version > 255 && version.byteSwapped <= 255 ? ": it is in big-endian order" : "")"
            )
        }
        let (tensorCount, keyCount) = (try cursor.little(UInt64.self), try cursor.little(UInt64.self))
        // A tensor takes at least 32 bytes, a key 13.
        guard tensorCount <= UInt64(cursor.remaining) / 32, tensorCount <= UInt64(limits.tensors) else {
            throw .malformed("\(tensorCount) tensors are more than the file can hold, or than \(limits.tensors)")
        }
        guard keyCount <= UInt64(cursor.remaining) / 13, keyCount <= Self.keyCount else {
            throw .malformed("\(keyCount) keys are more than the file can hold, or than \(Self.keyCount)")
        }
        for _ in 0..<keyCount { try readKey() }
        guard metadata["general.architecture"]?.string != nil else {
            throw .malformed("the key 'general.architecture' is missing")
        }
        let tensors = try readTensors(tensorCount)
        let parameters = try tensors.elements()
        return Inspection(
            format: Format.gguf.rawValue, findings: findings, tensors: tensors,
            facts: [
                "version": .integer(Int64(version)), "metadata": .object(Members(metadata)),
                "parameters": .integer(Int64(clamping: parameters)),
            ])
    }

    private mutating func readKey() throws(InspectionError) {
        let length = try cursor.little(UInt64.self)
        let key = try cursor.text(length, limit: Self.keyLimit, what: "a key")
        guard !key.isEmpty, key.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) else {
            throw .malformed("a key before byte \(cursor.position) is empty or not ASCII")
        }
        guard metadata[key] == nil else { throw .malformed("the key '\(key.prefix(80))' stands twice") }
        metadata[key] = try value(try cursor.little(UInt32.self), of: key, depth: 0)
    }

    private mutating func value(_ type: UInt32, of key: String, depth: Int) throws(InspectionError) -> Value {
        switch type {
        case 0: return .integer(Int64(try cursor.byte()))
        case 1: return .integer(Int64(try cursor.little(Int8.self)))
        case 2: return .integer(Int64(try cursor.little(UInt16.self)))
        case 3: return .integer(Int64(try cursor.little(Int16.self)))
        case 4: return .integer(Int64(try cursor.little(UInt32.self)))
        case 5: return .integer(Int64(try cursor.little(Int32.self)))
        case 6: return .number(Double(Float(bitPattern: try cursor.little(UInt32.self))))
        case 7:
            let byte = try cursor.byte()
            guard byte <= 1 else { throw .malformed("the key '\(key.prefix(80))' holds the boolean \(byte)") }
            return .bool(byte == 1)
        case 8: return try text(of: key)
        case 9: return try array(of: key, depth: depth)
        case 10:
            let number = try cursor.little(UInt64.self)
            return Int64(exactly: number).map { .integer($0) } ?? .number(Double(number))
        case 11: return .integer(try cursor.little(Int64.self))
        case 12: return .number(Double(bitPattern: try cursor.little(UInt64.self)))
        case _: throw .malformed("the key '\(key.prefix(80))' has the unknown type \(type)")
        }
    }

    private mutating func text(of key: String) throws(InspectionError) -> Value {
        let length = try cursor.little(UInt64.self)
        // A token of a vocabulary need not be UTF-8: only the bounds are checked there.
        let text = try cursor.text(length, limit: Self.textLimit, what: "the text of '\(key.prefix(80))'")
        if key == "tokenizer.chat_template" || key.hasPrefix("tokenizer.chat_template."), Self.reachesPython(text) {
            findings.append(
                .init(.dangerous, place: key, "the template reaches into Python by names with two underscores"))
        }
        return .string(text.utf8.count <= Self.shownText ? text : "text of \(text.utf8.count) bytes")
    }

    /// A Jinja template that names `__class__` and the like: the way out of an engine that is no sandbox.
    private static func reachesPython(_ template: String) -> Bool {
        let names = [
            "__class__", "__globals__", "__builtins__", "__subclasses__", "__import__", "__mro__", "__base__",
            "__bases__", "__init__", "__getattribute__", "__dict__", "__code__",
        ]
        return names.contains { template.contains($0) } || template.contains("\\x5f\\x5f")
    }

    private mutating func array(of key: String, depth: Int) throws(InspectionError) -> Value {
        guard depth < Self.depth else {
            throw .malformed("the key '\(key.prefix(80))' holds arrays more than \(Self.depth) deep")
        }
        let (type, count) = (try cursor.little(UInt32.self), try cursor.little(UInt64.self))
        let sizes: [UInt32: UInt64] = [
            0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 8: 8, 9: 12, 10: 8, 11: 8, 12: 8,
        ]
        guard let size = sizes[type] else {
            throw .malformed("the key '\(key.prefix(80))' holds an array of the unknown type \(type)")
        }
        guard count <= UInt64(cursor.remaining) / size else {
            throw .malformed("the key '\(key.prefix(80))' holds \(count) elements, more than the file can hold")
        }
        switch type {
        case 8: for _ in 0..<count { try cursor.skip(try cursor.little(UInt64.self)) }
        case 9: for _ in 0..<count { _ = try array(of: key, depth: depth + 1) }
        case _: try cursor.skip(count * size)
        }
        return .string("array of \(count)")
    }

    private mutating func readTensors(_ count: UInt64) throws(InspectionError) -> [TensorFact] {
        var placed: [(tensor: TensorFact, offset: UInt64, size: UInt64)] = []
        var names: Set<String> = []
        for _ in 0..<count {
            let name = try cursor.text(try cursor.little(UInt64.self), limit: Self.nameLimit, what: "a tensor's name")
            guard names.insert(name).inserted else { throw .malformed("the tensor '\(name)' stands twice") }
            let dimensions = try cursor.little(UInt32.self)
            guard dimensions <= 4 else {
                throw .malformed("tensor '\(name)' has \(dimensions) dimensions, more than 4")
            }
            var shape: [UInt64] = []
            for _ in 0..<dimensions { shape.append(try cursor.little(UInt64.self)) }
            let type = try cursor.little(UInt32.self)
            guard let known = GGUFType.known[type] else {
                throw .malformed("tensor '\(name)' has the unknown type \(type)")
            }
            let tensor = TensorFact(name: name, dtype: known.name, shape: shape)
            guard (shape.first ?? 1) % known.block == 0 else {
                throw .malformed("\(tensor.shown): a row of \(shape[0]) does not fit blocks of \(known.block)")
            }
            placed.append(
                (tensor, try cursor.little(UInt64.self), try tensor.bytes(block: known.block, size: known.size)))
        }
        try check(placed)
        return placed.map(\.tensor)
    }

    /// Each tensor begins where the one before it ends, after the padding.
    private func check(_ placed: [(tensor: TensorFact, offset: UInt64, size: UInt64)]) throws(InspectionError) {
        let alignment = UInt64(exactly: metadata["general.alignment"]?.integer ?? 32) ?? 0
        guard alignment > 0, alignment <= 1 << 20, alignment.nonzeroBitCount == 1 else {
            throw .malformed("'general.alignment' is \(alignment), no power of two up to 1048576")
        }
        func padded(_ number: UInt64) -> UInt64 { (number + alignment - 1) / alignment * alignment }
        let start = padded(UInt64(cursor.position))
        let room = UInt64(cursor.end) >= start ? UInt64(cursor.end) - start : 0
        var end: UInt64 = 0
        for (tensor, offset, size) in placed {
            guard offset == end else {
                throw .malformed("\(tensor.shown) begins at byte \(offset) of the data; \(end) is where it must")
            }
            guard size <= room, offset <= room - size else {
                throw .malformed("\(tensor.shown) needs bytes \(offset) to \(offset &+ size) of \(room)")
            }
            end = padded(offset + size)
        }
        guard room <= max(end, alignment) else { throw .malformed("the last \(room - end) bytes belong to no tensor") }
    }
}
