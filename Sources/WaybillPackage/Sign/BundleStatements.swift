package import WaybillCore
package import WaybillTrust

/// A statement that stands beside a bundle, as it is read back.
package struct BundleStatement: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// Of this predicate type.
        case attestation(String)
        case bill
        /// What the gates of a checklist measured.
        case evidence
    }

    package var kind: Kind
    /// Digest of its own bytes.
    package var digest: Digest
    package var size: Int64
    /// Keys whose signatures hold; none for what nobody signs: bills of materials, evidence, and what a builder says.
    package var signers: [SSHPublicKey] = []
    /// What is wrong with it.
    package var problem: String?
}

extension ContentStore {
    /// Attestations and bills of materials beside the bundle, oldest first. `keys` are candidates for signatures that carry none.
    package func statements(about bundle: StoredBundle, keys: [ECPublicKey]) async throws(Failure) -> [BundleStatement]
    {
        var found: [BundleStatement] = []
        for referrer in try await attachments(of: bundle.descriptor.digest) {
            switch referrer.artifactType {
            case BillOfMaterials.mediaType:
                found.append(BundleStatement(kind: .bill, digest: referrer.layer.digest, size: referrer.layer.size))
            case EvidenceStatements.mediaType:
                found.append(BundleStatement(kind: .evidence, digest: referrer.layer.digest, size: referrer.layer.size))
            case Attestation.mediaType, Statement.payloadType:
                let bytes = try await bytes(of: referrer.layer.digest, limit: BundleSignature.limit)
                found.append(Self.attestation(referrer, bytes, bundle, keys))
            default: break
            }
        }
        return found
    }

    /// A statement without an envelope, as its builder puts it beside a bundle, or within one, that somebody signed.
    private static func attestation(
        _ referrer: Referrer, _ bytes: [UInt8]?, _ bundle: StoredBundle, _ keys: [ECPublicKey]
    ) -> BundleStatement {
        var read = BundleStatement(
            kind: .attestation(referrer.annotations[Attestation.predicateAnnotation] ?? "unknown"),
            digest: referrer.layer.digest, size: referrer.layer.size)
        guard let bytes else {
            read.problem = "its bytes are missing or rotten"
            return read
        }
        do throws(InvalidInput) {
            let isSigned = referrer.artifactType == Attestation.mediaType
            let (statement, signers) =
                isSigned
                ? try Attestation.verify(try Envelope(parsing: bytes), keys: keys) : (try Statement(parsing: bytes), [])
            read.kind = .attestation(statement.predicateType)
            read.signers = signers
            if !statement.isAbout(bundle.descriptor.digest) {
                read.problem = "it is about something else"
            } else if isSigned, signers.isEmpty {
                read.problem = "no signature of it holds by a key that is known"
            }
        } catch { read.problem = error.message }
        return read
    }
}
