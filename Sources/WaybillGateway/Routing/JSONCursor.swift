import WaybillCore

/// Reads JSON (RFC 8259) whose form is known beforehand, strictly and in one pass, without a tree in between.
///
/// Guarantees: no byte is read twice but in escaped texts; nothing is nested deeper than the caller's own calls; every
/// object has exactly its members; the first fault is told with the offset of its byte, counted from 0.
struct JSONCursor {
    struct Malformed: Error, Equatable {
        var offset: Int
        var problem: String
    }

    private let bytes: [UInt8]
    private(set) var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// An object with each of `names` exactly once, in any order, and nothing else but any of `optional`, once at most;
    /// `member` reads the value of the name at the index that it is given, with `optional` counted on after `names`.
    mutating func object(
        _ names: [String], optional: [String] = [], _ member: (inout JSONCursor, Int) throws(Malformed) -> Void
    ) throws(Malformed) {
        let start = try open(UInt8(ascii: "{"), "an object")
        var seen: UInt64 = 0
        var goesOn = !closes(UInt8(ascii: "}"))
        while goesOn {
            skipSpace()
            let place = offset
            let name = try text(limit: 64)
            guard
                let index = names.firstIndex(of: name) ?? optional.firstIndex(of: name).map({ names.count + $0 })
            else {
                throw Malformed(offset: place, problem: "\(name.quotedForMessage) is no member of this object")
            }
            guard seen & 1 << index == 0 else {
                throw Malformed(offset: place, problem: "'\(name)' is given twice")
            }
            seen |= 1 << index
            _ = try open(UInt8(ascii: ":"), "':'")
            try member(&self, index)
            goesOn = try another(before: UInt8(ascii: "}"))
        }
        if let missing = names.indices.first(where: { seen & 1 << $0 == 0 }) {
            throw Malformed(offset: start, problem: "'\(names[missing])' is missing from the object that begins here")
        }
    }

    /// At most `limit` values, each read by `element`.
    mutating func list<Element>(
        limit: Int, _ element: (inout JSONCursor) throws(Malformed) -> Element
    ) throws(Malformed) -> [Element] {
        let start = try open(UInt8(ascii: "["), "a list")
        var elements: [Element] = []
        var goesOn = !closes(UInt8(ascii: "]"))
        while goesOn {
            guard elements.count < limit else {
                throw Malformed(offset: start, problem: "the list that begins here has more than \(limit) entries")
            }
            elements.append(try element(&self))
            goesOn = try another(before: UInt8(ascii: "]"))
        }
        return elements
    }

    /// An integer without fraction or exponent.
    mutating func integer<Value: FixedWidthInteger>(_: Value.Type) throws(Malformed) -> Value {
        skipSpace()
        let start = offset
        let isNegative = peek == UInt8(ascii: "-")
        if isNegative { offset += 1 }
        let first = offset
        var value: Value = 0
        while let digit = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) {
            let (shifted, isTooWide) = value.multipliedReportingOverflow(by: 10)
            let step = Value(digit - UInt8(ascii: "0"))
            let (next, isTooLarge) =
                isNegative ? shifted.subtractingReportingOverflow(step) : shifted.addingReportingOverflow(step)
            guard !isTooWide, !isTooLarge else {
                throw Malformed(offset: start, problem: "the number is out of range")
            }
            value = next
            offset += 1
        }
        let isPlain = peek.map { !".eE".utf8.contains($0) } ?? true
        guard offset > first, isPlain, bytes[first] != UInt8(ascii: "0") || offset == first + 1 else {
            throw Malformed(offset: start, problem: offset > start ? "an integer is expected" : expected("an integer"))
        }
        return value
    }

    /// - Throws: `Malformed` when anything but white space is left.
    mutating func finish() throws(Malformed) {
        skipSpace()
        guard offset == bytes.count else { throw Malformed(offset: offset, problem: "the end is expected") }
    }

    // MARK: Texts

    /// A text of at most `limit` bytes of UTF-8.
    mutating func text(limit: Int) throws(Malformed) -> String {
        let start = try open(UInt8(ascii: "\""), "a text")
        let first = offset
        var isASCII = true
        while let byte = peek, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
            if byte >= 0x80 { isASCII = false }
            offset += 1
        }
        guard peek == UInt8(ascii: "\"") else { return try escapedText(from: first, openedAt: start, limit: limit) }
        defer { offset += 1 }
        return try decoded(bytes[first..<offset], isASCII: isASCII, openedAt: start, limit: limit)
    }

    private mutating func escapedText(from first: Int, openedAt start: Int, limit: Int) throws(Malformed) -> String {
        var text = Array(bytes[first..<offset])
        while let byte = peek, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else {
                throw Malformed(offset: offset, problem: "a control character in a text must be escaped")
            }
            offset += 1
            if byte == UInt8(ascii: "\\") { text.append(contentsOf: try escape()) } else { text.append(byte) }
        }
        guard peek != nil else { throw Malformed(offset: offset, problem: "the text does not end") }
        offset += 1
        return try decoded(text[...], isASCII: false, openedAt: start, limit: limit)
    }

    private func decoded(_ text: ArraySlice<UInt8>, isASCII: Bool, openedAt start: Int, limit: Int)
        throws(Malformed) -> String
    {
        guard text.count <= limit else {
            throw Malformed(offset: start, problem: "the text has more than \(limit) bytes")
        }
        if isASCII { return String(decoding: text, as: UTF8.self) }
        guard let valid = String(validating: text, as: UTF8.self) else {
            throw Malformed(offset: start, problem: "the text is not UTF-8")
        }
        return valid
    }

    /// What stands after a backslash.
    private mutating func escape() throws(Malformed) -> [UInt8] {
        let start = offset - 1
        let letter = peek
        offset += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [letter ?? 0]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"):
            var units = [try codeUnit()]
            if UTF16.isLeadSurrogate(units[0]), bytes[min(offset, bytes.count)...].starts(with: "\\u".utf8) {
                offset += 2
                units.append(try codeUnit())
            }
            guard let text = String(validating: units, as: UTF16.self) else {
                throw Malformed(offset: start, problem: "half of a surrogate pair stands alone")
            }
            return Array(text.utf8)
        default: throw Malformed(offset: start, problem: "JSON has no such escape")
        }
    }

    private mutating func codeUnit() throws(Malformed) -> UInt16 {
        let digits = bytes[min(offset, bytes.count)...].prefix(4)
        let values = digits.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard values.count == 4 else {
            throw Malformed(offset: offset, problem: "four hexadecimal digits are expected")
        }
        offset += 4
        return values.reduce(0) { $0 << 4 | UInt16($1) }
    }

    // MARK: Bytes

    private var peek: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
    }

    /// The offset of `byte`, which is taken.
    private mutating func open(_ byte: UInt8, _ what: String) throws(Malformed) -> Int {
        skipSpace()
        guard peek == byte else { throw Malformed(offset: offset, problem: expected(what)) }
        offset += 1
        return offset - 1
    }

    private func expected(_ what: String) -> String {
        offset < bytes.count ? "\(what) is expected" : "\(what) is expected, but this is the end"
    }

    private mutating func closes(_ byte: UInt8) -> Bool {
        skipSpace()
        guard peek == byte else { return false }
        offset += 1
        return true
    }

    /// Whether a comma comes next; otherwise `close` must.
    private mutating func another(before close: UInt8) throws(Malformed) -> Bool {
        if closes(close) { return false }
        _ = try open(UInt8(ascii: ","), "',' or '\(Character(UnicodeScalar(close)))'")
        return true
    }
}
