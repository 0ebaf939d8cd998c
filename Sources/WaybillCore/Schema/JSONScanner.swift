/// Reads JSON (RFC 8259) from bytes, strictly and within bounds: at most 64 levels, no member twice.
///
/// It must not outlive the buffer that it reads.
package struct JSONScanner {
    private let bytes: UnsafeRawBufferPointer
    package private(set) var offset = 0

    private static let maximumDepth = 64

    package init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    package var isAtEnd: Bool { offset == bytes.count }

    private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    /// Moves past `text` when exactly it comes next.
    package mutating func skip(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard offset + count <= bytes.count else { return false }
        for index in 0..<count where text.utf8Start[index] != bytes[offset + index] { return false }
        offset += count
        return true
    }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
    }

    /// A whole document: one value and nothing after it but white space; nil when it is not one.
    package mutating func document() -> Value? {
        guard let value = value(depth: 0) else { return nil }
        skipSpace()
        return isAtEnd ? value : nil
    }

    private mutating func value(depth: Int) -> Value? {
        guard depth < Self.maximumDepth else { return nil }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return object(depth: depth)
        case UInt8(ascii: "["): return list(depth: depth)
        case UInt8(ascii: "\""): return string().map(Value.string)
        case UInt8(ascii: "t"): return skip("true") ? .bool(true) : nil
        case UInt8(ascii: "f"): return skip("false") ? .bool(false) : nil
        case UInt8(ascii: "n"): return skip("null") ? .null : nil
        default: return number()
        }
    }

    private mutating func object(depth: Int) -> Value? {
        guard skip("{") else { return nil }
        var members: [String: Value] = [:]
        skipSpace()
        if skip("}") { return .object([:]) }
        repeat {
            skipSpace()
            guard let name = string() else { return nil }
            skipSpace()
            guard skip(":"), let member = value(depth: depth + 1), members.updateValue(member, forKey: name) == nil
            else { return nil }
            skipSpace()
        } while skip(",")
        return skip("}") ? .object(Members(members)) : nil
    }

    private mutating func list(depth: Int) -> Value? {
        guard skip("[") else { return nil }
        var items: [Value] = []
        skipSpace()
        if skip("]") { return .list(items) }
        repeat {
            guard let item = value(depth: depth + 1) else { return nil }
            items.append(item)
            skipSpace()
        } while skip(",")
        return skip("]") ? .list(items) : nil
    }

    private mutating func digits() -> Int {
        let start = offset
        while let byte = next, (48...57).contains(byte) { offset += 1 }
        return offset - start
    }

    private mutating func number() -> Value? {
        let start = offset
        _ = skip("-")
        let first = next
        let whole = digits()
        guard whole > 0, whole == 1 || first != UInt8(ascii: "0") else { return nil }
        var isInteger = true
        if skip(".") {
            isInteger = false
            guard digits() > 0 else { return nil }
        }
        if skip("e") || skip("E") {
            isInteger = false
            if !skip("+") { _ = skip("-") }
            guard digits() > 0 else { return nil }
        }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        if isInteger, let number = Int64(text) { return .integer(number) }
        return Double(text).flatMap { $0.isFinite ? .number($0) : nil }
    }

    /// Digits without sign or leading zero.
    package mutating func unsigned() -> UInt64? {
        let start = offset
        var number: UInt64 = 0
        while let byte = next, (48...57).contains(byte) {
            let (product, tooLarge) = number.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = product.addingReportingOverflow(UInt64(byte - 48))
            guard !tooLarge, !overflow else { return nil }
            number = sum
            offset += 1
        }
        guard offset > start, offset == start + 1 || bytes[start] != 48 else { return nil }
        return number
    }

    /// A string with its quotes; nil when it is not one, or not UTF-8.
    package mutating func string() -> String? {
        guard skip("\"") else { return nil }
        let start = offset
        while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { offset += 1 }
        if next == UInt8(ascii: "\"") {
            offset += 1
            return String(validating: bytes[start..<(offset - 1)], as: UTF8.self)
        }
        offset = start
        return escapedString()
    }

    private mutating func escapedString() -> String? {
        var text: [UInt8] = []
        while let byte = next, byte >= 0x20 {
            offset += 1
            switch byte {
            case UInt8(ascii: "\""): return String(validating: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let scalar = escape() else { return nil }
                text.append(contentsOf: Array(String(scalar).utf8))
            default: text.append(byte)
            }
        }
        return nil
    }

    private mutating func escape() -> Unicode.Scalar? {
        guard let byte = next else { return nil }
        offset += 1
        switch byte {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return unicodeEscape()
        default: return nil
        }
    }

    private mutating func unicodeEscape() -> Unicode.Scalar? {
        guard let unit = hexUnit() else { return nil }
        guard (0xD800...0xDBFF).contains(unit) else { return Unicode.Scalar(unit) }
        guard skip("\\u"), let low = hexUnit(), (0xDC00...0xDFFF).contains(low) else { return nil }
        return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
    }

    private mutating func hexUnit() -> UInt32? {
        guard offset + 4 <= bytes.count,
            let pair = bytesOfHex(String(decoding: bytes[offset..<(offset + 4)], as: UTF8.self))
        else { return nil }
        offset += 4
        return UInt32(pair[0]) << 8 | UInt32(pair[1])
    }
}

extension Value {
    /// Parses one JSON document; nil when `bytes` are not one within the bounds of `JSONScanner`.
    package init?(json bytes: some Collection<UInt8>) {
        let parsed = Array(bytes).withUnsafeBytes { buffer -> Value? in
            var scanner = JSONScanner(buffer)
            return scanner.document()
        }
        guard let parsed else { return nil }
        self = parsed
    }
}
