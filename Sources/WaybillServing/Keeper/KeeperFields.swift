/// The text of `key value` lines that controller and keeper leave each other; the keeper has its own reader of the
/// same form (`docs/local-target.md`), as it shares no code with anyone.
struct KeeperFields: Hashable, Sendable {
    struct Line: Hashable, Sendable {
        var key: String
        var value: String
    }

    private(set) var lines: [Line] = []

    init() {}

    init(parsing bytes: [UInt8]) {
        for line in bytes.split(separator: 10) {
            let parts = line.split(separator: 32, maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count == 2 ? Self.unescaped(parts[1]) : []
            add(String(decoding: parts[0], as: UTF8.self), String(decoding: value, as: UTF8.self))
        }
    }

    subscript(_ key: String) -> String? { lines.last { $0.key == key }?.value }

    func all(_ key: String) -> [String] { lines.filter { $0.key == key }.map(\.value) }

    mutating func add(_ key: String, _ value: String) { lines.append(Line(key: key, value: value)) }

    mutating func add(_ key: String, _ values: [String]) { for value in values { add(key, value) } }

    var bytes: [UInt8] {
        var out: [UInt8] = []
        for line in lines {
            out += line.key.utf8
            out.append(32)
            for byte in line.value.utf8 {
                switch byte {
                case UInt8(ascii: "\\"): out += [byte, byte]
                case 10: out += Array("\\n".utf8)
                case 13: out += Array("\\r".utf8)
                default: out.append(byte)
                }
            }
            out.append(10)
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
