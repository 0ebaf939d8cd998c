import Glibc
package import WaybillCore
package import WaybillTrust

/// Writes into the ledger when a signature that counts is first seen, so that the later end of its key does not undo it.
///
/// A signature is recorded once, whoever signs again. Nothing is recorded of one that does not count: it may later.
package struct SignatureSights: Sendable {
    private let content: ContentStore
    private let journal: Journal
    private let now: @Sendable () -> Timestamp
    private var seen: [Digest: Timestamp]
    private var looked: Look?

    /// What the last look was at.
    private struct Look {
        var index: String?
        var rules: Digest
        /// When the next key begins to count.
        var next: Timestamp?
    }

    /// - Parameter seen: what the ledger has, by the digest of a signature's bytes.
    package init(
        _ content: ContentStore, journal: Journal, seen: [Digest: Timestamp], now: @escaping @Sendable () -> Timestamp
    ) {
        self.content = content
        self.journal = journal
        self.seen = seen
        self.now = now
    }

    /// Looks at every bundle that has a signature which was not seen before; does nothing while neither the store's index nor the rules
    /// changed, and no key began to count. `rules` is the digest of the file that `access` was read from.
    package mutating func look(_ access: Access, rules: Digest) async throws(Failure) {
        let (index, moment) = (content.indexVersion, now())
        if let looked, looked.index == index, looked.rules == rules, looked.next.map({ moment < $0 }) ?? true { return }
        let beside = try await content.attachments()
        for manifest in try await content.manifests() {
            guard manifest.annotations[ImageIndex.nameAnnotation] != nil, let referrers = beside[manifest.digest],
                referrers.contains(where: { SignatureForm($0) != nil && seen[$0.layer.digest] == nil }),
                let bundle = try? await content.bundle(manifest)
            else { continue }
            try await record(bundle, referrers, access, rules)
        }
        let begins = access.people.flatMap(\.keys).compactMap(\.validFrom)
        looked = Look(index: index, rules: rules, next: begins.filter { $0 > moment }.min())
    }

    private mutating func record(
        _ bundle: StoredBundle, _ referrers: [Referrer], _ access: Access, _ rules: Digest
    ) async throws(Failure) {
        let moment = now()
        let check = SignatureCheck(content, access: access, firstSeen: seen, now: moment)
        for finding in try await check.run(bundle, referrers) where finding.firstSeen == nil {
            guard case .trusted(let person) = finding.verdict, let key = finding.key, let version = bundle.version
            else { continue }
            try await journal.note(
                Event(
                    .signatureVerified, decision: DecisionID(UInt64.random(in: .min ... .max)), time: moment,
                    subject: version,
                    body: [
                        "version": .string(version), "digest": .string(bundle.descriptor.digest.description),
                        "signature": .string(finding.signature.description), "form": .string(finding.form.rawValue),
                        "key": .string(key.fingerprint), "person": .string(person.text),
                        "access": .string(rules.description),
                    ]))
            seen[finding.signature] = moment
        }
    }
}

extension ContentStore {
    /// Another text after each change of the index; nil when there is none.
    var indexVersion: String? {
        guard let status = (try? fileStatus(layout.index)) ?? nil else { return nil }
        return "\(status.st_ino) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec) \(status.st_size)"
    }
}
