import Crypto
import CryptoExtras
import WaybillCore

/// RSA as OpenSSH signs with it: PKCS #1 v1.5 over SHA-2.
enum RSAKey {
    /// Bits of a modulus that are taken.
    private static let sizes = 2048...16_384

    static func check(modulus: [UInt8], exponent: [UInt8]) throws(InvalidInput) {
        let bits = modulus.count * 8 - (modulus.first?.leadingZeroBitCount ?? 0)
        guard sizes.contains(bits) else {
            throw InvalidInput("an RSA key of \(bits) bits; taken are \(sizes.lowerBound) to \(sizes.upperBound)")
        }
        guard exponent.count <= 4, exponent.last.map({ $0 & 1 == 1 }) == true else {
            throw InvalidInput("an RSA key with a public exponent that nobody should use")
        }
    }

    static func isValid(
        _ signature: [UInt8], hash: SSHSignature.Hash, for message: [UInt8], modulus: [UInt8], exponent: [UInt8]
    ) -> Bool {
        guard signature.count <= modulus.count,
            let key = try? _RSA.Signing.PublicKey(n: modulus, e: exponent)
        else { return false }
        let signature = _RSA.Signing.RSASignature(rawRepresentation: padded(signature, modulus.count))
        return switch hash {
        case .sha256:
            key.isValidSignature(signature, for: SHA256.hash(data: message), padding: .insecurePKCS1v1_5)
        case .sha512:
            key.isValidSignature(signature, for: SHA512.hash(data: message), padding: .insecurePKCS1v1_5)
        }
    }
}
