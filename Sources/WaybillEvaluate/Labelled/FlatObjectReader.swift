import WaybillCore

/// A member of a flat JSON object; ranges are of the line's bytes.
enum FlatValue {
    case null
    case bool(Bool)
    case number(Range<Int>)
    /// A text without escapes, its quotes left out.
    case plain(Range<Int>)
    case escaped([UInt8])
}

/// A problem and the byte of the line where it stands, counted from 1.
struct PlacedProblem: Error {
    let problem: CellProblem
    let column: Int
}

/// Walks one JSON object (RFC 8259) whose members are numbers, texts, `true`, `false` and `null`. `NaN`, `Infinity` and `-Infinity`, which Python
/// writes, are read as numbers.
struct FlatObjectReader {
    private let line: UnsafeRawBufferPointer
    private(set) var place = 0
    private var isFirst = true

    init(_ line: UnsafeRawBufferPointer) { self.line = line }

    var isBlank: Bool { line.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D } }

    func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: line[range]) }

    mutating func open() throws(PlacedProblem) {
        skipBlanks()
        guard peek == UInt8(ascii: "{") else {
            throw failure("expected '{'", hint: "each line is one JSON object")
        }
        place += 1
    }

    /// The next member's name; nil at the end of the object, which is the end of the line.
    mutating func nextName() throws(PlacedProblem) -> (text: [UInt8], place: Int)? {
        skipBlanks()
        if peek == UInt8(ascii: "}") {
            place += 1
            skipBlanks()
            guard place == line.count else { throw failure("something follows the object") }
            return nil
        }
        if !isFirst {
            try expect(UInt8(ascii: ","))
            skipBlanks()
        }
        isFirst = false
        let start = place
        guard peek == UInt8(ascii: "\"") else { throw failure("expected a name in quotes") }
        let name: [UInt8] =
            switch try text() {
            case .escaped(let text): text
            case .plain(let range): Array(bytes(range))
            case .null, .bool, .number: []
            }
        skipBlanks()
        try expect(UInt8(ascii: ":"))
        skipBlanks()
        return (name, start)
    }

    mutating func value() throws(PlacedProblem) -> FlatValue {
        switch peek {
        case UInt8(ascii: "\""): return try text()
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            throw failure("a value within a value", hint: "members are numbers, texts, true, false or null")
        case _: return try number()
        }
    }

    /// Runs `body`; what it throws stands at `start`.
    func placed<R>(at start: Int, _ body: () throws(CellProblem) -> R) throws(PlacedProblem) -> R {
        do throws(CellProblem) { return try body() } catch { throw PlacedProblem(problem: error, column: start + 1) }
    }

    private var peek: UInt8? { place < line.count ? line[place] : nil }

    private mutating func skipBlanks() {
        while let byte = peek, byte == 0x20 || byte == 0x09 || byte == 0x0D { place += 1 }
    }

    private mutating func expect(_ byte: UInt8) throws(PlacedProblem) {
        guard peek == byte else { throw failure("expected '\(UnicodeScalar(byte))'") }
        place += 1
    }

    private mutating func word(_ word: StaticString, _ value: FlatValue) throws(PlacedProblem) -> FlatValue {
        let expected = UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard line[place...].starts(with: expected) else { throw failure("expected a value") }
        place += expected.count
        return value
    }

    private mutating func number() throws(PlacedProblem) -> FlatValue {
        let start = place
        while let byte = peek, byte.isASCIIDigit || byte.isASCIILetter || [0x2B, 0x2D, 0x2E].contains(byte) {
            place += 1
        }
        guard parseNumber(bytes(start..<place)) != nil else {
            place = start
            throw failure("expected a value")
        }
        return .number(start..<place)
    }

    private mutating func text() throws(PlacedProblem) -> FlatValue {
        place += 1
        let start = place
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "\""):
                place += 1
                return .plain(start..<(place - 1))
            case UInt8(ascii: "\\"): return .escaped(try escapedText(Array(bytes(start..<place))))
            case 0..<0x20: throw failure("a control character in a text", hint: "write it as \\u00..")
            case _: place += 1
            }
        }
        throw failure("the text is never closed")
    }

    /// The rest of a text that has an escape; `known` is what came before.
    private mutating func escapedText(_ known: [UInt8]) throws(PlacedProblem) -> [UInt8] {
        var text = known
        while let byte = peek {
            place += 1
            switch byte {
            case UInt8(ascii: "\""): return text
            case UInt8(ascii: "\\"): try appendEscape(to: &text)
            case 0..<0x20:
                place -= 1
                throw failure("a control character in a text", hint: "write it as \\u00..")
            case _: text.append(byte)
            }
        }
        throw failure("the text is never closed")
    }

    private mutating func appendEscape(to text: inout [UInt8]) throws(PlacedProblem) {
        guard let byte = peek else { throw failure("the text is never closed") }
        place += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(8)
        case UInt8(ascii: "f"): text.append(12)
        case UInt8(ascii: "n"): text.append(10)
        case UInt8(ascii: "r"): text.append(13)
        case UInt8(ascii: "t"): text.append(9)
        case UInt8(ascii: "u"):
            var code = try codeUnit()
            if (0xD800..<0xDC00).contains(code), peek == UInt8(ascii: "\\") {
                place += 1
                try expect(UInt8(ascii: "u"))
                let low = try codeUnit()
                code = (0xDC00..<0xE000).contains(low) ? 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00) : code
            }
            guard let scalar = UnicodeScalar(code) else { throw failure("half of a surrogate pair") }
            text.append(contentsOf: Array(String(Character(scalar)).utf8))
        case _:
            place -= 1
            throw failure("an unknown escape")
        }
    }

    private mutating func codeUnit() throws(PlacedProblem) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = peek.flatMap({ Character(UnicodeScalar($0)).hexDigitValue }) else {
                throw failure("expected four hexadecimal digits")
            }
            code = code << 4 | UInt32(digit)
            place += 1
        }
        return code
    }

    private func failure(_ problem: String, hint: String? = nil) -> PlacedProblem {
        PlacedProblem(problem: CellProblem(problem, hint: hint), column: place + 1)
    }
}
