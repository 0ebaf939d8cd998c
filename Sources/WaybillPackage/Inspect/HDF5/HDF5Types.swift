/// The shape of an array or attribute; nil when it holds nothing at all.
struct HDF5Dataspace {
    private static let dimensions = 32

    var shape: [UInt64]?

    init(_ file: HDF5File, _ cursor: inout ByteCursor) throws(InspectionError) {
        let (version, rank, flags) = (try cursor.byte(), try cursor.byte(), try cursor.byte())
        guard version == 1 || version == 2 else { throw .malformed("version \(version) of a shape is not known") }
        guard rank <= Self.dimensions else { throw .malformed("\(rank) dimensions are more than \(Self.dimensions)") }
        let kind = version == 2 ? try cursor.byte() : rank > 0 ? 1 : 0
        if version == 1 { try cursor.skip(5) }
        guard kind <= 2, kind == 1 || rank == 0 else { throw .malformed("a shape is of the unknown kind \(kind)") }
        var shape: [UInt64] = []
        for _ in 0..<rank { shape.append(try file.length(&cursor)) }
        // The largest shape that it may grow to.
        if flags & 1 != 0 { try cursor.skip(UInt64(rank) * UInt64(file.lengthSize)) }
        self.shape = kind == 2 ? nil : shape
    }
}

/// The type of one element.
struct HDF5Datatype {
    private static let depthLimit = 8
    private static let memberLimit = 4096

    enum Kind: Hashable { case number, text, variableText, other }

    /// As numpy writes it, where numpy has it.
    var name: String
    /// Bytes that an element takes where it stands.
    var size: UInt64
    var kind: Kind = .other

    init(_ file: HDF5File, _ cursor: inout ByteCursor, depth: Int = 0) throws(InspectionError) {
        guard depth < Self.depthLimit else {
            throw .malformed("types stand inside types more than \(Self.depthLimit) deep")
        }
        let place = cursor.position
        let head = try cursor.byte()
        let bits = UInt32(try cursor.little(UInt16.self)) | UInt32(try cursor.byte()) << 16
        size = UInt64(try cursor.little(UInt32.self))
        name = "|V\(size)"
        guard size > 0, (1...5).contains(head >> 4) else { throw .malformed("no type begins at byte \(place)") }
        let order = bits & 1 == 0 ? "<" : ">"
        switch head & 15 {
        case 0:
            try cursor.skip(4)
            (name, kind) = ("\(size == 1 ? "|" : order)\(bits & 8 == 0 ? "u" : "i")\(size)", .number)
        case 1: try readFloat(&cursor, order)
        case 2: try cursor.skip(2)
        case 3: (name, kind) = ("|S\(size)", .text)
        case 4: try cursor.skip(4)
        case 5: try cursor.skip(UInt64(bits & 0xFF))
        case 6: try readMembers(file, &cursor, count: Int(bits & 0xFFFF), version: head >> 4, depth)
        case 8: try readEnumeration(file, &cursor, count: Int(bits & 0xFFFF), version: head >> 4, depth)
        case 9:
            _ = try HDF5Datatype(file, &cursor, depth: depth + 1)
            (name, kind) = ("|O", bits & 15 == 1 ? .variableText : .other)
        case 10: try readArray(file, &cursor, version: head >> 4, depth)
        case let other: throw .malformed("the type at byte \(place) is of class \(other), which is not read here")
        }
    }

    private mutating func readFloat(_ cursor: inout ByteCursor, _ order: String) throws(InspectionError) {
        try cursor.skip(5)
        let exponent = try cursor.byte()
        try cursor.skip(6)
        let usual: [UInt64: UInt8] = [2: 5, 4: 8, 8: 11]
        name = usual[size] == exponent || size > 8 ? "\(order)f\(size)" : size == 2 && exponent == 8 ? "bfloat16" : name
        kind = .number
    }

    private mutating func readMembers(
        _ file: HDF5File, _ cursor: inout ByteCursor, count: Int, version: UInt8, _ depth: Int
    ) throws(InspectionError) {
        guard count <= Self.memberLimit else { throw .malformed("a type has \(count) fields") }
        var names: [String] = []
        var types: [HDF5Datatype] = []
        for _ in 0..<count {
            names.append(try Self.text(&cursor, isPadded: version < 3))
            try cursor.skip(version < 3 ? 4 : UInt64(HDF5File.width(of: size)))
            if version == 1 { try cursor.skip(28) }
            types.append(try HDF5Datatype(file, &cursor, depth: depth + 1))
        }
        name = "struct"
        guard names == ["r", "i"], types[0].name == types[1].name, types[0].kind == .number else { return }
        (name, kind) = ("\(types[0].name.prefix(1))c\(size)", .number)
    }

    private mutating func readEnumeration(
        _ file: HDF5File, _ cursor: inout ByteCursor, count: Int, version: UInt8, _ depth: Int
    ) throws(InspectionError) {
        let base = try HDF5Datatype(file, &cursor, depth: depth + 1)
        var names: [String] = []
        for _ in 0..<count { names.append(try Self.text(&cursor, isPadded: version < 3)) }
        try cursor.skip(UInt64(count) * min(base.size, 1 << 16))
        (name, kind) = (names == ["FALSE", "TRUE"] ? "|b1" : base.name, .number)
    }

    private mutating func readArray(
        _ file: HDF5File, _ cursor: inout ByteCursor, version: UInt8, _ depth: Int
    ) throws(InspectionError) {
        let rank = try cursor.byte()
        guard rank <= 32 else { throw .malformed("\(rank) dimensions of a type are more than 32") }
        try cursor.skip(version < 3 ? 3 + UInt64(rank) * 8 : UInt64(rank) * 4)
        _ = try HDF5Datatype(file, &cursor, depth: depth + 1)
    }

    /// A name that ends with a zero; padded to eight bytes in older files.
    private static func text(_ cursor: inout ByteCursor, isPadded: Bool) throws(InspectionError) -> String {
        var bytes: [UInt8] = []
        while case let byte = try cursor.byte(), byte != 0 {
            bytes.append(byte)
            guard bytes.count <= 1024 else { throw .malformed("a field's name is longer than 1024 bytes") }
        }
        if isPadded { try cursor.skip(UInt64((8 - (bytes.count + 1) % 8) % 8)) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
