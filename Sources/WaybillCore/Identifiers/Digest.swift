package import Crypto

/// A SHA-256 digest, written `sha256:` and 64 lowercase hexadecimal digits.
package struct Digest: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let hex: String

    /// - Throws: `InvalidInput` that shows the expected form.
    package init(parsing text: String) throws(InvalidInput) {
        let hex = text.utf8.dropFirst(7)
        guard text.utf8.starts(with: "sha256:".utf8), hex.count == 64,
            hex.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
        else {
            throw InvalidInput(
                "\(text.quotedForMessage) is not a digest; expected 'sha256:' and 64 lowercase hex digits")
        }
        self.hex = String(decoding: hex, as: UTF8.self)
    }

    /// The digest of `bytes`.
    package init(of bytes: some Sequence<UInt8>) {
        var hasher = SHA256()
        hasher.update(data: Array(bytes))
        self.init(finalizing: hasher)
    }

    /// The digest of what was fed to `hasher`.
    package init(finalizing hasher: SHA256) {
        hex = hexadecimal(hasher.finalize())
    }

    /// The first 12 hex digits: enough to recognise, never enough to decide.
    package var short: String { String(hex.prefix(12)) }

    package static func < (left: Digest, right: Digest) -> Bool { left.hex < right.hex }
    package var description: String { "sha256:\(hex)" }
}

/// Lowercase hexadecimal digits of `bytes`, two a byte.
package func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    func digit(_ value: UInt8) -> UInt8 { value < 10 ? 48 + value : 87 + value }
    var text: [UInt8] = []
    text.reserveCapacity(2 * bytes.underestimatedCount)
    for byte in bytes {
        text.append(digit(byte >> 4))
        text.append(digit(byte & 15))
    }
    return String(decoding: text, as: UTF8.self)
}
