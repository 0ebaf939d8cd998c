package import WaybillCore
package import WaybillTrust

/// Looks at what signs a bundle, under rules that stand outside of it.
package struct SignatureCheck: Sendable {
    private let content: ContentStore
    /// Nil: nobody says who may sign; signatures are sound or not, and trusted are those by a key that was given.
    private let access: Access?
    /// Those that whoever asks named. Where there are rules, the rules decide.
    private let given: Set<SSHPublicKey>
    /// Keys to check signatures with that do not carry theirs.
    private let keys: [ECPublicKey]
    /// When the ledger saw signatures first, by the digest of their bytes.
    private let firstSeen: [Digest: Timestamp]
    private let now: Timestamp

    package init(
        _ content: ContentStore, access: Access?, keys: [SSHPublicKey] = [], firstSeen: [Digest: Timestamp] = [:],
        now: Timestamp
    ) {
        self.content = content
        self.access = access
        given = Set(keys)
        self.keys = (keys + (access?.keys ?? [])).compactMap(\.ecKey)
        self.firstSeen = firstSeen
        self.now = now
    }

    /// One finding for each signature, oldest first.
    package func run(_ bundle: StoredBundle) async throws(Failure) -> [SignatureFinding] {
        try await run(bundle, try await content.attachments(of: bundle.descriptor.digest))
    }

    func run(_ bundle: StoredBundle, _ beside: [Referrer]) async throws(Failure) -> [SignatureFinding] {
        var findings: [SignatureFinding] = []
        for referrer in beside {
            guard let form = SignatureForm(referrer) else { continue }
            var finding = SignatureFinding(
                form: form, signature: referrer.layer.digest, referrer: referrer.descriptor.digest,
                firstSeen: firstSeen[referrer.layer.digest], verdict: .sound)
            if let bytes = try await content.bytes(of: referrer.layer.digest, limit: BundleSignature.limit) {
                let message = try await content.signedBytes(of: bundle)
                let stated = form == .openssf ? try await content.statedVersion(of: bundle) : nil
                do throws(InvalidInput) {
                    switch form {
                    case .ssh: try checkSSH(bytes, message, &finding)
                    case .openssf: try checkOpenSSF(bytes, bundle, stated, &finding)
                    }
                    finding.verdict = judge(finding, bundle)
                } catch { finding.verdict = .refused(error.message) }
            } else {
                finding.verdict = .refused("its bytes are missing or rotten")
            }
            findings.append(finding)
        }
        return findings
    }

    private func checkSSH(
        _ bytes: [UInt8], _ message: [UInt8], _ finding: inout SignatureFinding
    ) throws(InvalidInput) {
        let signature = try SSHSignature(armored: bytes)
        finding.presence = try signature.verify(message, namespace: BundleSignature.namespace)
        finding.key = signature.key
    }

    /// `stated` is the version that the files of the bundle say they are.
    private func checkOpenSSF(
        _ bytes: [UInt8], _ bundle: StoredBundle, _ stated: String?, _ finding: inout SignatureFinding
    ) throws(InvalidInput) {
        let signature = try SigstoreBundle(parsing: bytes)
        let candidates = keys.filter(signature.mayBe)
        guard let first = candidates.first else {
            throw InvalidInput(
                "its key is none of those that are given; list it in \(AccessSchema.path), or name its file by --public-key"
            )
        }
        let signer = candidates.first { (try? signature.verify(by: $0)) != nil } ?? first
        let manifest = try ModelManifest(try signature.verify(by: signer))
        finding.key = SSHPublicKey(signer)
        try Self.compare(manifest, bundle)
        // Files alone are signed: the same files under another label would be another model.
        if manifest.bundle == nil, let label = bundle.version, label != stated {
            throw InvalidInput(
                "it was made for files that are \(stated ?? "no version of a model"), and the bundle calls them \(label)"
            )
        }
        switch manifest.order {
        case .specified: break
        case .byComponents:
            finding.notes.append("its files are in the order of the reference implementation, not of the specification")
        case .neither:
            finding.notes.append("its files are in no order that the specification or the reference implementation has")
        }
    }

    /// Every file of the bundle is signed, with its digest, and no other.
    private static func compare(_ manifest: ModelManifest, _ bundle: StoredBundle) throws(InvalidInput) {
        if let named = manifest.bundle, named != bundle.descriptor.digest {
            throw InvalidInput("it was made for the bundle \(named)")
        }
        var signed = Dictionary(manifest.files.map { ($0.path, $0.digest) }, uniquingKeysWith: { first, _ in first })
        for layer in bundle.layers {
            guard let digest = signed.removeValue(forKey: layer.path) else {
                // What unpacks to a folder is no file of the list: the digest of the bundle stands for it.
                if manifest.bundle != nil, manifest.leaving.contains(layer.path) { continue }
                throw InvalidInput("it does not cover \(layer.path.quotedForMessage)")
            }
            guard digest == layer.digest else {
                throw InvalidInput("it was made for other bytes of \(layer.path.quotedForMessage): \(digest)")
            }
        }
        if let other = signed.keys.sorted().first {
            throw InvalidInput("it covers \(other.quotedForMessage), which the bundle does not have")
        }
    }

    private func judge(_ finding: SignatureFinding, _ bundle: StoredBundle) -> SignatureFinding.Verdict {
        guard let key = finding.key else { return .sound }
        guard let access else { return given.contains(key) ? .given : .sound }
        guard let id = bundle.version.flatMap({ try? VersionID(parsing: $0) }) else {
            return .refused("the bundle does not say which model it is, so that nobody may sign it")
        }
        switch access.decide(key, .signer, model: id.model, seen: finding.firstSeen ?? now) {
        case .allowed(let person): return .trusted(person)
        case .unknownKey: return .refused("nobody in \(AccessSchema.path) has this key")
        case .notYetValid(let person, let from): return .refused("this key of \(person) counts from \(from)")
        case .expired(let person, let at):
            return .refused("this key of \(person) no longer counts since \(at), and the ledger did not see it before")
        case .revoked(let person, let at):
            return .refused("this key of \(person) was revoked at \(at), and the ledger did not see it before")
        case .missingRole(let person):
            return .refused("\(person) has no role 'signer' for the model '\(id.model)' in \(AccessSchema.path)")
        }
    }
}
