import WaybillCore

/// Strict JSON (RFC 8259), read from a source piece by piece; `NaN` and `Infinity`, which model libraries write, are read as null.
///
/// Refused: names twice in an object, depth over 128, invalid UTF-8, control characters in strings, numbers out of range, anything but space after the value.
struct JSONReader: TreeReader {
    private(set) var cursor: ByteCursor
    private var depth = 0
    /// Memory of the names in objects that are open.
    private var held = 0

    init(_ cursor: ByteCursor) { self.cursor = cursor }

    func problem(_ words: String) -> InspectionError { .malformed("JSON: \(words) at byte \(cursor.position)") }

    /// After the one value nothing may follow but space.
    mutating func finish() throws(InspectionError) {
        try space()
        guard cursor.isAtEnd else { throw problem("something follows the value") }
    }

    mutating func kind() throws(InspectionError) -> TreeKind {
        try space()
        switch try cursor.peek() {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .list
        case nil: throw .truncated(at: cursor.position)
        case _: return .scalar
        }
    }

    mutating func object(
        _ member: (String, inout JSONReader) throws(InspectionError) -> Void
    ) throws(InspectionError) {
        var names: Set<String> = []
        let outer = held
        defer { held = outer }
        try items(from: "{", to: "}") { (reader) throws(InspectionError) in
            let place = reader.cursor.position
            let name = try reader.quoted()
            guard names.insert(name).inserted else {
                throw .malformed("JSON: the name '\(name.prefix(80))' stands twice in one object, at byte \(place)")
            }
            reader.held += name.utf8.count + TreeLimits.nameCost
            guard reader.held <= TreeLimits.names else { throw reader.problem("too many names in one object") }
            try reader.space()
            try reader.expect(UInt8(ascii: ":"))
            try reader.space()
            try member(name, &reader)
        }
    }

    mutating func list(_ item: (inout JSONReader) throws(InspectionError) -> Void) throws(InspectionError) {
        try items(from: "[", to: "]", item)
    }

    mutating func scalar() throws(InspectionError) -> Value {
        try space()
        switch try cursor.peek() {
        case UInt8(ascii: "\""): return .string(try quoted())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "N"): return try word("NaN", .null)
        case UInt8(ascii: "I"): return try word("Infinity", .null)
        case _: return try number()
        }
    }

    mutating func skip() throws(InspectionError) {
        switch try kind() {
        case .object: try object { (_, reader) throws(InspectionError) in try reader.skip() }
        case .list: try list { (reader) throws(InspectionError) in try reader.skip() }
        case .scalar: _ = try scalar()
        }
    }

    private mutating func items(
        from open: Unicode.Scalar, to close: Unicode.Scalar,
        _ item: (inout JSONReader) throws(InspectionError) -> Void
    ) throws(InspectionError) {
        try space()
        try expect(UInt8(ascii: open))
        depth += 1
        defer { depth -= 1 }
        guard depth <= TreeLimits.depth else { throw problem("more than \(TreeLimits.depth) levels") }
        try space()
        if try take(UInt8(ascii: close)) { return }
        while true {
            try space()
            try item(&self)
            try space()
            if try take(UInt8(ascii: close)) { return }
            try expect(UInt8(ascii: ","))
        }
    }

    private mutating func space() throws(InspectionError) {
        while let byte = try cursor.peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            try cursor.skip(1)
        }
    }

    private mutating func take(_ byte: UInt8) throws(InspectionError) -> Bool {
        guard try cursor.peek() == byte else { return false }
        try cursor.skip(1)
        return true
    }

    private mutating func expect(_ byte: UInt8) throws(InspectionError) {
        guard let found = try cursor.peek() else { throw .truncated(at: cursor.position) }
        guard found == byte else { throw problem("'\(Character(Unicode.Scalar(byte)))' is expected") }
        try cursor.skip(1)
    }

    private mutating func word(_ word: StaticString, _ value: Value) throws(InspectionError) -> Value {
        for byte in word.description.utf8 { try expect(byte) }
        return value
    }
}

extension JSONReader {
    /// A string with its quotes.
    private mutating func quoted() throws(InspectionError) -> String {
        let place = cursor.position
        try expect(UInt8(ascii: "\""))
        var bytes: [UInt8] = []
        while true {
            let byte = try cursor.byte()
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: bytes, as: UTF8.self) else {
                    throw .malformed("JSON: the string at byte \(place) is not UTF-8")
                }
                return text
            case UInt8(ascii: "\\"): try escape(into: &bytes)
            case 0..<0x20: throw problem("a control character in a string")
            case _: bytes.append(byte)
            }
            guard bytes.count <= TreeLimits.text else {
                throw problem("a string of more than \(TreeLimits.text) bytes")
            }
        }
    }

    private mutating func escape(into bytes: inout [UInt8]) throws(InspectionError) {
        switch try cursor.byte() {
        case UInt8(ascii: "\""): bytes.append(UInt8(ascii: "\""))
        case UInt8(ascii: "\\"): bytes.append(UInt8(ascii: "\\"))
        case UInt8(ascii: "/"): bytes.append(UInt8(ascii: "/"))
        case UInt8(ascii: "b"): bytes.append(0x08)
        case UInt8(ascii: "f"): bytes.append(0x0C)
        case UInt8(ascii: "n"): bytes.append(0x0A)
        case UInt8(ascii: "r"): bytes.append(0x0D)
        case UInt8(ascii: "t"): bytes.append(0x09)
        case UInt8(ascii: "u"): bytes.append(contentsOf: String(try escapedScalar()).utf8)
        case _: throw problem("an unknown escape in a string")
        }
    }

    private mutating func escapedScalar() throws(InspectionError) -> Character {
        let unit = try hexadecimal()
        var code = UInt32(unit)
        if (0xD800..<0xDC00).contains(unit) {
            try expect(UInt8(ascii: "\\"))
            try expect(UInt8(ascii: "u"))
            let low = try hexadecimal()
            guard (0xDC00..<0xE000).contains(low) else { throw problem("half a surrogate pair") }
            code = 0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(low) - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw problem("half a surrogate pair") }
        return Character(scalar)
    }

    private mutating func hexadecimal() throws(InspectionError) -> UInt16 {
        let digits = try cursor.bytes(4)
        guard digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw problem("four hexadecimal digits are expected") }
        return unit
    }

    private mutating func number() throws(InspectionError) -> Value {
        let place = cursor.position
        var text: [UInt8] = []
        while let byte = try cursor.peek(), Self.isOfNumber(byte) {
            text.append(byte)
            try cursor.skip(1)
            guard text.count <= 400 else { throw problem("a number of more than 400 characters") }
        }
        if text == [UInt8(ascii: "-")], try cursor.peek() == UInt8(ascii: "I") { return try word("Infinity", .null) }
        let string = String(decoding: text, as: UTF8.self)
        guard Self.isNumber(text) else { throw .malformed("JSON: no value at byte \(place)") }
        if let whole = Int64(string) { return .integer(whole) }
        guard let number = Double(string), number.isFinite else {
            throw .malformed("JSON: the number at byte \(place) is out of range")
        }
        return .number(number)
    }

    private static func isOfNumber(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || byte == 0x2B || byte == 0x2D || byte == 0x2E || byte == 0x45 || byte == 0x65
    }

    /// `-`, digits without a leading zero, then a fraction and an exponent, each with digits.
    static func isNumber(_ text: [UInt8]) -> Bool {
        var rest = text[...]
        func digits(_ rest: inout ArraySlice<UInt8>) -> Int {
            let found = rest.prefix { (0x30...0x39).contains($0) }.count
            rest = rest.dropFirst(found)
            return found
        }
        if rest.first == 0x2D { rest = rest.dropFirst() }
        let startsWithZero = rest.first == 0x30
        let whole = digits(&rest)
        guard whole > 0, !startsWithZero || whole == 1 else { return false }
        if rest.first == 0x2E {
            rest = rest.dropFirst()
            guard digits(&rest) > 0 else { return false }
        }
        if let letter = rest.first, letter == 0x45 || letter == 0x65 {
            rest = rest.dropFirst()
            if let sign = rest.first, sign == 0x2B || sign == 0x2D { rest = rest.dropFirst() }
            guard digits(&rest) > 0 else { return false }
        }
        return rest.isEmpty
    }
}
