package import Crypto
import CryptoExtras
package import WaybillCore

/// A private SSH key that is not encrypted. Its bytes never leave it, not even in an error.
package struct SSHPrivateKey: Sendable {
    private enum Material: Sendable {
        case ed25519(Curve25519.Signing.PrivateKey)
        case ecdsa(ECPrivateKey)
        case rsa(_RSA.Signing.PrivateKey)
    }

    package let publicKey: SSHPublicKey
    private let material: Material

    package init(_ key: Curve25519.Signing.PrivateKey) {
        publicKey = SSHPublicKey(.ed25519(Array(key.publicKey.rawRepresentation)))
        material = .ed25519(key)
    }

    package init(_ key: ECPrivateKey) {
        publicKey = SSHPublicKey(key.publicKey)
        material = .ecdsa(key)
    }

    /// Why a key file cannot be used here.
    package enum Problem: Error, Hashable, Sendable {
        /// Something else than a file of OpenSSH's own form.
        case otherForm
        /// Only OpenSSH can open it: it is encrypted, or stands for a key in hardware.
        case needsOpenSSH(String)
        case broken(String)
    }

    private static let header = "-----BEGIN OPENSSH PRIVATE KEY-----"
    private static let footer = "-----END OPENSSH PRIVATE KEY-----"
    private static let magic = Array("openssh-key-v1\0".utf8)

    /// From the text of a key file that `ssh-keygen` wrote.
    package init(parsing text: String) throws(Problem) {
        guard let begin = text.firstRange(of: Self.header),
            let end = text[begin.upperBound...].firstRange(of: Self.footer)
        else { throw .otherForm }
        let letters = text[begin.upperBound..<end.lowerBound].filter { !$0.isWhitespace }
        guard letters.utf8.count <= 64 << 10, let blob = Base64.decode(letters) else {
            throw .broken("it is not base64 of at most 64 KiB")
        }
        do throws(InvalidInput) {
            self = try Self.read(blob)
        } catch {
            if error == Self.encrypted { throw .needsOpenSSH(error.message) }
            if error == Self.hardware { throw .needsOpenSSH(error.message) }
            throw .broken(error.message)
        }
    }

    private static let encrypted = InvalidInput("it is encrypted")
    private static let hardware = InvalidInput("it stands for a key in hardware")

    private static func read(_ blob: [UInt8]) throws(InvalidInput) -> SSHPrivateKey {
        var reader = SSHReader(blob)
        guard try reader.take(magic.count) == magic else { throw InvalidInput("it is not of 'openssh-key-v1'") }
        let cipher = try reader.text()
        _ = (try reader.string(), try reader.string())
        guard cipher == "none" else { throw encrypted }
        guard try reader.number() == 1 else { throw InvalidInput("it holds more than one key") }
        let publicKey = try SSHPublicKey(blob: try reader.string())
        if publicKey.kind.isOfHardware { throw hardware }
        var secret = SSHReader(try reader.string())
        try reader.end()
        guard try secret.number() == secret.number() else { throw InvalidInput("its two check numbers differ") }
        guard try secret.text() == publicKey.kind.rawValue else {
            throw InvalidInput("its private half is of another type than its public one")
        }
        let key = try privateHalf(publicKey.kind, &secret)
        guard key.publicKey == publicKey else { throw InvalidInput("its private half does not fit its public one") }
        return key
    }

    private static func privateHalf(
        _ kind: SSHPublicKey.Kind, _ secret: inout SSHReader
    ) throws(InvalidInput) -> SSHPrivateKey {
        switch kind {
        case .ed25519:
            _ = try secret.string()
            let seed = try secret.string().prefix(32)
            guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed) else {
                throw InvalidInput("its seed has not 32 bytes")
            }
            return SSHPrivateKey(key)
        case .ecdsa256, .ecdsa384, .ecdsa521:
            guard let curve = ECPublicKey.Curve(rawValue: try secret.text()) else {
                throw InvalidInput("its curve is not known")
            }
            _ = try secret.string()
            let scalar = try secret.magnitude()
            guard scalar.count <= curve.width else { throw InvalidInput("its secret number is too long") }
            return SSHPrivateKey(try ECPrivateKey(curve, scalar: scalar))
        case .rsa: return try SSHPrivateKey(rsa: &secret)
        case .securityKeyEd25519, .securityKeyECDSA: throw hardware
        }
    }

    private init(rsa secret: inout SSHReader) throws(InvalidInput) {
        let (modulus, exponent, secretExponent) = (
            try secret.magnitude(), try secret.magnitude(), try secret.magnitude()
        )
        _ = try secret.magnitude()
        let (p, q) = (try secret.magnitude(), try secret.magnitude())
        try RSAKey.check(modulus: modulus, exponent: exponent)
        guard let key = try? _RSA.Signing.PrivateKey(n: modulus, e: exponent, d: secretExponent, p: p, q: q) else {
            throw InvalidInput("its numbers are no RSA key")
        }
        publicKey = SSHPublicKey(.rsa(modulus: modulus, exponent: exponent))
        material = .rsa(key)
    }

    /// Signs `message` for the purpose that `namespace` names.
    package func sign(_ message: [UInt8], namespace: String) throws(InvalidInput) -> SSHSignature {
        let bytes = SSHSignature.signedBytes(message, namespace: namespace, hash: .sha512)
        var writer = SSHWriter()
        do {
            switch material {
            case .ed25519(let key):
                writer.text(publicKey.kind.rawValue)
                writer.string(Array(try key.signature(for: bytes)))
            case .ecdsa(let key):
                let raw = try key.sign(bytes).raw
                var numbers = SSHWriter()
                numbers.magnitude(raw.prefix(raw.count / 2))
                numbers.magnitude(raw.suffix(raw.count / 2))
                writer.text(publicKey.kind.rawValue)
                writer.string(numbers.bytes)
            case .rsa(let key):
                writer.text("rsa-sha2-512")
                let signature = try key.signature(for: SHA512.hash(data: bytes), padding: .insecurePKCS1v1_5)
                writer.string(Array(signature.rawRepresentation))
            }
        } catch { throw InvalidInput("the key refused to sign") }
        return SSHSignature(key: publicKey, namespace: namespace, hash: .sha512, signature: writer.bytes)
    }
}
