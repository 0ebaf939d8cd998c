package import WaybillCore

/// Brings an artifact of a registry, and what refers to it, into the content store. Every byte is compared with its digest; the
/// manifest's digest is that of the registry.
package struct BundlePull: Sendable {
    package struct Report: Hashable, Sendable {
        package var reference: ImageReference
        package var digest: Digest
        /// The name that it has in the store.
        package var name: String
        package var layers: Int
        package var size: Int64
        /// Bytes that were not here before.
        package var fetchedSize: Int64
        package var referrers: [Digest]
    }

    private let content: ContentStore
    private let client: RegistryClient
    private let bounds: SourceBounds

    /// - Parameter bounds: what a pull may take, as for the files of a version.
    package init(content: ContentStore, client: RegistryClient, bounds: SourceBounds = SourceBounds()) {
        self.content = content
        self.client = client
        self.bounds = bounds
    }

    /// - Parameter types: artifact types of what is brought along of what refers to it; nil: all.
    package func pull(
        _ reference: ImageReference, referrers types: Set<String>? = nil,
        progress: @escaping @Sendable (Int64, Int64) -> Void = { _, _ in }
    ) async throws(Failure) -> Report {
        try content.layout.make()
        let use = try await content.use()
        defer { withExtendedLifetime(use) {} }
        let found = try await client.manifest(reference)
        let (bundle, manifest) = try await client.single(found, of: reference)
        let name = try await name(of: manifest, bundle.descriptor.digest, reference)
        var arriving: [(found: RegistryClient.Found, manifest: ArtifactManifest)] = [(bundle, manifest)]
        arriving += try await referrers(of: bundle.descriptor.digest, in: reference, types)
        let fetched = try await fetch(arriving.flatMap(\.manifest.blobs), from: reference, progress)
        for (found, _) in arriving { try await content.put(found.bytes) }
        try await content.work.run { [content, arriving] (_) throws(Failure) in
            try content.changeIndex { (index) throws(Failure) in
                // Another one may have taken the name while this one arrived.
                try requireFree(name, for: bundle.descriptor.digest, index.named(name), reference)
                index.put(Self.entry(bundle, manifest, reference), named: name)
                for (found, manifest) in arriving.dropFirst() {
                    index.put(referrer: Self.entry(found, manifest, reference))
                }
            }
        }
        var pinned = reference
        pinned.digest = bundle.descriptor.digest
        return Report(
            reference: pinned, digest: bundle.descriptor.digest, name: name, layers: manifest.layers.count,
            size: manifest.layers.reduce(0) { $0 &+ $1.size }, fetchedSize: fetched,
            referrers: arriving.dropFirst().map(\.found.descriptor.digest))
    }

    private static func entry(
        _ found: RegistryClient.Found, _ manifest: ArtifactManifest, _ reference: ImageReference
    ) -> Descriptor {
        var descriptor = found.descriptor
        descriptor.artifactType = manifest.artifactType
        // What a manifest says of itself stays in it: beside it in the index it would be what this store says, its names first.
        descriptor.annotations = [
            ContentStore.originAnnotation: "\(reference.name)@\(descriptor.digest)"
        ]
        if let subject = manifest.subject {
            descriptor.annotations[ContentStore.subjectAnnotation] = subject.digest.description
        }
        return descriptor
    }

    /// Fetches what is not here, and gives the bytes of that.
    private func fetch(
        _ blobs: [Descriptor], from reference: ImageReference, _ progress: @escaping @Sendable (Int64, Int64) -> Void
    ) async throws(Failure) -> Int64 {
        var byDigest: [Digest: Descriptor] = [:]
        for blob in blobs { byDigest[blob.digest] = blob }
        let sizes = byDigest.mapValues(\.size)
        let total = sizes.values.reduce(Int64(0)) { $0.addingReportingOverflow($1).partialValue }
        try bounds.admit(total, of: reference.description)
        let missing = try await content.work.run { [content] (_) throws(Failure) in
            let missing = try content.missing(sizes)
            try DiskSpace(path: content.layout.root).require(missing)
            return missing
        }
        let (place, sessions) = (try client.place(reference), UploadSessions(content.layout))
        let tally = TransferTally(total: total, progress)
        let ordered = byDigest.values.sorted { ($1.size, $0.digest) < ($0.size, $1.digest) }
        try await concurrently(ordered, atOnce: bounds.concurrency) { [content, client] (blob) async throws(Failure) in
            let reader = BlobReader(client: client, blob: blob, place: place) { tally.set(blob.digest, $0) }
            try await reader.fetch(into: content)
            tally.set(blob.digest, blob.size)
            sessions.note(blob.digest, in: place)
        }
        return missing
    }

    /// Bytes of all manifests that refer to one, which are in memory at once.
    private static let referrersSize = 16 << 20

    /// What refers to it, and what refers to that; each names the digest that it is of.
    private func referrers(
        of digest: Digest, in reference: ImageReference, _ types: Set<String>?
    ) async throws(Failure) -> [(found: RegistryClient.Found, manifest: ArtifactManifest)] {
        var subjects = [digest]
        var seen: Set<Digest> = [digest]
        var all: [(found: RegistryClient.Found, manifest: ArtifactManifest)] = []
        var size = 0
        while let subject = subjects.popLast() {
            for descriptor in try await listed(subject, in: reference, types)
            where seen.insert(descriptor.digest).inserted {
                let place = ImageReference(
                    registry: reference.registry, repository: reference.repository, digest: descriptor.digest)
                let found = try await client.manifest(place)
                guard case .artifact(let manifest) = found.manifest, manifest.subject?.digest == subject else {
                    continue
                }
                guard all.count < RegistryClient.referrerLimit else {
                    throw RegistryFailure.unsound("\(reference)", "too many manifests refer to it")
                }
                size += found.bytes.count
                guard size <= Self.referrersSize else {
                    throw RegistryFailure.unsound(
                        "\(reference)", "the manifests that refer to it have more than \(Self.referrersSize >> 20) MiB")
                }
                all.append((found, manifest))
                subjects.append(descriptor.digest)
            }
        }
        return all
    }

    private func listed(
        _ subject: Digest, in reference: ImageReference, _ types: Set<String>?
    ) async throws(Failure) -> [Descriptor] {
        guard let types else { return try await client.referrers(of: subject, in: reference) }
        var all: [Descriptor] = []
        for type in types.sorted() { all += try await client.referrers(of: subject, in: reference, type: type) }
        return all
    }

    /// The version that the bundle says, or else the reference.
    /// - Throws: `BundleConflict`, stalling, when another bundle has that version here.
    private func name(of manifest: ArtifactManifest, _ digest: Digest, _ reference: ImageReference)
        async throws(Failure)
        -> String
    {
        var named = reference
        named.digest = nil
        guard let text = manifest.annotations[ModelPack.version], let version = try? VersionID(parsing: text),
            manifest.artifactType == ModelPack.artifactType
        else { return reference.tag == nil ? "\(reference.name)@\(digest)" : "\(named)" }
        try requireFree(version.description, for: digest, try await content.names()[version.description], reference)
        return version.description
    }

    /// - Throws: `BundleConflict` when `there`, which has the name, is another bundle of the version. Other names move on.
    private func requireFree(
        _ name: String, for digest: Digest, _ there: Descriptor?, _ reference: ImageReference
    ) throws(Failure) {
        guard (try? VersionID(parsing: name)) != nil, let there, there.digest != digest else { return }
        throw Failure(
            .stall, reason: "BundleConflict",
            message:
                "\(name) is \(there.digest) in \(content.layout.image), and \(digest) in \(reference); a version never "
                + "changes: find out which one is meant, and pull into another --store to compare them")
    }
}

/// Gives one blob of a registry.
struct BlobReader: SourceReader {
    let client: RegistryClient
    let blob: Descriptor
    let place: RegistryPlace
    /// Told how many bytes there are.
    var arrived: @Sendable (Int64) -> Void = { _ in }

    /// Brings the blob into the store, unless it is held.
    func fetch(into content: ContentStore) async throws(Failure) {
        let what = "\(place)@\(blob.digest)"
        let larger = RegistryFailure.unsound(what, "the registry sends more than its \(blob.size) bytes")
        _ = try await content.fetch(
            ContentStore.Wanted(digest: blob.digest, size: blob.size),
            from: RemoteSource(scheme: .oci, text: "\(OCIAddress.prefix)\(what)"), by: self, tooLarge: larger
        ) { [blob] (content) throws(Failure) in
            guard let content, content.digest == blob.digest, content.size == blob.size else {
                let got = content.map { "\($0.digest) (\($0.size) bytes)" } ?? "more"
                throw RegistryFailure.unsound(
                    what,
                    "the registry gave \(got), expected \(blob.size) bytes with that digest; the blob is damaged there, or was "
                        + "changed on the way")
            }
        }
    }

    func read(
        _ source: RemoteSource, from offset: Int64, size: Int64,
        into sink: @Sendable (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) async throws(Failure) {
        let counter = UploadCounter(offset, arrived)
        try await client.blob(blob, in: place, from: offset) { (bytes) throws(Failure) in
            try sink(bytes)
            counter.add(bytes.count)
        }
    }
}

extension RegistryClient {
    /// What builders of images list beside an image in its index: provenance of their own.
    private static let attestation = "vnd.docker.reference.type"

    /// The one artifact that `found` is, or has; what builders say about it is passed over.
    /// - Throws: `ReferenceAmbiguous`, stalling, for an index of several.
    func single(_ found: Found, of reference: ImageReference) async throws(Failure) -> (
        found: Found, manifest: ArtifactManifest
    ) {
        switch found.manifest {
        case .artifact(let manifest): return (found, manifest)
        case .index(let all):
            let manifests = all.filter { $0.annotations[Self.attestation] == nil }
            guard manifests.count == 1, let one = manifests.first else {
                let all = manifests.prefix(8).map(\.digest.description).joined(separator: ", ")
                throw Failure(
                    .stall, reason: "ReferenceAmbiguous",
                    message:
                        "\(reference) is an index of \(manifests.count) manifests; name the one that is meant by its digest: \(all)"
                )
            }
            let inner = try await manifest(
                ImageReference(registry: reference.registry, repository: reference.repository, digest: one.digest))
            guard case .artifact(let manifest) = inner.manifest else {
                throw RegistryFailure.unsound("\(reference)", "its index holds another index")
            }
            return (inner, manifest)
        }
    }
}
