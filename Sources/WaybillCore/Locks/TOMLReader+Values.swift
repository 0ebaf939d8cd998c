extension TOMLReader {
    mutating func value(depth: Int) throws(InvalidInput) -> Value {
        guard depth <= Self.deepest else { throw InvalidInput("values stand too deep in each other") }
        skipBlanks()
        switch peek {
        case UInt8(ascii: "\""): return .string(try text(quote: UInt8(ascii: "\"")))
        case UInt8(ascii: "'"): return .string(try text(quote: UInt8(ascii: "'")))
        case UInt8(ascii: "["): return try array(depth)
        case UInt8(ascii: "{"): return try inlineTable(depth)
        case _: return try word()
        }
    }

    private mutating func array(_ depth: Int) throws(InvalidInput) -> Value {
        place += 1
        var items: [Value] = []
        while true {
            try skipLines()
            if peek == UInt8(ascii: "]") { break }
            items.append(try value(depth: depth + 1))
            try skipLines()
            if peek == UInt8(ascii: ",") { place += 1 } else { break }
        }
        try expect("]")
        return .list(items)
    }

    private mutating func inlineTable(_ depth: Int) throws(InvalidInput) -> Value {
        place += 1
        let table = TOMLTable()
        skipBlanks()
        if peek != UInt8(ascii: "}") {
            while true {
                try pair(into: table, depth: depth)
                skipBlanks()
                guard peek == UInt8(ascii: ",") else { break }
                place += 1
            }
        }
        try expect("}")
        return try table.value(depth: depth)
    }

    // MARK: Text

    private mutating func text(quote: UInt8) throws(InvalidInput) -> String {
        let isLong = place + 2 < bytes.count && bytes[place + 1] == quote && bytes[place + 2] == quote
        if isLong { return try longString(quote) }
        return quote == UInt8(ascii: "'") ? try literalString() : try basicString()
    }

    mutating func literalString() throws(InvalidInput) -> String {
        place += 1
        let start = place
        while let byte = peek, byte != UInt8(ascii: "'") {
            try check(byte)
            place += 1
        }
        let text = String(decoding: bytes[start..<place], as: UTF8.self)
        try expectQuote()
        return text
    }

    mutating func basicString() throws(InvalidInput) -> String {
        place += 1
        var text: [UInt8] = []
        while let byte = peek, byte != UInt8(ascii: "\"") {
            try check(byte)
            place += 1
            if byte == UInt8(ascii: "\\") { try escape(into: &text) } else { text.append(byte) }
        }
        try expectQuote()
        return String(decoding: text, as: UTF8.self)
    }

    /// Three quotes on each side; an end of line right after the first is no part of it.
    private mutating func longString(_ quote: UInt8) throws(InvalidInput) -> String {
        place += 3
        if peek == Self.carriage, place + 1 < bytes.count, bytes[place + 1] == Self.newline { place += 1 }
        if peek == Self.newline { nextLine() }
        var text: [UInt8] = []
        while true {
            guard let byte = peek else { throw InvalidInput("a text has no end") }
            if byte == quote, let end = endOfLong(quote) {
                text += [UInt8](repeating: quote, count: end)
                return String(decoding: text, as: UTF8.self)
            }
            if byte == Self.newline {
                nextLine()
                text.append(byte)
            } else if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                place += 1
                if !skipFold() { try escape(into: &text) }
            } else {
                if byte != Self.carriage { try check(byte) }
                place += 1
                text.append(byte)
            }
        }
    }

    /// Moves past three to five quotes, of which the last three end the text, and says how many belong to it.
    private mutating func endOfLong(_ quote: UInt8) -> Int? {
        var count = 0
        while count < 5, place + count < bytes.count, bytes[place + count] == quote { count += 1 }
        guard count >= 3 else { return nil }
        place += count
        return count - 3
    }

    /// A backslash before the end of a line swallows white space up to the next text.
    private mutating func skipFold() -> Bool {
        var end = place
        while end < bytes.count, [0x20, 0x09, Self.carriage].contains(bytes[end]) { end += 1 }
        guard end < bytes.count, bytes[end] == Self.newline else { return false }
        place = end
        while let byte = peek, [0x20, 0x09, Self.carriage, Self.newline].contains(byte) {
            if byte == Self.newline { nextLine() } else { place += 1 }
        }
        return true
    }

    private static let escapes: [UInt8: UInt8] = [
        UInt8(ascii: "b"): 8, UInt8(ascii: "t"): 9, UInt8(ascii: "n"): 10, UInt8(ascii: "f"): 12,
        UInt8(ascii: "r"): 13, UInt8(ascii: "\""): 34, UInt8(ascii: "\\"): 92,
    ]

    private mutating func escape(into text: inout [UInt8]) throws(InvalidInput) {
        guard let byte = peek else { throw InvalidInput("a text has no end") }
        place += 1
        if let plain = Self.escapes[byte] { return text.append(plain) }
        let length = byte == UInt8(ascii: "u") ? 4 : byte == UInt8(ascii: "U") ? 8 : 0
        let digits = bytes[place..<min(place + length, bytes.count)]
        guard length > 0, digits.count == length, digits.allSatisfy({ $0 != UInt8(ascii: "+") }),
            let number = UInt32(String(decoding: digits, as: UTF8.self), radix: 16),
            let scalar = Unicode.Scalar(number)
        else { throw InvalidInput("an escape in a text is none") }
        place += length
        text += Array(String(scalar).utf8)
    }

    private func check(_ byte: UInt8) throws(InvalidInput) {
        if byte == Self.newline { throw InvalidInput("a text has no end") }
        if byte < 0x20 && byte != 0x09 || byte == 0x7F { throw InvalidInput("a text has a control character") }
    }

    private mutating func expectQuote() throws(InvalidInput) {
        guard peek != nil else { throw InvalidInput("a text has no end") }
        place += 1
    }

    // MARK: Words

    /// A number, a truth value, or a date or time, which stays text.
    private mutating func word() throws(InvalidInput) -> Value {
        let start = place
        while let byte = peek, Self.isBare(byte) || "+.:".utf8.contains(byte) { place += 1 }
        // A date and a time may stand with one blank between them.
        if place - start == 10, peek == 0x20, place + 1 < bytes.count, (48...57).contains(bytes[place + 1]) {
            place += 1
            while let byte = peek, Self.isBare(byte) || "+.:".utf8.contains(byte) { place += 1 }
        }
        let word = String(decoding: bytes[start..<place], as: UTF8.self)
        if word == "true" || word == "false" { return .bool(word == "true") }
        if let value = Self.number(word) ?? Self.moment(word) { return value }
        throw InvalidInput(word.isEmpty ? "expected a value" : "\(word.quotedForMessage) is no value")
    }

    private static func number(_ word: String) -> Value? {
        let unsigned = word.first == "+" || word.first == "-" ? word.dropFirst() : word[...]
        if unsigned == "inf" || unsigned == "nan" { return Double(word).map(Value.number) }
        guard let first = unsigned.utf8.first, let last = unsigned.utf8.last, (48...57).contains(first),
            last != UInt8(ascii: "_"), last != UInt8(ascii: "."), !word.contains("__")
        else { return nil }
        let plain = word.filter { $0 != "_" }
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where plain.hasPrefix(prefix) {
            return Int64(plain.dropFirst(2), radix: radix).map(Value.integer)
        }
        let isPadded = unsigned.utf8.count > 1 && first == 48 && (48...57).contains(Array(unsigned.utf8)[1])
        if isPadded { return nil }
        if let whole = Int64(plain) { return .integer(whole) }
        let allowed = plain.utf8.allSatisfy { (48...57).contains($0) || "+-.eE".utf8.contains($0) }
        let isFraction = plain.contains(".") || plain.contains("e") || plain.contains("E")
        return allowed && isFraction ? Double(plain).map(Value.number) : nil
    }

    private static func moment(_ word: String) -> Value? {
        let bytes = Array(word.utf8)
        func digits(_ range: Range<Int>) -> Bool {
            range.upperBound <= bytes.count && bytes[range].allSatisfy { (48...57).contains($0) }
        }
        let isDate = digits(0..<4) && digits(5..<7) && digits(8..<10) && bytes[4] == 45 && bytes[7] == 45
        let isTime = digits(0..<2) && digits(3..<5) && bytes[2] == 58
        let allowed = bytes.allSatisfy { (48...57).contains($0) || "-:.+TtZz ".utf8.contains($0) }
        return allowed && (isDate || isTime) && bytes.count <= 40 ? .string(word) : nil
    }
}
