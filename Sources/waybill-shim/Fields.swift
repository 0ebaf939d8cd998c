/// A small text of `key value` lines, in order; keys may repeat. `\\`, `\n` and `\r` in values are escaped, so that a line is a field.
struct Fields {
    private(set) var lines: [(key: String, value: String)] = []

    init() {}

    init(parsing bytes: [UInt8]) {
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count == 2 ? Self.unescaped(parts[1]) : []
            lines.append((String(decoding: parts[0], as: UTF8.self), String(decoding: value, as: UTF8.self)))
        }
    }

    subscript(_ key: String) -> String? { lines.last { $0.key == key }?.value }

    func all(_ key: String) -> [String] { lines.filter { $0.key == key }.map(\.value) }

    func integer(_ key: String) -> Int? { self[key].flatMap { Int($0) } }

    mutating func add(_ key: String, _ value: String) { lines.append((key, value)) }

    var bytes: [UInt8] {
        var out: [UInt8] = []
        for line in lines {
            out += line.key.utf8
            out.append(UInt8(ascii: " "))
            for byte in line.value.utf8 {
                switch byte {
                case UInt8(ascii: "\\"): out += [byte, byte]
                case UInt8(ascii: "\n"): out += Array("\\n".utf8)
                case UInt8(ascii: "\r"): out += Array("\\r".utf8)
                default: out.append(byte)
                }
            }
            out.append(UInt8(ascii: "\n"))
        }
        return out
    }

    private static func unescaped(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        var isEscape = false
        for byte in bytes {
            if isEscape {
                out.append(byte == UInt8(ascii: "n") ? 10 : byte == UInt8(ascii: "r") ? 13 : byte)
                isEscape = false
            } else if byte == UInt8(ascii: "\\") {
                isEscape = true
            } else {
                out.append(byte)
            }
        }
        return out
    }
}
