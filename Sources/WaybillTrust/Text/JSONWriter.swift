package import WaybillCore

/// Appends JSON to bytes, without a string in between: events are written on the path of every act.
package enum JSONWriter {
    private static let digits: StaticString = "0123456789abcdef"

    /// `value` exactly as `Value.json` writes it.
    package static func append(_ value: Value, to bytes: inout ByteWriter) {
        switch value {
        case .null: bytes.append("null")
        case .bool(let flag): bytes.append(flag ? "true" : "false")
        case .integer(let number):
            if number < 0 { bytes.append(UInt8(ascii: "-")) }
            append(number: number.magnitude, to: &bytes)
        case .number(let number): bytes.append(utf8: number.isFinite ? "\(number)" : "null")
        case .string(let text): append(string: text, to: &bytes)
        case .list(let items):
            bytes.append(UInt8(ascii: "["))
            for (place, item) in items.enumerated() {
                if place > 0 { bytes.append(UInt8(ascii: ",")) }
                append(item, to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members): append(members, to: &bytes)
        }
    }

    /// An object, its members ordered by the bytes of their names.
    package static func append(_ members: Members, to bytes: inout ByteWriter) {
        bytes.append(UInt8(ascii: "{"))
        for place in 0..<members.endIndex {
            if place > 0 { bytes.append(UInt8(ascii: ",")) }
            let (name, value) = members[place]
            append(string: name, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            append(value, to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    /// `text` with its quotes.
    package static func append(string text: String, to bytes: inout ByteWriter) {
        var text = text
        text.withUTF8 { buffer in
            let buffer = UnsafeRawBufferPointer(buffer)
            if isPlain(buffer) { return bytes.append(quoted: buffer) }
            bytes.append(UInt8(ascii: "\""))
            for byte in buffer { append(escaping: byte, to: &bytes) }
            bytes.append(UInt8(ascii: "\""))
        }
    }

    /// Whether no byte needs an escape. Eight at a time, the last eight once more where they overlap.
    private static func isPlain(_ buffer: UnsafeRawBufferPointer) -> Bool {
        func escapes(at place: Int) -> UInt64 {
            Self.escapes(in: buffer.loadUnaligned(fromByteOffset: place, as: UInt64.self))
        }
        guard buffer.count >= 8 else {
            // Shorter ones in one word, filled up with what needs no escape.
            return Self.escapes(in: buffer.reduce(0x6161_6161_6161_6161) { $0 << 8 | UInt64($1) }) & highBits == 0
        }
        // Two words a step, and no branch on what they hold: almost everything is plain.
        var (place, found) = (0, escapes(at: buffer.count - 8))
        while place + 16 <= buffer.count {
            found |= escapes(at: place) | escapes(at: place + 8)
            place += 16
        }
        if place + 8 <= buffer.count { found |= escapes(at: place) }
        return found & highBits == 0
    }

    private static let highBits: UInt64 = 0x8080_8080_8080_8080

    /// Has a high bit where one of eight bytes needs an escape. A byte is zero after `word ^ pattern` where it has the pattern's value, and
    /// `(x - 0x01…) & ~x & 0x80…` finds a zero byte, as `(x - 0x20…) & ~x & 0x80…` finds one below 0x20 (the classic tests of bytes in words).
    private static func escapes(in word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        func has(_ byte: UInt64) -> UInt64 { ((word ^ ones &* byte) &- ones) & ~(word ^ ones &* byte) }
        return (word &- ones &* 0x20) & ~word | has(0x22) | has(0x5C) | has(0x7F)
    }

    private static func append(escaping byte: UInt8, to bytes: inout ByteWriter) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        case 0x0A: bytes.append("\\n")
        case 0x0D: bytes.append("\\r")
        case 0x09: bytes.append("\\t")
        case 0..<0x20, 0x7F:
            bytes.append("\\u00")
            digits.withUTF8Buffer { digits in
                bytes.append(digits[Int(byte >> 4)])
                bytes.append(digits[Int(byte & 15)])
            }
        default: bytes.append(byte)
        }
    }

    package static func append(number: UInt64, to bytes: inout ByteWriter) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var (rest, start) = (number, 20)
            repeat {
                start -= 1
                digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            bytes.append(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: digits[start..<20])))
        }
    }
}
