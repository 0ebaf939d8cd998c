package import WaybillCore

/// Brings a bundle, and what refers to it, to a registry.
///
/// Safe to repeat: what the registry has is not sent again, and an equal bundle is an equal manifest there. What was cut goes on where it was.
package struct BundlePush: Sendable {
    package struct Report: Hashable, Sendable {
        /// Where it is now, with its digest.
        package var reference: ImageReference
        package var digest: Digest
        /// Blobs that were sent, mounted from another repository, and there before.
        package var sent = 0
        package var mounted = 0
        package var held = 0
        /// Bytes that were sent.
        package var sentSize: Int64 = 0
        package var size: Int64 = 0
        package var referrers: [Digest] = []
    }

    let content: ContentStore
    let client: RegistryClient

    package init(content: ContentStore, client: RegistryClient) {
        self.content = content
        self.client = client
    }

    /// Blobs that are sent at once.
    static let width = 4

    /// `name` is a version such as `churn@1.4.0`, or a digest of a bundle in the store. `reference` without tag and digest gets the
    /// version as its tag. `mounting` is another repository of the registry that may have layers of it.
    package func push(
        _ name: String, to reference: ImageReference, mounting: String? = nil,
        progress: @escaping @Sendable (Int64, Int64) -> Void = { _, _ in }
    ) async throws(Failure) -> Report {
        try content.layout.make()
        let use = try await content.use()
        defer { withExtendedLifetime(use) {} }
        let bundle = try await content.bundle(name)
        let target = try Self.target(reference, bundle)
        var manifests = [try await stored(bundle.descriptor)]
        let referrers = try await content.allReferrers(of: bundle.descriptor.digest)
        for descriptor in referrers { manifests.append(try await stored(descriptor)) }
        var report = Report(reference: target, digest: bundle.descriptor.digest, size: bundle.size)
        report.reference.digest = bundle.descriptor.digest
        report.referrers = referrers.map(\.digest)
        try await send(manifests, to: target, mounting, &report, progress)
        for (index, manifest) in manifests.enumerated() {
            try await put(manifest, as: index == 0 ? target : nil, in: target)
        }
        return report
    }

    /// A manifest of the store with its bytes.
    struct Stored: Sendable {
        var descriptor: Descriptor
        var bytes: [UInt8]
        var manifest: ArtifactManifest
    }

    private func stored(_ descriptor: Descriptor) async throws(Failure) -> Stored {
        let place = "\(descriptor.digest) in \(content.layout.image)"
        guard let bytes = try await content.bytes(of: descriptor.digest) else {
            throw Failure(
                .stall, reason: "BundleDamaged",
                message:
                    "\(place): its manifest is missing or rotten; run 'waybill package verify', then build it again")
        }
        guard case .artifact(let manifest) = try RegistryManifest(parsing: bytes, mediaType: nil, place: place) else {
            throw Failure(.stall, reason: "BundleDamaged", message: "\(place): is an index, not a bundle")
        }
        return Stored(descriptor: descriptor, bytes: bytes, manifest: manifest)
    }

    private func send(
        _ manifests: [Stored], to target: ImageReference, _ mounting: String?, _ report: inout Report,
        _ progress: @escaping @Sendable (Int64, Int64) -> Void
    ) async throws(Failure) {
        var blobs: [Digest: Descriptor] = [:]
        for blob in manifests.flatMap(\.manifest.blobs) { blobs[blob.digest] = blob }
        let (place, sessions) = (try client.place(target), UploadSessions(content.layout))
        let tally = TransferTally(total: blobs.values.reduce(0) { $0 &+ $1.size }, progress)
        let outcomes = Outcomes()
        // The largest first, so that none is left alone at the end.
        let ordered = blobs.values.sorted { ($1.size, $0.digest) < ($0.size, $1.digest) }
        try await concurrently(ordered, atOnce: Self.width) { [content, client] (blob) async throws(Failure) in
            let file = try await content.sound(blob)
            let known = sessions.repositories(with: blob.digest, of: place.registry).first { $0 != place.repository }
            let outcome = try await client.upload(
                file, to: place, mounting: mounting ?? known, sessions: sessions
            ) { tally.set(blob.digest, $0) }
            sessions.note(blob.digest, in: place)
            outcomes.add(outcome, blob.size)
        }
        outcomes.fill(&report)
    }

    private func put(_ stored: Stored, as target: ImageReference?, in repository: ImageReference) async throws(Failure)
    {
        let reference =
            target
            ?? ImageReference(
                registry: repository.registry, repository: repository.repository, digest: stored.descriptor.digest)
        let type = stored.descriptor.mediaType
        let done = try await client.put(stored.bytes, type: type, as: reference)
        guard let subject = stored.manifest.subject, !done.listsReferrer else { return }
        let listed = stored.manifest.listed(
            mediaType: type, digest: stored.descriptor.digest, size: Int64(stored.bytes.count))
        try await client.tagReferrer(listed, of: subject.digest, in: repository)
    }

    /// - Throws: `ReferenceInvalid`, stalling, for a digest that is another bundle's.
    static func target(_ reference: ImageReference, _ bundle: StoredBundle) throws(Failure) -> ImageReference {
        var target = reference
        if let digest = reference.digest, digest != bundle.descriptor.digest {
            throw Failure(
                .stall, reason: "ReferenceInvalid",
                message:
                    "\(reference) names another digest than that of the bundle, which is \(bundle.descriptor.digest); leave the "
                    + "digest out")
        }
        guard reference.tag == nil, reference.digest == nil else { return target }
        guard let id = bundle.version.flatMap({ try? VersionID(parsing: $0) }) else {
            throw Failure(
                .stall, reason: "ReferenceInvalid",
                message: "\(reference) has no tag, and the bundle no version to be its tag; write REPOSITORY:TAG")
        }
        // A tag has no '+', which a version may have.
        target.tag = "\(id.version)".replacing("+", with: "_")
        return target
    }
}

extension ContentStore {
    /// A blob that can be sent: its bytes are those of its digest.
    /// - Throws: `BundleDamaged`, stalling.
    func sound(_ blob: Descriptor) async throws(Failure) -> FileContent {
        let holding = try await work.run { (cancellation) throws(Failure) in try examine(blob.digest, cancellation) }
        guard case .sound(let size) = holding, size == blob.size else {
            let what = holding == .absent ? "is missing" : "is not what its manifest says"
            throw Failure(
                .stall, reason: "BundleDamaged",
                message:
                    "\(layout.blob(blob.digest)) \(what); run 'waybill package verify', then build the bundle again")
        }
        return FileContent(path: layout.blob(blob.digest), digest: blob.digest, size: size)
    }
}
