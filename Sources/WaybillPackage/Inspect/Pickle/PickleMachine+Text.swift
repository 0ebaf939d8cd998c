/// Reading again the text that a value stands for.
extension PickleMachine {
    /// The text of a string that is short enough for a name; nil for any other value.
    func name(_ symbol: Symbol) throws(PickleError) -> String? {
        guard case .text(let index) = symbol, table.texts[Int(index)].count <= limits.name else { return nil }
        return try decoded(table.texts[Int(index)])
    }

    /// The text of a place; nil when its escapes are broken.
    func decoded(_ place: TextPlace) throws(PickleError) -> String? {
        if place.form == .held {
            return String(decoding: table.held[Int(place.offset)..<Int(place.range.upperBound)], as: UTF8.self)
        }
        let bytes = try reader.bytes(place.range)
        switch place.form {
        case .plain, .held: return String(decoding: bytes, as: UTF8.self)
        case .quoted: return PickleEscapes.quoted(bytes)
        case .rawUnicode: return PickleEscapes.rawUnicode(bytes)
        }
    }
}

/// The two escaped forms of protocol 0.
enum PickleEscapes {
    /// `'text'` or `"text"` with the escapes of Python's bytes literals.
    static func quoted(_ bytes: [UInt8]) -> String? {
        let trimmed = bytes.suffix(from: 0).drop { $0 == 0x20 }
        guard trimmed.count >= 2, let quote = trimmed.first, quote == 0x22 || quote == 0x27, trimmed.last == quote
        else { return nil }
        var text = ""
        var rest = trimmed.dropFirst().dropLast()
        while let byte = rest.popFirst() {
            guard byte == 0x5C else {
                text.unicodeScalars.append(Unicode.Scalar(byte))
                continue
            }
            guard let escape = rest.popFirst(), let scalar = unescape(escape, &rest) else { return nil }
            text.unicodeScalars.append(scalar)
        }
        return text
    }

    /// Latin-1 in which `\uXXXX` and `\UXXXXXXXX` are characters.
    static func rawUnicode(_ bytes: [UInt8]) -> String? {
        var text = ""
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            let next = rest.first
            guard byte == 0x5C, next == 0x75 || next == 0x55 else {
                text.unicodeScalars.append(Unicode.Scalar(byte))
                continue
            }
            rest.removeFirst()
            guard let scalar = hexadecimal(next == 0x75 ? 4 : 8, &rest) else { return nil }
            text.unicodeScalars.append(scalar)
        }
        return text
    }

    private static func unescape(_ escape: UInt8, _ rest: inout ArraySlice<UInt8>) -> Unicode.Scalar? {
        switch escape {
        case 0x78: return hexadecimal(2, &rest)
        case 0x6E: return "\n"
        case 0x72: return "\r"
        case 0x74: return "\t"
        case 0x5C, 0x27, 0x22: return Unicode.Scalar(escape)
        case 0x30...0x37:
            var number = UInt32(escape - 0x30)
            for _ in 0..<2 {
                guard let digit = rest.first, (0x30...0x37).contains(digit) else { break }
                number = number * 8 + UInt32(digit - 0x30)
                rest.removeFirst()
            }
            return Unicode.Scalar(number & 0xFF)
        case _: return nil
        }
    }

    private static func hexadecimal(_ count: Int, _ rest: inout ArraySlice<UInt8>) -> Unicode.Scalar? {
        guard rest.count >= count else { return nil }
        let digits = String(decoding: rest.prefix(count), as: UTF8.self)
        rest.removeFirst(count)
        guard let number = UInt32(digits, radix: 16) else { return nil }
        return Unicode.Scalar(number)
    }
}
