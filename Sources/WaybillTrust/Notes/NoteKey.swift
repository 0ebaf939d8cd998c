package import Crypto
import WaybillCore

/// A public Ed25519 key with its name, in the text form that C2SP signed-note calls a vkey.
package struct NoteKey: Hashable, Sendable, CustomStringConvertible {
    package let name: String
    /// First four bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key).
    package let id: UInt32
    /// 32 bytes.
    package let publicKey: [UInt8]

    /// Type of the signatures that we make and know.
    static let ed25519: UInt8 = 0x01

    package init(name: String, publicKey: [UInt8]) throws(NoteError) {
        guard SignedNote.isKeyName(name) else { throw .malformedKey("a name may hold neither white space nor '+'") }
        guard publicKey.count == 32 else { throw .malformedKey("an Ed25519 key has 32 bytes") }
        self.name = name
        self.publicKey = publicKey
        let hash = MerkleHash.plain(Array(name.utf8) + [0x0A, Self.ed25519] + publicKey)
        id = hash.bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// Parses `name+id+base64`; one line end after it is allowed.
    package init(parsing text: String) throws(NoteError) {
        let (name, id, blob) = try Self.fields(of: text)
        guard blob.first == Self.ed25519 else { throw .malformedKey("only type 0x01, Ed25519, is known") }
        try self.init(name: name, publicKey: Array(blob.dropFirst()))
        guard self.id == id else { throw .malformedKey("its id does not fit its name and key") }
    }

    /// Name, id and blob of a key's text: the base64 may itself hold `+`.
    static func fields(of text: String) throws(NoteError) -> (name: String, id: UInt32, blob: [UInt8]) {
        let line = text.hasSuffix("\n") ? text.dropLast() : text[...]
        let parts = line.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1].utf8.count == 8, let id = bytesOfHex(parts[1]),
            let blob = Base64.decode(parts[2])
        else { throw .malformedKey("expected NAME+ID+KEY, the id in 8 hex digits, the key in base64") }
        return (String(parts[0]), id.reduce(0) { $0 << 8 | UInt32($1) }, blob)
    }

    /// The vkey.
    package var description: String { "\(name)+\(Self.hex(id))+\(Base64.encode([Self.ed25519] + publicKey))" }

    static func hex(_ id: UInt32) -> String { hexadecimal(withUnsafeBytes(of: id.bigEndian, Array.init)) }

    package func isValid(_ signature: [UInt8], for message: [UInt8]) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey) else { return false }
        return key.isValidSignature(signature, for: message)
    }
}

/// A private Ed25519 key with its name. Its text is a secret: it goes to the key file and nowhere else.
package struct NoteSigner: Sendable {
    package let key: NoteKey
    private let privateKey: Curve25519.Signing.PrivateKey

    package init(name: String, privateKey: Curve25519.Signing.PrivateKey) throws(NoteError) {
        self.privateKey = privateKey
        key = try NoteKey(name: name, publicKey: Array(privateKey.publicKey.rawRepresentation))
    }

    /// Parses what `secretText` writes.
    package init(parsingSecret text: String) throws(NoteError) {
        let prefix = "PRIVATE+KEY+"
        guard text.hasPrefix(prefix) else { throw .malformedKey("a private key begins with \(prefix)") }
        let (name, id, blob) = try NoteKey.fields(of: String(text.dropFirst(prefix.count)))
        guard blob.first == NoteKey.ed25519,
            let privateKey = try? Curve25519.Signing.PrivateKey(rawRepresentation: blob.dropFirst())
        else { throw .malformedKey("only type 0x01, Ed25519, with a seed of 32 bytes, is known") }
        try self.init(name: name, privateKey: privateKey)
        guard key.id == id else { throw .malformedKey("its id does not fit its name and key") }
    }

    package var secretText: String {
        let seed = Array(privateKey.rawRepresentation)
        return "PRIVATE+KEY+\(key.name)+\(NoteKey.hex(key.id))+\(Base64.encode([NoteKey.ed25519] + seed))"
    }

    /// The bytes of a note with this key's signature.
    /// - Throws: when `text` is not one that a note may hold.
    package func sign(_ text: String) throws(NoteError) -> [UInt8] {
        guard text.hasSuffix("\n"), text.utf8.allSatisfy({ $0 >= 0x20 || $0 == 0x0A }) else {
            throw .malformed("a text ends with a line end and holds no other control character")
        }
        guard let signature = try? privateKey.signature(for: Array(text.utf8)) else {
            throw .malformed("the key refused to sign")
        }
        let id = withUnsafeBytes(of: key.id.bigEndian, Array.init)
        return Array("\(text)\n\u{2014} \(key.name) \(Base64.encode(id + Array(signature)))\n".utf8)
    }
}
