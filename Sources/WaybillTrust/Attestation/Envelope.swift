package import WaybillCore

/// A signed payload (DSSE 1.0). The bytes that were signed are handed on, never made again.
package struct Envelope: Hashable, Sendable {
    package struct Signature: Hashable, Sendable {
        /// A hint, never a proof.
        package var keyID: String?
        package var bytes: [UInt8]

        package init(keyID: String? = nil, bytes: [UInt8]) {
            self.keyID = keyID
            self.bytes = bytes
        }
    }

    package var payloadType: String
    package var payload: [UInt8]
    package var signatures: [Signature]

    /// Signatures that an envelope may have.
    package static let maximumSignatures = 64
    /// Bytes of the longest envelope that is read.
    package static let longest = 16 << 20

    package init(payloadType: String, payload: [UInt8], signatures: [Signature] = []) {
        self.payloadType = payloadType
        self.payload = payload
        self.signatures = signatures
    }

    package init(_ value: Value) throws(InvalidInput) {
        guard let type = value["payloadType"]?.string, let text = value["payload"]?.string,
            let items = value["signatures"]?.list
        else { throw InvalidInput("not a DSSE envelope: it needs 'payloadType', 'payload' and 'signatures'") }
        guard let payload = Base64.decodeEither(text) else {
            throw InvalidInput("not a DSSE envelope: its payload is not base64")
        }
        guard (1...Self.maximumSignatures).contains(items.count) else {
            throw InvalidInput(
                "not a DSSE envelope: it has \(items.count) signatures; expected 1 to \(Self.maximumSignatures)")
        }
        var signatures: [Signature] = []
        for item in items {
            guard let bytes = item["sig"]?.string.flatMap(Base64.decodeEither), !bytes.isEmpty else {
                throw InvalidInput("not a DSSE envelope: a signature is not base64")
            }
            let keyID = item["keyid"]?.string
            signatures.append(Signature(keyID: keyID == "" ? nil : keyID, bytes: bytes))
        }
        self.init(payloadType: type, payload: payload, signatures: signatures)
    }

    /// From the bytes of a JSON document.
    package init(parsing bytes: [UInt8]) throws(InvalidInput) {
        guard bytes.count <= Self.longest, let value = Value(json: bytes) else {
            throw InvalidInput("not a DSSE envelope: no JSON document of at most 16 MiB")
        }
        try self.init(value)
    }

    package var value: Value {
        [
            "payloadType": .string(payloadType), "payload": .string(Base64.encode(payload)),
            "signatures": .list(
                signatures.map { ["sig": .string(Base64.encode($0.bytes)), "keyid": .string($0.keyID ?? "")] }),
        ]
    }

    /// What is signed: type and payload with their lengths (PAE).
    package var signedBytes: [UInt8] { Self.encoding(type: payloadType, payload: payload) }

    package static func encoding(type: String, payload: [UInt8]) -> [UInt8] {
        Array("DSSEv1 \(type.utf8.count) \(type) \(payload.count) ".utf8) + payload
    }
}
