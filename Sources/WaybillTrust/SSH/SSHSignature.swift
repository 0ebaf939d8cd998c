import Crypto
package import WaybillCore

/// A signature by an SSH key over bytes, for one purpose (SSHSIG, as `ssh-keygen -Y sign` makes it).
///
/// The namespace is the purpose: a signature under one never holds under another.
package struct SSHSignature: Hashable, Sendable {
    package enum Hash: String, CaseIterable, Hashable, Sendable {
        case sha256, sha512

        func of(_ message: [UInt8]) -> [UInt8] {
            switch self {
            case .sha256: Array(SHA256.hash(data: message))
            case .sha512: Array(SHA512.hash(data: message))
            }
        }
    }

    package let key: SSHPublicKey
    package let namespace: String
    package let hash: Hash
    /// In the wire form of SSH.
    let signature: [UInt8]

    init(key: SSHPublicKey, namespace: String, hash: Hash, signature: [UInt8]) {
        self.key = key
        self.namespace = namespace
        self.hash = hash
        self.signature = signature
    }

    /// From its wire form.
    package init(blob: [UInt8]) throws(InvalidInput) {
        var reader = SSHReader(blob)
        guard try reader.take(Self.magic.count) == Self.magic else {
            throw InvalidInput("it does not begin with SSHSIG")
        }
        let version = try reader.number()
        guard version <= 1 else { throw InvalidInput("version \(version) is not known; 1 is") }
        key = try SSHPublicKey(blob: try reader.string())
        namespace = try reader.text()
        _ = try reader.string()
        let name = try reader.text()
        guard let hash = Hash(rawValue: name) else {
            throw InvalidInput("the hash \(name.quotedForMessage) is not known; sha256 and sha512 are")
        }
        self.hash = hash
        signature = try reader.string()
        try reader.end()
    }

    private static let magic = Array("SSHSIG".utf8)

    package var blob: [UInt8] {
        var writer = SSHWriter()
        writer.raw(Self.magic)
        writer.number(1)
        writer.string(key.blob)
        writer.text(namespace)
        writer.string([])
        writer.text(hash.rawValue)
        writer.string(signature)
        return writer.bytes
    }

    /// What the key signs.
    static func signedBytes(_ message: [UInt8], namespace: String, hash: Hash) -> [UInt8] {
        var writer = SSHWriter()
        writer.raw(magic)
        writer.text(namespace)
        writer.string([])
        writer.text(hash.rawValue)
        writer.string(hash.of(message))
        return writer.bytes
    }

    /// Checks that `key` signed `message` under `namespace`. Whether the key may is for the caller to say.
    ///
    /// - Returns: what a key in hardware says of the person's presence; nil for others.
    @discardableResult
    package func verify(_ message: [UInt8], namespace: String) throws(InvalidInput) -> SSHPresence? {
        guard self.namespace == namespace else {
            throw InvalidInput(
                "it was made for \(self.namespace.quotedForMessage) and proves nothing for '\(namespace)'")
        }
        return try key.verify(
            signature: signature, for: Self.signedBytes(message, namespace: namespace, hash: hash))
    }
}
