package import Crypto
package import WaybillCore

/// A private key for ECDSA. Its bytes never leave it.
package enum ECPrivateKey: Sendable {
    case p256(P256.Signing.PrivateKey)
    case p384(P384.Signing.PrivateKey)
    case p521(P521.Signing.PrivateKey)

    /// From the text of a PEM file: `EC PRIVATE KEY` (SEC 1) or `PRIVATE KEY` (PKCS #8), not encrypted. Parameters before it, as OpenSSL
    /// writes them, are skipped.
    package init(pem: String) throws(InvalidInput) {
        if pem.contains("ENCRYPTED") {
            throw InvalidInput(
                "the key is encrypted; decrypt it into a file that only you can read: openssl pkey -in KEY -out PLAIN")
        }
        let block = Self.keyBlock(of: pem)
        if let key = try? P256.Signing.PrivateKey(pemRepresentation: block) {
            self = .p256(key)
        } else if let key = try? P384.Signing.PrivateKey(pemRepresentation: block) {
            self = .p384(key)
        } else if let key = try? P521.Signing.PrivateKey(pemRepresentation: block) {
            self = .p521(key)
        } else {
            throw InvalidInput(
                "not a private key for ECDSA on P-256, P-384 or P-521 in PEM; make one with: "
                    + "openssl ecparam -name prime256v1 -genkey -noout -out KEY")
        }
    }

    init(_ curve: ECPublicKey.Curve, scalar: [UInt8]) throws(InvalidInput) {
        let raw = padded(scalar, curve.width)
        do {
            switch curve {
            case .p256: self = .p256(try P256.Signing.PrivateKey(rawRepresentation: raw))
            case .p384: self = .p384(try P384.Signing.PrivateKey(rawRepresentation: raw))
            case .p521: self = .p521(try P521.Signing.PrivateKey(rawRepresentation: raw))
            }
        } catch { throw InvalidInput("its secret number is none of the curve \(curve.rawValue)") }
    }

    private static func keyBlock(of pem: String) -> String {
        for label in ["EC PRIVATE KEY", "PRIVATE KEY"] {
            guard let begin = pem.firstRange(of: "-----BEGIN \(label)-----"),
                let end = pem[begin.upperBound...].firstRange(of: "-----END \(label)-----")
            else { continue }
            return String(pem[begin.lowerBound..<end.upperBound])
        }
        return pem
    }

    package var publicKey: ECPublicKey {
        switch self {
        case .p256(let key): .p256(key.publicKey)
        case .p384(let key): .p384(key.publicKey)
        case .p521(let key): .p521(key.publicKey)
        }
    }

    /// A signature over the curve's own hash of `message`: in DER, and as two numbers one after the other.
    package func sign(_ message: [UInt8]) throws(InvalidInput) -> (der: [UInt8], raw: [UInt8]) {
        do {
            switch self {
            case .p256(let key):
                let signature = try key.signature(for: message)
                return (Array(signature.derRepresentation), Array(signature.rawRepresentation))
            case .p384(let key):
                let signature = try key.signature(for: message)
                return (Array(signature.derRepresentation), Array(signature.rawRepresentation))
            case .p521(let key):
                let signature = try key.signature(for: message)
                return (Array(signature.derRepresentation), Array(signature.rawRepresentation))
            }
        } catch { throw InvalidInput("the key refused to sign") }
    }
}
