import Glibc
package import WaybillCore

/// Appends JSON to bytes, without a string in between: events are written on the path of every act.
package enum JSONWriter {
    private static let digits = Array("0123456789abcdef".utf8)

    /// `value` exactly as `Value.json` writes it.
    package static func append(_ value: Value, to bytes: inout [UInt8]) {
        switch value {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let flag): bytes.append(contentsOf: flag ? "true".utf8 : "false".utf8)
        case .integer(let number):
            if number < 0 { bytes.append(UInt8(ascii: "-")) }
            append(number: number.magnitude, to: &bytes)
        case .number(let number): append(text: number.isFinite ? "\(number)" : "null", to: &bytes)
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
    package static func append(_ members: Members, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "{"))
        for (place, member) in members.enumerated() {
            if place > 0 { bytes.append(UInt8(ascii: ",")) }
            append(string: member.key, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            append(member.value, to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    /// `text` with its quotes.
    package static func append(string text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { buffer in
            if isPlain(UnsafeRawBufferPointer(buffer)) {
                bytes.append(contentsOf: buffer)
            } else {
                for byte in buffer { append(escaping: byte, to: &bytes) }
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Whether no byte needs an escape. Eight at a time: a byte is zero after `word ^ pattern` where it has the pattern's value, and
    /// `(x - 0x01…) & ~x & 0x80…` finds a zero byte, as `(x - 0x20…) & ~x & 0x80…` finds one below 0x20 (the classic tests of bytes in words).
    private static func isPlain(_ buffer: UnsafeRawBufferPointer) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highest = ones << 7
        var place = 0
        while place + 8 <= buffer.count {
            let word = buffer.loadUnaligned(fromByteOffset: place, as: UInt64.self)
            func has(_ byte: UInt64) -> UInt64 { ((word ^ ones &* byte) &- ones) & ~(word ^ ones &* byte) }
            let found = (word &- ones &* 0x20) & ~word | has(0x22) | has(0x5C) | has(0x7F)
            if found & highest != 0 { return false }
            place += 8
        }
        return buffer[place...].allSatisfy { $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C && $0 != 0x7F }
    }

    private static func append(escaping byte: UInt8, to bytes: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        case 0x0A: bytes.append(contentsOf: "\\n".utf8)
        case 0x0D: bytes.append(contentsOf: "\\r".utf8)
        case 0x09: bytes.append(contentsOf: "\\t".utf8)
        case 0..<0x20, 0x7F:
            bytes.append(contentsOf: "\\u00".utf8)
            bytes.append(digits[Int(byte >> 4)])
            bytes.append(digits[Int(byte & 15)])
        default: bytes.append(byte)
        }
    }

    package static func append(number: UInt64, to bytes: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var (rest, start) = (number, 20)
            repeat {
                start -= 1
                digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: digits[start..<20]))
        }
    }

    private static func append(text: String, to bytes: inout [UInt8]) {
        var text = text
        text.withUTF8 { bytes.append(contentsOf: $0) }
    }
}
