import WaybillCore

/// The wire format of Protocol Buffers, read field by field: no schema, no code made by a compiler, nothing kept that is not asked for.
struct ProtobufReader {
    private(set) var cursor: ByteCursor
    private var depth = 0

    private static let depthLimit = 64

    init(_ cursor: ByteCursor) { self.cursor = cursor }

    /// What follows a field's number.
    enum Wire: UInt64 {
        case varint = 0
        case eight = 1
        case bytes = 2
        case four = 5
    }

    struct Tag: Hashable {
        var field: UInt64
        var wire: Wire
        init(_ field: UInt64, _ wire: Wire) { (self.field, self.wire) = (field, wire) }
    }

    var position: Int64 { cursor.position }

    /// The next field of the message that is being read; nil at its end.
    mutating func next() throws(InspectionError) -> Tag? {
        if cursor.isAtEnd { return nil }
        let place = cursor.position
        let key = try varint()
        guard key >> 3 > 0, key >> 3 < 1 << 29, let wire = Wire(rawValue: key & 7) else {
            throw .malformed("no field begins at byte \(place)")
        }
        return Tag(key >> 3, wire)
    }

    mutating func varint() throws(InspectionError) -> UInt64 {
        var number: UInt64 = 0
        for shift in stride(from: 0, to: 70, by: 7) {
            let byte = try cursor.byte()
            guard shift < 63 || byte <= 1 else { break }
            number |= UInt64(byte & 0x7F) << UInt64(shift)
            if byte < 0x80 { return number }
        }
        throw .malformed("a number before byte \(cursor.position) is longer than 64 bits")
    }

    mutating func skip(_ tag: Tag) throws(InspectionError) {
        switch tag.wire {
        case .varint: _ = try varint()
        case .eight: try cursor.skip(8)
        case .four: try cursor.skip(4)
        case .bytes: try cursor.skip(try varint())
        }
    }

    mutating func integer() throws(InspectionError) -> Int64 { Int64(bitPattern: try varint()) }

    mutating func text(limit: Int, what: String) throws(InspectionError) -> String {
        try cursor.text(try varint(), limit: limit, what: what)
    }

    /// The length of a field of bytes, which are passed over.
    mutating func skippedLength() throws(InspectionError) -> UInt64 {
        let length = try varint()
        try cursor.skip(length)
        return length
    }

    /// Begins an embedded message; `leave` with what this returns ends it.
    mutating func enter() throws(InspectionError) -> Int64 {
        let length = try varint()
        guard depth < Self.depthLimit else {
            throw .malformed("messages stand inside messages more than \(Self.depthLimit) deep")
        }
        depth += 1
        let outer = cursor.end
        try cursor.narrow(length)
        return outer
    }

    mutating func leave(to outer: Int64) {
        depth -= 1
        cursor.widen(to: outer)
    }

    /// Numbers that stand one by one or packed together; at most `limit` are kept.
    mutating func integers(
        _ tag: Tag, into numbers: inout [Int64], limit: Int, what: String
    ) throws(InspectionError) {
        if tag.wire == .varint {
            numbers.append(try integer())
        } else {
            let outer = cursor.end
            try cursor.narrow(try varint())
            while !cursor.isAtEnd, numbers.count <= limit { numbers.append(try integer()) }
            guard numbers.count <= limit else { throw .malformed("\(what) has more than \(limit) numbers") }
            cursor.widen(to: outer)
        }
        guard numbers.count <= limit else { throw .malformed("\(what) has more than \(limit) numbers") }
    }
}
