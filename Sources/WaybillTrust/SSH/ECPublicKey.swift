package import Crypto
package import WaybillCore

/// A public key for ECDSA on one of the three curves that SSH and OpenSSF Model Signing share. Each has its own hash.
package enum ECPublicKey: Sendable {
    case p256(P256.Signing.PublicKey)
    case p384(P384.Signing.PublicKey)
    case p521(P521.Signing.PublicKey)

    package enum Curve: String, CaseIterable, Hashable, Sendable {
        case p256 = "nistp256"
        case p384 = "nistp384"
        case p521 = "nistp521"

        /// Bytes of a coordinate.
        var width: Int {
            switch self {
            case .p256: 32
            case .p384: 48
            case .p521: 66
            }
        }
    }

    package var curve: Curve {
        switch self {
        case .p256: .p256
        case .p384: .p384
        case .p521: .p521
        }
    }

    /// From an uncompressed point (X9.63), which must lie on the curve.
    package init(_ curve: Curve, point: [UInt8]) throws(InvalidInput) {
        do {
            switch curve {
            case .p256: self = .p256(try P256.Signing.PublicKey(x963Representation: point))
            case .p384: self = .p384(try P384.Signing.PublicKey(x963Representation: point))
            case .p521: self = .p521(try P521.Signing.PublicKey(x963Representation: point))
            }
        } catch { throw InvalidInput("its point does not lie on the curve \(curve.rawValue)") }
    }

    /// From the text of a PEM file (SubjectPublicKeyInfo).
    package init(pem: String) throws(InvalidInput) {
        if let key = try? P256.Signing.PublicKey(pemRepresentation: pem) {
            self = .p256(key)
        } else if let key = try? P384.Signing.PublicKey(pemRepresentation: pem) {
            self = .p384(key)
        } else if let key = try? P521.Signing.PublicKey(pemRepresentation: pem) {
            self = .p521(key)
        } else {
            throw InvalidInput("not a public key for ECDSA on P-256, P-384 or P-521 in PEM")
        }
    }

    var point: [UInt8] {
        switch self {
        case .p256(let key): Array(key.x963Representation)
        case .p384(let key): Array(key.x963Representation)
        case .p521(let key): Array(key.x963Representation)
        }
    }

    /// SubjectPublicKeyInfo in PEM, as OpenSSL writes it, line's end included.
    package var pem: String {
        let text =
            switch self {
            case .p256(let key): key.pemRepresentation
            case .p384(let key): key.pemRepresentation
            case .p521(let key): key.pemRepresentation
            }
        return text.hasSuffix("\n") ? text : text + "\n"
    }

    /// Checks a signature in DER over the curve's own hash of `message`.
    package func isValid(der: [UInt8], for message: [UInt8]) -> Bool {
        switch self {
        case .p256(let key):
            (try? P256.Signing.ECDSASignature(derRepresentation: der)).map { key.isValidSignature($0, for: message) }
                ?? false
        case .p384(let key):
            (try? P384.Signing.ECDSASignature(derRepresentation: der)).map { key.isValidSignature($0, for: message) }
                ?? false
        case .p521(let key):
            (try? P521.Signing.ECDSASignature(derRepresentation: der)).map { key.isValidSignature($0, for: message) }
                ?? false
        }
    }

    /// Checks a signature of two numbers.
    func isValid(r: [UInt8], s: [UInt8], for message: [UInt8]) -> Bool {
        let width = curve.width
        guard r.count <= width, s.count <= width else { return false }
        let raw = padded(r, width) + padded(s, width)
        return switch self {
        case .p256(let key):
            (try? P256.Signing.ECDSASignature(rawRepresentation: raw)).map { key.isValidSignature($0, for: message) }
                ?? false
        case .p384(let key):
            (try? P384.Signing.ECDSASignature(rawRepresentation: raw)).map { key.isValidSignature($0, for: message) }
                ?? false
        case .p521(let key):
            (try? P521.Signing.ECDSASignature(rawRepresentation: raw)).map { key.isValidSignature($0, for: message) }
                ?? false
        }
    }
}

extension ECPublicKey: Hashable {
    package static func == (left: ECPublicKey, right: ECPublicKey) -> Bool { left.point == right.point }
    package func hash(into hasher: inout Hasher) { hasher.combine(point) }
}

/// `bytes` after as many zeros as make them `width` long.
func padded(_ bytes: [UInt8], _ width: Int) -> [UInt8] {
    [UInt8](repeating: 0, count: max(0, width - bytes.count)) + bytes
}
