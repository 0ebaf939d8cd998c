package import WaybillCore

import struct Crypto.SHA256

/// A Sigstore bundle of version 0.3 around one DSSE envelope, signed by a key that the verifier has: the form of OpenSSF Model Signing.
package struct SigstoreBundle: Hashable, Sendable {
    /// Hash of the key's PEM text; a hint, never a proof.
    package var keyHint: String?
    package var envelope: Envelope

    package static let mediaType = "application/vnd.dev.sigstore.bundle.v0.3+json"

    /// Signs `statement`.
    package init(signing statement: Statement, by key: ECPrivateKey) throws(InvalidInput) {
        var envelope = Envelope(payloadType: Statement.payloadType, payload: statement.payload)
        envelope.signatures = [Envelope.Signature(bytes: try key.sign(envelope.signedBytes).der)]
        keyHint = Self.hint(of: key.publicKey)
        self.envelope = envelope
    }

    package init(parsing bytes: [UInt8]) throws(InvalidInput) {
        guard bytes.count <= Envelope.longest, let value = Value(json: bytes),
            let type = value["mediaType"]?.string
        else { throw InvalidInput("not a Sigstore bundle: no JSON document of at most 16 MiB with 'mediaType'") }
        guard type == Self.mediaType else {
            throw InvalidInput("a Sigstore bundle of the type \(type.quotedForMessage); expected '\(Self.mediaType)'")
        }
        guard let material = value["verificationMaterial"]?.object else {
            throw InvalidInput("not a Sigstore bundle: 'verificationMaterial' is missing")
        }
        guard let publicKey = material["publicKey"] else {
            throw InvalidInput("this Sigstore bundle is signed with a certificate; only signatures by keys are read")
        }
        guard let inner = value["dsseEnvelope"] else {
            throw InvalidInput("this Sigstore bundle holds no DSSE envelope")
        }
        keyHint = publicKey["hint"]?.string
        envelope = try Envelope(inner)
        guard envelope.signatures.count == 1 else {
            throw InvalidInput("a Sigstore bundle has one signature, not \(envelope.signatures.count)")
        }
    }

    package var bytes: [UInt8] {
        let value: Value = [
            "mediaType": .string(Self.mediaType),
            "verificationMaterial": [
                "publicKey": keyHint.map { ["hint": .string($0)] } ?? [:], "tlogEntries": [],
            ],
            "dsseEnvelope": envelope.value,
        ]
        return value.jsonBytes
    }

    package static func hint(of key: ECPublicKey) -> String { hexadecimal(SHA256.hash(data: Array(key.pem.utf8))) }

    /// Whether `key` may be the one that signed, as far as the hint tells.
    package func mayBe(by key: ECPublicKey) -> Bool { keyHint.map { $0 == Self.hint(of: key) } ?? true }

    /// The statement, once the signature holds.
    package func verify(by key: ECPublicKey) throws(InvalidInput) -> Statement {
        guard mayBe(by: key) else { throw InvalidInput("it is signed by another key") }
        guard envelope.payloadType == Statement.payloadType else {
            throw InvalidInput("its payload is \(envelope.payloadType.quotedForMessage), no in-toto statement")
        }
        guard let signature = envelope.signatures.first,
            key.isValid(der: signature.bytes, for: envelope.signedBytes)
        else { throw InvalidInput("its signature does not fit its payload") }
        return try Statement(parsing: envelope.payload)
    }
}
