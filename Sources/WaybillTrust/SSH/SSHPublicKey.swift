import Crypto
package import WaybillCore

/// A public key as OpenSSH has it. Equal keys are equal values, however they were written.
package struct SSHPublicKey: Hashable, Sendable, CustomStringConvertible {
    package enum Kind: String, CaseIterable, Hashable, Sendable {
        case ed25519 = "ssh-ed25519"
        case ecdsa256 = "ecdsa-sha2-nistp256"
        case ecdsa384 = "ecdsa-sha2-nistp384"
        case ecdsa521 = "ecdsa-sha2-nistp521"
        case rsa = "ssh-rsa"
        case securityKeyEd25519 = "sk-ssh-ed25519@openssh.com"
        case securityKeyECDSA = "sk-ecdsa-sha2-nistp256@openssh.com"

        /// Kept in hardware that says whether a person touched it.
        package var isOfHardware: Bool { self == .securityKeyEd25519 || self == .securityKeyECDSA }

        static func ecdsa(_ curve: ECPublicKey.Curve) -> Kind {
            switch curve {
            case .p256: .ecdsa256
            case .p384: .ecdsa384
            case .p521: .ecdsa521
            }
        }
    }

    enum Material: Hashable, Sendable {
        case ed25519([UInt8])
        case ecdsa(ECPublicKey)
        case rsa(modulus: [UInt8], exponent: [UInt8])
        case securityKeyEd25519([UInt8], application: String)
        case securityKeyECDSA(ECPublicKey, application: String)
    }

    let material: Material

    package var kind: Kind {
        switch material {
        case .ed25519: .ed25519
        case .ecdsa(let key): .ecdsa(key.curve)
        case .rsa: .rsa
        case .securityKeyEd25519: .securityKeyEd25519
        case .securityKeyECDSA: .securityKeyECDSA
        }
    }

    init(_ material: Material) { self.material = material }

    /// The same key that OpenSSF Model Signing uses, in the form of SSH.
    package init(_ key: ECPublicKey) { material = .ecdsa(key) }

    /// The key when it is one for ECDSA in software.
    package var ecKey: ECPublicKey? {
        if case .ecdsa(let key) = material { key } else { nil }
    }

    /// From its wire form.
    package init(blob: [UInt8]) throws(InvalidInput) {
        guard blob.count <= Self.longestBlob else { throw InvalidInput("a public key of more than 8 KiB") }
        var reader = SSHReader(blob)
        let name = try reader.text()
        guard let kind = Kind(rawValue: name) else {
            let why = name.contains("-cert-") ? "certificates are not read; use the plain key" : Self.known
            throw InvalidInput("a key of the type \(name.quotedForMessage): \(why)")
        }
        material = try Self.material(of: kind, &reader)
        try reader.end()
    }

    private static let longestBlob = 8192
    private static let known = "known are \(Kind.allCases.map(\.rawValue).joined(separator: ", "))"

    private static func material(of kind: Kind, _ reader: inout SSHReader) throws(InvalidInput) -> Material {
        switch kind {
        case .ed25519: return .ed25519(try point(&reader))
        case .ecdsa256: return .ecdsa(try curve(.p256, &reader))
        case .ecdsa384: return .ecdsa(try curve(.p384, &reader))
        case .ecdsa521: return .ecdsa(try curve(.p521, &reader))
        case .rsa:
            let (exponent, modulus) = (try reader.magnitude(), try reader.magnitude())
            try RSAKey.check(modulus: modulus, exponent: exponent)
            return .rsa(modulus: modulus, exponent: exponent)
        case .securityKeyEd25519: return .securityKeyEd25519(try point(&reader), application: try reader.text())
        case .securityKeyECDSA: return .securityKeyECDSA(try curve(.p256, &reader), application: try reader.text())
        }
    }

    private static func point(_ reader: inout SSHReader) throws(InvalidInput) -> [UInt8] {
        let bytes = try reader.string()
        guard bytes.count == 32 else { throw InvalidInput("an Ed25519 key has 32 bytes, not \(bytes.count)") }
        return bytes
    }

    private static func curve(_ curve: ECPublicKey.Curve, _ reader: inout SSHReader) throws(InvalidInput) -> ECPublicKey
    {
        let named = try reader.text()
        guard named == curve.rawValue else {
            throw InvalidInput("its curve \(named.quotedForMessage) is not that of its type")
        }
        return try ECPublicKey(curve, point: try reader.string())
    }

    /// Its wire form.
    package var blob: [UInt8] {
        var writer = SSHWriter()
        writer.text(kind.rawValue)
        switch material {
        case .ed25519(let point): writer.string(point)
        case .ecdsa(let key):
            writer.text(key.curve.rawValue)
            writer.string(key.point)
        case .rsa(let modulus, let exponent):
            writer.magnitude(exponent)
            writer.magnitude(modulus)
        case .securityKeyEd25519(let point, let application):
            writer.string(point)
            writer.text(application)
        case .securityKeyECDSA(let key, let application):
            writer.text(key.curve.rawValue)
            writer.string(key.point)
            writer.text(application)
        }
        return writer.bytes
    }

    /// From a line such as a `.pub` file has: type, base64, and a comment that is not kept.
    package init(parsing line: String) throws(InvalidInput) {
        let words = line.split(maxSplits: 2, omittingEmptySubsequences: true) { $0 == " " || $0 == "\t" || $0 == "\n" }
        guard line.utf8.count <= 4 * Self.longestBlob, words.count >= 2, let blob = Base64.decode(words[1]) else {
            throw InvalidInput(
                "\(line.quotedForMessage) is no public SSH key; expected a line as in a '.pub' file: 'ssh-ed25519 AAAA…'"
            )
        }
        do throws(InvalidInput) {
            try self.init(blob: blob)
        } catch { throw InvalidInput("\(line.quotedForMessage) is no public SSH key: \(error.message)") }
        guard kind.rawValue == words[0] else {
            throw InvalidInput(
                "\(line.quotedForMessage) is no public SSH key: it says \(String(words[0]).quotedForMessage), "
                    + "and holds one of the type '\(kind.rawValue)'")
        }
    }

    /// The line of a `.pub` file, without a comment.
    package var description: String { "\(kind.rawValue) \(Base64.encode(blob))" }

    /// `SHA256:` and the unpadded base64 of the blob's hash, as OpenSSH shows it.
    package var fingerprint: String {
        let text = Base64.encode(Array(SHA256.hash(data: blob)))
        return "SHA256:\(text.prefix { $0 != "=" })"
    }
}
