import WaybillCore

/// Addresses as formats want them that ask for a URI reference (RFC 3986), of what people write.
enum AddressText {
    /// `text` when it is one; otherwise the same with what must be written in percents, and `git@host:path` by its scheme.
    static func reference(_ text: String) -> String {
        let text = shellForm(text)
        var written = ""
        var hasFragment = false
        let bytes = Array(text.utf8)
        for (index, byte) in bytes.enumerated() {
            let isKept: Bool
            switch byte {
            case UInt8(ascii: "#"): (isKept, hasFragment) = (!hasFragment, true)
            case UInt8(ascii: "%"): isKept = bytes[(index + 1)...].prefix(2).filter(isHexadecimal).count == 2
            case _: isKept = isPlain(byte)
            }
            written += isKept ? String(UnicodeScalar(byte)) : percents(byte)
        }
        return hasUnsoundScheme(written) ? "./\(written)" : written
    }

    /// `ssh://git@host/path` for the form without a scheme that git and scp take.
    private static func shellForm(_ text: String) -> String {
        guard let colon = text.firstIndex(of: ":"), case let host = text[..<colon], host.contains("@"),
            !host.contains("/")
        else { return text }
        return "ssh://\(host)/\(text[text.index(after: colon)...].drop { $0 == "/" })"
    }

    /// Whether what stands before the first ':' would be read as a scheme, and is none.
    private static func hasUnsoundScheme(_ text: String) -> Bool {
        guard let end = text.firstIndex(where: { ":/?#".contains($0) }), text[end] == ":" else { return false }
        let scheme = text[..<end].utf8
        guard let first = scheme.first, isLetter(first) else { return true }
        return !scheme.allSatisfy { isLetter($0) || isDigit($0) || "+.-".utf8.contains($0) }
    }

    private static func percents(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return "%" + (digits.utf8.count < 2 ? "0" : "") + digits
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        isLetter(byte) || isDigit(byte) || "-._~:/?@!$&'()*+,;=".utf8.contains(byte)
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        isDigit(byte) || (65...70).contains(byte) || (97...102).contains(byte)
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (65...90).contains(byte) || (97...122).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
}
