import Crypto
import WaybillCore

/// What a hardware key says about the moment of signing.
package struct SSHPresence: Hashable, Sendable {
    /// Somebody touched it.
    package var isUserPresent: Bool
    /// It knew the person, by PIN or finger.
    package var isUserVerified: Bool
    /// How often it had signed.
    package var counter: UInt32
}

extension SSHPublicKey {
    /// Checks a signature in the wire form of SSH.
    ///
    /// - Returns: what the key says of the person's presence, when it is one in hardware.
    /// - Throws: when the signature has another form, or is not this key's over `message`.
    func verify(signature blob: [UInt8], for message: [UInt8]) throws(InvalidInput) -> SSHPresence? {
        var reader = SSHReader(blob)
        let algorithm = try reader.text()
        let body = try reader.string()
        var (isValid, presence): (Bool, SSHPresence?) = (false, nil)
        switch material {
        case .ed25519(let point):
            try Self.expect(algorithm, kind)
            isValid = Self.isEd25519(body, point, message)
        case .ecdsa(let key):
            try Self.expect(algorithm, kind)
            isValid = try Self.isECDSA(body, key, message)
        case .rsa(let modulus, let exponent):
            let hash: SSHSignature.Hash? = ["rsa-sha2-256": .sha256, "rsa-sha2-512": .sha512][algorithm]
            guard let hash else { throw InvalidInput("RSA signatures are made with SHA-2; this is \(algorithm)") }
            isValid = RSAKey.isValid(body, hash: hash, for: message, modulus: modulus, exponent: exponent)
        case .securityKeyEd25519(let point, let application):
            try Self.expect(algorithm, kind)
            let (said, signed) = try Self.presence(&reader, application, message)
            (presence, isValid) = (said, Self.isEd25519(body, point, signed))
        case .securityKeyECDSA(let key, let application):
            try Self.expect(algorithm, kind)
            let (said, signed) = try Self.presence(&reader, application, message)
            (presence, isValid) = (said, try Self.isECDSA(body, key, signed))
        }
        try reader.end()
        guard isValid else { throw InvalidInput("it does not fit the bytes that it is said to sign") }
        return presence
    }

    private static func expect(_ algorithm: String, _ kind: Kind) throws(InvalidInput) {
        guard algorithm == kind.rawValue else {
            throw InvalidInput("a signature of the type \(algorithm.quotedForMessage) by a key of '\(kind.rawValue)'")
        }
    }

    private static func isEd25519(_ signature: [UInt8], _ point: [UInt8], _ message: [UInt8]) -> Bool {
        guard signature.count == 64, let key = try? Curve25519.Signing.PublicKey(rawRepresentation: point) else {
            return false
        }
        return key.isValidSignature(signature, for: message)
    }

    private static func isECDSA(
        _ body: [UInt8], _ key: ECPublicKey, _ message: [UInt8]
    ) throws(InvalidInput) -> Bool {
        var reader = SSHReader(body)
        let (r, s) = (try reader.magnitude(), try reader.magnitude())
        try reader.end()
        return key.isValid(r: r, s: s, for: message)
    }

    /// What the hardware says, and the bytes that it signs for `message`.
    private static func presence(
        _ reader: inout SSHReader, _ application: String, _ message: [UInt8]
    ) throws(InvalidInput) -> (SSHPresence, [UInt8]) {
        let (flags, counter) = (try reader.byte(), try reader.number())
        var writer = SSHWriter()
        writer.raw(SHA256.hash(data: Array(application.utf8)))
        writer.raw([flags])
        writer.number(counter)
        writer.raw(SHA256.hash(data: message))
        let presence = SSHPresence(
            isUserPresent: flags & 0x01 != 0, isUserVerified: flags & 0x04 != 0, counter: counter)
        return (presence, writer.bytes)
    }
}
