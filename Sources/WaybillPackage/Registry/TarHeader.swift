import WaybillCore

/// Heads of a tar's members, in the POSIX form with extended headers where a name or a size needs one. Mode, owner and time are constants,
/// so that equal files give equal bytes.
enum TarHeader {
    static let block = 512
    /// Two blocks of zeros.
    static let end = [UInt8](repeating: 0, count: 2 * block)

    /// Zeros that fill the last block of `size` bytes.
    static func padding(after size: Int64) -> Int { Int((512 - size % 512) % 512) }

    static func file(_ path: String, size: Int64) -> [UInt8] {
        member(path, size: size, mode: 0o644, type: UInt8(ascii: "0"))
    }

    /// `path` without the last '/'.
    static func folder(_ path: String) -> [UInt8] {
        member(path + "/", size: 0, mode: 0o755, type: UInt8(ascii: "5"))
    }

    /// The largest size that the field has room for.
    private static let octalLimit: Int64 = 1 << 33 - 1

    private static func member(_ path: String, size: Int64, mode: Int64, type: UInt8) -> [UInt8] {
        var records: [(String, String)] = []
        let name = split(path)
        if name == nil { records.append(("path", path)) }
        if size > octalLimit { records.append(("size", "\(size)")) }
        var bytes: [UInt8] = []
        if !records.isEmpty {
            let content = records.flatMap { record($0.0, Array($0.1.utf8)) }
            bytes += header(("", "pax"), size: Int64(content.count), mode: 0o644, type: UInt8(ascii: "x"))
            bytes += content
            bytes += [UInt8](repeating: 0, count: padding(after: Int64(content.count)))
        }
        let short = name ?? ("", String(decoding: path.utf8.prefix(100), as: UTF8.self))
        return bytes + header(short, size: size > octalLimit ? 0 : size, mode: mode, type: type)
    }

    /// `LENGTH name=value\n`, where the length counts itself.
    static func record(_ name: String, _ value: [UInt8]) -> [UInt8] {
        let rest = Array(" \(name)=".utf8) + value + [UInt8(ascii: "\n")]
        var length = rest.count
        while "\(length)".utf8.count + rest.count != length { length = "\(length)".utf8.count + rest.count }
        return Array("\(length)".utf8) + rest
    }

    /// The path in the two fields of a header; nil when they have no room for it, or it is not ASCII.
    private static func split(_ path: String) -> (prefix: String, name: String)? {
        let bytes = Array(path.utf8)
        guard bytes.allSatisfy({ $0 < 0x80 }) else { return nil }
        if bytes.count <= 100 { return ("", path) }
        for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "/") && index > 0 && index < bytes.count - 1
        {
            if index <= 155, bytes.count - index - 1 <= 100 {
                return (
                    String(decoding: bytes[..<index], as: UTF8.self),
                    String(decoding: bytes[(index + 1)...], as: UTF8.self)
                )
            }
        }
        return nil
    }

    private static func header(
        _ path: (prefix: String, name: String), size: Int64, mode: Int64, type: UInt8
    ) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: block)
        func put(_ text: String, at offset: Int, limit: Int) {
            for (index, byte) in text.utf8.prefix(limit).enumerated() { header[offset + index] = byte }
        }
        func put(_ number: Int64, at offset: Int, digits: Int) {
            let text = String(number, radix: 8)
            put(String(repeating: "0", count: max(digits - text.utf8.count, 0)) + text, at: offset, limit: digits)
        }
        put(path.name, at: 0, limit: 100)
        put(mode, at: 100, digits: 7)
        put(0, at: 108, digits: 7)
        put(0, at: 116, digits: 7)
        put(size, at: 124, digits: 11)
        put(0, at: 136, digits: 11)
        header[156] = type
        put("ustar", at: 257, limit: 5)
        put("00", at: 263, limit: 2)
        put(0, at: 329, digits: 7)
        put(0, at: 337, digits: 7)
        put(path.prefix, at: 345, limit: 155)
        var sum = 8 * 32
        for byte in header { sum += Int(byte) }
        put(Int64(sum), at: 148, digits: 6)
        header[155] = 0x20
        return header
    }
}
