/// Base64 of RFC 4648 section 4, padded, and strict: one text for one value.
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, letter) in alphabet.enumerated() { values[Int(letter)] = UInt8(value) }
        return values
    }()
    private static let padding = UInt8(ascii: "=")

    package static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let padded = group + [UInt8](repeating: 0, count: 3 - group.count)
            let word = padded.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            for position in 0..<4 {
                let letter = alphabet[Int(word >> UInt32(18 - 6 * position) & 63)]
                text.append(position <= group.count ? letter : padding)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Nil for wrong letters, missing or misplaced padding, and bits beyond the last byte that are not zero.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        let letters = Array(text.utf8)
        guard letters.count % 4 == 0 else { return nil }
        let pads = letters.suffix(2).reversed().prefix { $0 == padding }.count
        var bytes: [UInt8] = []
        var word: UInt32 = 0
        for (index, letter) in letters.dropLast(pads).enumerated() {
            let value = values[Int(letter)]
            guard value != 255 else { return nil }
            word = word << 6 | UInt32(value)
            if index % 4 == 3 {
                bytes.append(contentsOf: [UInt8(word >> 16 & 255), UInt8(word >> 8 & 255), UInt8(word & 255)])
                word = 0
            }
        }
        switch pads {
        case 1:
            guard word & 3 == 0 else { return nil }
            bytes.append(contentsOf: [UInt8(word >> 10 & 255), UInt8(word >> 2 & 255)])
        case 2:
            guard word & 15 == 0 else { return nil }
            bytes.append(UInt8(word >> 4 & 255))
        default: break
        }
        return bytes
    }
}
