package import WaybillCore
package import WaybillTrust

/// What somebody signed about the evidence of a checklist: one of the two statements that `EvidenceStatements` makes, read back.
package struct SignedEvidence: Hashable, Sendable {
    package enum Word: Hashable, Sendable {
        /// A test result: whether every gate passed.
        case result(isPassed: Bool)
        /// A verification summary: when it was verified, as its signer says.
        case summary(at: Timestamp)
    }

    package var word: Word
    /// Of the evidence's own bytes.
    package var evidence: Digest
    /// `churn@1.4.0`.
    package var version: String
    package var bundle: Digest
    /// Of the checklist's rules.
    package var rules: Digest
    /// Of the version's manifest, as its bundle keeps it; nil where the statement does not say it, as summaries do not.
    package var document: Digest?
    /// Keys whose signatures hold; none when no signature does.
    package var signers: [SSHPublicKey]

    /// Reads an envelope and checks its signatures. Who the keys belong to is not asked here.
    ///
    /// - Parameter keys: candidates for signatures that carry no key.
    /// - Returns: nil for a statement of another kind.
    /// - Throws: for an envelope whose payload is no statement, or one of these two that does not say what it must.
    package init?(_ envelope: Envelope, keys: [ECPublicKey]) throws(InvalidInput) {
        guard envelope.payloadType == Statement.payloadType else { return nil }
        let (statement, signers) = try Attestation.verify(envelope, keys: keys)
        let predicate = statement.predicate
        let isResult = statement.predicateType == EvidenceStatements.testResult
        guard isResult || statement.predicateType == EvidenceStatements.summary else { return nil }
        guard statement.subjects.count == 1, let subject = statement.subjects.first, let name = subject.name,
            let bundle = subject.digest["sha256"].flatMap(Self.digest)
        else { throw Self.broken("it is not about one bundle with its name") }
        (version, self.bundle, self.signers) = (name, bundle, signers)
        if isResult {
            let named = (predicate["configuration"]?.list ?? []).map {
                (name: $0["name"]?.string ?? "", digest: Self.digest(in: $0))
            }
            let rules = named.first { $0.name.hasPrefix(EvidenceStatements.checklistName) }?.digest
            let evidence = named.first { $0.name == EvidenceStatements.evidenceName }?.digest
            guard let rules, let evidence, let result = predicate["result"]?.string else {
                throw Self.broken("it names no checklist, no evidence or no result")
            }
            (self.rules, self.evidence) = (rules, evidence)
            document = named.first { $0.name == EvidenceStatements.documentName }?.digest
            word = .result(isPassed: result == "PASSED")
        } else {
            guard let rules = predicate["policy"].flatMap(Self.digest(in:)),
                let evidence = predicate["inputAttestations"]?.list?.first.flatMap(Self.digest(in:)),
                let time = predicate["timeVerified"]?.string.flatMap({ try? Timestamp(parsing: $0) })
            else { throw Self.broken("it names no policy, no evidence or no time") }
            (self.rules, self.evidence) = (rules, evidence)
            word = .summary(at: time)
        }
    }

    private static func digest(_ hex: String) -> Digest? { try? Digest(parsing: "sha256:\(hex)") }

    private static func digest(in descriptor: Value) -> Digest? {
        descriptor["digest"]?["sha256"]?.string.flatMap(digest)
    }

    private static func broken(_ why: String) -> InvalidInput {
        InvalidInput("a statement about evidence that says too little: \(why)")
    }
}

extension ContentStore {
    /// Signed statements beside a bundle, oldest first, the newest 200. What is missing, rotten or no envelope is passed over.
    package func envelopes(about bundle: Digest) async throws(Failure) -> [Envelope] {
        var found: [Envelope] = []
        let kept = try await attachments(of: bundle).filter { $0.artifactType == Attestation.mediaType }
        for referrer in kept.suffix(200) {
            guard let bytes = try await bytes(of: referrer.layer.digest, limit: BundleSignature.limit) else { continue }
            if let envelope = try? Envelope(parsing: bytes) { found.append(envelope) }
        }
        return found
    }
}
