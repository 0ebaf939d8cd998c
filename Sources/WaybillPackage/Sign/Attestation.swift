package import WaybillCore
package import WaybillTrust

/// Statements about bundles that somebody signed.
package enum Attestation {
    /// The purpose for which SSH keys sign statements.
    package static let namespace = "waybill.dev/attestation"
    static let mediaType = "application/vnd.dsse.envelope.v1+json"
    static let predicateAnnotation = "in-toto.io/predicate-type"

    /// An envelope around `statement` that an ECDSA key signs.
    package static func envelope(_ statement: Statement, by key: ECPrivateKey) throws(InvalidInput) -> Envelope {
        var envelope = Envelope(payloadType: Statement.payloadType, payload: statement.payload)
        envelope.signatures = [
            Envelope.Signature(
                keyID: SSHPublicKey(key.publicKey).fingerprint, bytes: try key.sign(envelope.signedBytes).der)
        ]
        return envelope
    }

    /// The same with an SSHSIG over what DSSE signs.
    package static func envelope(_ statement: Statement, with signature: SSHSignature) -> Envelope {
        Envelope(
            payloadType: Statement.payloadType, payload: statement.payload,
            signatures: [Envelope.Signature(keyID: signature.key.fingerprint, bytes: signature.blob)])
    }

    /// What an SSH key signs for `statement`.
    package static func signedBytes(of statement: Statement) -> [UInt8] {
        Envelope.encoding(type: Statement.payloadType, payload: statement.payload)
    }

    /// The statement and the keys whose signatures hold. `keys` are candidates for signatures that carry none.
    package static func verify(
        _ envelope: Envelope, keys: [ECPublicKey]
    ) throws(InvalidInput) -> (statement: Statement, signers: [SSHPublicKey]) {
        let message = envelope.signedBytes
        var signers: [SSHPublicKey] = []
        for signature in envelope.signatures {
            if let own = try? SSHSignature(blob: signature.bytes) {
                do throws(InvalidInput) { try own.verify(message, namespace: namespace) } catch { continue }
                signers.append(own.key)
            } else if let key = keys.first(where: { $0.isValid(der: signature.bytes, for: message) }) {
                signers.append(SSHPublicKey(key))
            }
        }
        return (try Statement(parsing: envelope.payload), signers)
    }
}

extension ContentStore {
    /// Puts a CycloneDX bill of materials of the bundle beside it.
    package func attachBill(to bundle: StoredBundle) async throws(Failure) -> Referrer {
        let facts = try await facts(of: bundle)
        let bill = BillOfMaterials(bundle: bundle, spec: facts.spec, libraries: facts.libraries)
        return try await attach(
            bill.bytes, mediaType: BillOfMaterials.mediaType, artifactType: BillOfMaterials.mediaType,
            to: bundle.descriptor)
    }

    /// What a builder says about how the bundle was made, to be signed.
    package func provenance(
        of bundle: StoredBundle, build: String?, finished: Timestamp?
    ) async throws(Failure) -> Statement {
        Provenance(bundle: bundle, spec: try await facts(of: bundle).spec, build: build, finished: finished).statement
    }

    /// Puts a signed statement beside the bundle.
    package func attach(
        _ envelope: Envelope, predicateType: String, to bundle: StoredBundle
    ) async throws(Failure) -> Referrer {
        try await attach(
            envelope.value.jsonBytes, mediaType: Attestation.mediaType, artifactType: Attestation.mediaType,
            annotations: [Attestation.predicateAnnotation: predicateType], to: bundle.descriptor)
    }

    /// What the bundle says of itself.
    /// - Throws: `BundleForeign`, stalling, for a bundle that Waybill did not make.
    private func facts(of bundle: StoredBundle) async throws(Failure) -> (spec: Value, libraries: [LockedLibrary]) {
        guard let spec = try await spec(of: bundle) else {
            throw Failure(
                .stall, reason: "BundleForeign",
                message:
                    "\(bundle.descriptor.digest) has no sound \(BundleContent.versionPath), so nothing can be said of how it "
                    + "was made; only bundles that Waybill built have one")
        }
        return (spec, try await libraries(of: bundle, spec: spec))
    }

    /// `spec` of the rendered `ModelVersion` in the bundle; nil for one that Waybill did not make.
    func spec(of bundle: StoredBundle) async throws(Failure) -> Value? {
        guard let own = bundle.layers.first(where: { $0.path == BundleContent.versionPath }),
            let bytes = try await bytes(of: own.digest)
        else { return nil }
        return Value(json: bytes)?["spec"]
    }

    /// The version that the files of the bundle say they are, such as `churn@1.4.0`.
    func statedVersion(of bundle: StoredBundle) async throws(Failure) -> String? {
        guard let spec = try await spec(of: bundle), let model = spec["model"]?.string,
            let version = spec["version"]?.string
        else { return nil }
        return "\(model)@\(version)"
    }

    /// Packages of the bundle's lock; none without one.
    /// - Throws: `LockInvalid`, stalling.
    func libraries(of bundle: StoredBundle, spec: Value) async throws(Failure) -> [LockedLibrary] {
        guard let lock = bundle.layers.first(where: { $0.path.hasPrefix("\(BundleFile.ownFolder)/lock/") }),
            let bytes = try await bytes(of: lock.digest)
        else { return [] }
        let python = spec["environment"]?["python"]?.string ?? "3"
        return try LockedLibrary.of(lock: bytes, path: lock.path, python: python)
    }
}
