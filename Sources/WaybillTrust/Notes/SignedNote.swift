/// A text with signatures (C2SP signed-note).
package struct SignedNote: Hashable, Sendable {
    /// One signature line: the key's name, the first four bytes of its identifier's hash, and the signature.
    package struct Signature: Hashable, Sendable {
        package let name: String
        package let keyID: UInt32
        package let bytes: [UInt8]
    }

    /// What is signed; ends with a line end.
    package let text: String
    package let signatures: [Signature]

    /// Signature lines that a note may have; the specification asks for at least 16.
    package static let maximumSignatures = 64

    /// Parses exactly the form of the specification.
    package init(parsing bytes: [UInt8]) throws(NoteError) {
        guard bytes.count <= 1 << 20 else { throw .malformed("longer than 1 MiB") }
        guard let note = String(validating: bytes, as: UTF8.self) else { throw .malformed("not UTF-8") }
        guard bytes.allSatisfy({ $0 >= 0x20 || $0 == 0x0A }) else { throw .malformed("holds a control character") }
        guard bytes.last == 0x0A else { throw .malformed("does not end with a line end") }
        guard let split = Self.lastEmptyLine(bytes) else { throw .malformed("no empty line before signatures") }
        text = String(decoding: bytes[..<split], as: UTF8.self)
        let lines = note.utf8.dropFirst(split + 1).split(separator: 0x0A, omittingEmptySubsequences: false).dropLast()
        guard !lines.isEmpty else { throw .malformed("no signature") }
        guard lines.count <= Self.maximumSignatures else { throw .malformed("too many signatures") }
        var parsed: [Signature] = []
        for line in lines { parsed.append(try Self.signature(String(Substring(line)))) }
        signatures = parsed
    }

    /// Offset of the line end that is the last empty line.
    private static func lastEmptyLine(_ bytes: [UInt8]) -> Int? {
        bytes.indices.dropFirst().last { bytes[$0] == 0x0A && bytes[$0 - 1] == 0x0A }
    }

    private static func signature(_ line: String) throws(NoteError) -> Signature {
        let parts = line.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "\u{2014}" else {
            throw .malformed("a signature line is '\u{2014} NAME BASE64'")
        }
        guard isKeyName(parts[1]) else { throw .malformed("a key name may hold neither white space nor '+'") }
        guard let blob = Base64.decode(parts[2]), blob.count > 4 else {
            throw .malformed("a signature is base64 of more than four bytes")
        }
        return Signature(
            name: String(parts[1]), keyID: blob[..<4].reduce(0) { $0 << 8 | UInt32($1) }, bytes: Array(blob[4...]))
    }

    /// Non-empty, no Unicode space, no `+`.
    package static func isKeyName(_ name: some StringProtocol) -> Bool {
        !name.isEmpty
            && name.unicodeScalars.allSatisfy {
                !$0.properties.isWhitespace && $0 != "+" && $0.value >= 0x20 && $0.value != 0x7F
            }
    }

    /// Checks the signatures of `keys` and ignores all others.
    ///
    /// - Returns: the names of the keys that signed.
    /// - Throws: when a known key's signature is wrong, or no signature is by a known key.
    @discardableResult
    package func verify(with keys: [NoteKey]) throws(NoteError) -> [String] {
        let message = Array(text.utf8)
        var names: [String] = []
        for signature in signatures {
            guard let key = keys.first(where: { $0.name == signature.name && $0.id == signature.keyID }) else {
                continue
            }
            guard key.isValid(signature.bytes, for: message) else { throw .wrongSignature(name: key.name) }
            names.append(key.name)
        }
        guard !names.isEmpty else { throw .noKnownSignature }
        return names
    }
}
