import WaybillCore

/// Universal Binary JSON, as XGBoost writes it: big-endian, with arrays whose type and count stand before them.
struct UBJSONReader: TreeReader {
    private(set) var cursor: ByteCursor
    private var depth = 0
    private var held = 0
    /// The type of the next value where a container gave it beforehand.
    private var type: UInt8?

    init(_ cursor: ByteCursor) { self.cursor = cursor }

    private func problem(_ words: String) -> InspectionError {
        .malformed("UBJSON: \(words) at byte \(cursor.position)")
    }

    mutating func finish() throws(InspectionError) {
        guard cursor.isAtEnd else { throw problem("something follows the value") }
    }

    /// The type of the next value, which stays.
    private mutating func marker() throws(InspectionError) -> UInt8 {
        if let type { return type }
        while let byte = try cursor.peek(), byte == UInt8(ascii: "N") { try cursor.skip(1) }
        let marker = try cursor.byte()
        type = marker
        return marker
    }

    mutating func kind() throws(InspectionError) -> TreeKind {
        switch try marker() {
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .list
        case _: .scalar
        }
    }

    mutating func object(
        _ member: (String, inout UBJSONReader) throws(InspectionError) -> Void
    ) throws(InspectionError) {
        guard try kind() == .object else { throw problem("an object is expected") }
        var names: Set<String> = []
        let outer = held
        defer { held = outer }
        try items(until: UInt8(ascii: "}")) { (reader, itemType) throws(InspectionError) in
            let name = try reader.text()
            guard names.insert(name).inserted else {
                throw reader.problem("the name '\(name.prefix(80))' stands twice in one object, before it ends")
            }
            reader.held += name.utf8.count + TreeLimits.nameCost
            guard reader.held <= TreeLimits.names else { throw reader.problem("too many names in one object") }
            reader.type = itemType
            try member(name, &reader)
        }
    }

    mutating func list(_ item: (inout UBJSONReader) throws(InspectionError) -> Void) throws(InspectionError) {
        guard try kind() == .list else { throw problem("a list is expected") }
        try items(until: UInt8(ascii: "]")) { (reader, itemType) throws(InspectionError) in
            reader.type = itemType
            try item(&reader)
        }
    }

    /// Reads what may stand before the elements (`$` type, `#` count), then the elements.
    private mutating func items(
        until close: UInt8, isSkipped: Bool = false,
        _ item: (inout UBJSONReader, UInt8?) throws(InspectionError) -> Void
    ) throws(InspectionError) {
        type = nil
        depth += 1
        defer { depth -= 1 }
        guard depth <= TreeLimits.depth else { throw problem("more than \(TreeLimits.depth) levels") }
        var itemType: UInt8?
        if try cursor.peek() == UInt8(ascii: "$") {
            try cursor.skip(1)
            itemType = try cursor.byte()
            guard try cursor.peek() == UInt8(ascii: "#") else { throw problem("a type without a count") }
        }
        guard try cursor.peek() == UInt8(ascii: "#") else {
            while try cursor.peek() != close { try item(&self, nil) }
            return try cursor.skip(1)
        }
        try cursor.skip(1)
        let count = try length()
        // Each element takes a byte at least, but for `T`, `F`, `Z` and `N`, which are not allowed as a common type.
        guard count <= UInt64(cursor.remaining) else {
            throw problem("\(count) elements are more than the file can hold")
        }
        if let itemType, Self.size(of: itemType) == nil, !"[{SHC".utf8.contains(itemType) {
            throw problem("no common type of elements")
        }
        if isSkipped, let itemType, let size = Self.size(of: itemType) {
            guard count <= UInt64(cursor.remaining) / size else { throw .truncated(at: cursor.end) }
            return try cursor.skip(count * size)
        }
        for _ in 0..<count { try item(&self, itemType) }
    }

    mutating func skip() throws(InspectionError) {
        switch try kind() {
        case .object: try object { (_, reader) throws(InspectionError) in try reader.skip() }
        case .list:
            try items(until: UInt8(ascii: "]"), isSkipped: true) { (reader, itemType) throws(InspectionError) in
                reader.type = itemType
                try reader.skip()
            }
        case .scalar: _ = try scalar()
        }
    }

    private static func size(of type: UInt8) -> UInt64? {
        switch type {
        case UInt8(ascii: "i"), UInt8(ascii: "U"): 1
        case UInt8(ascii: "I"): 2
        case UInt8(ascii: "l"), UInt8(ascii: "d"): 4
        case UInt8(ascii: "L"), UInt8(ascii: "D"): 8
        case _: nil
        }
    }

    private mutating func text() throws(InspectionError) -> String {
        type = nil
        return try cursor.text(try length(), limit: TreeLimits.text, what: "UBJSON: a text")
    }

    private mutating func length() throws(InspectionError) -> UInt64 {
        type = nil
        guard case .integer(let number) = try scalar(), number >= 0 else { throw problem("no length") }
        return UInt64(number)
    }

    mutating func scalar() throws(InspectionError) -> Value {
        let marker = try marker()
        type = nil
        switch marker {
        case UInt8(ascii: "Z"): return .null
        case UInt8(ascii: "T"): return .bool(true)
        case UInt8(ascii: "F"): return .bool(false)
        case UInt8(ascii: "i"): return .integer(Int64(try cursor.big(Int8.self)))
        case UInt8(ascii: "U"): return .integer(Int64(try cursor.byte()))
        case UInt8(ascii: "I"): return .integer(Int64(try cursor.big(Int16.self)))
        case UInt8(ascii: "l"): return .integer(Int64(try cursor.big(Int32.self)))
        case UInt8(ascii: "L"): return .integer(try cursor.big(Int64.self))
        case UInt8(ascii: "d"): return .number(Double(Float(bitPattern: try cursor.big(UInt32.self))))
        case UInt8(ascii: "D"): return .number(Double(bitPattern: try cursor.big(UInt64.self)))
        case UInt8(ascii: "C"): return .string(String(Unicode.Scalar(try cursor.byte() & 0x7F)))
        case UInt8(ascii: "S"), UInt8(ascii: "H"): return .string(try text())
        case _: throw problem("the unknown type \(marker)")
        }
    }
}
