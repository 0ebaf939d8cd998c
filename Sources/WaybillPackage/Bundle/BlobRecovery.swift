package import WaybillCore

/// Brings bytes that bundles need and the store has no more back from where they came, as it was written down when each bundle was
/// named.
package struct BlobRecovery: Sendable {
    package struct Report: Hashable, Sendable {
        /// What is here again.
        package var recovered: [Digest] = []
        /// Why not, for each that is not.
        package var failures: [Digest: String] = [:]

        package init() {}
    }

    private let content: ContentStore
    private let intake: ArtifactIntake

    /// `tree` reads the fleet repository; the others are as in `ArtifactStore`.
    package init(content: ContentStore, tree: any FleetTree, readers: SourceReaders, refusing: [String]) {
        self.content = content
        intake = ArtifactIntake(content: content, tree: tree, readers: readers, refusing: refusing)
    }

    /// Fetches `wanted`, each from the first bundle's source that gives it.
    package func run(_ wanted: Set<Digest>) async throws(Failure) -> Report {
        var report = Report()
        guard !wanted.isEmpty else { return report }
        try content.layout.make()
        let use = try await content.use()
        defer { withExtendedLifetime(use) {} }
        let places = await places(of: wanted)
        for digest in wanted.sorted() {
            report.failures[digest] = "no bundle says where it came from; build its bundle again"
            for place in places[digest] ?? [] {
                do throws(Failure) {
                    _ = try await intake.bring([place.artifact], of: place.version, at: place.commit)
                    report.failures[digest] = nil
                    report.recovered.append(digest)
                    break
                } catch {
                    if error.reason == Failure.cancelled.reason { throw error }
                    report.failures[digest] = error.message
                }
            }
        }
        return report
    }

    private struct Place {
        var artifact: Artifact
        var version: VersionID
        var commit: CommitID
    }

    private func places(of wanted: Set<Digest>) async -> [Digest: [Place]] {
        var places: [Digest: [Place]] = [:]
        for descriptor in (try? await content.manifests()) ?? [] {
            guard let sources = descriptor.annotations[BundleSources.annotation].flatMap(BundleSources.init(parsing:)),
                let bundle = try? await content.bundle(descriptor),
                let version = bundle.version.flatMap({ try? VersionID(parsing: $0) })
            else { continue }
            for layer in bundle.layers where wanted.contains(layer.digest) {
                guard let source = sources.source(of: layer.path) else { continue }
                let artifact = Artifact(path: layer.path, source: source, digest: layer.digest, size: layer.size)
                places[layer.digest, default: []].append(
                    Place(artifact: artifact, version: version, commit: sources.commit))
            }
        }
        return places
    }
}

extension BundleSources {
    /// Where the file at `path` of the bundle came from; nil for what Waybill itself wrote.
    fileprivate func source(of path: String) -> ArtifactSource? {
        if let source = artifacts[path] { return source }
        let own = [card.map { ("card", $0) }, lock.map { ("lock", $0) }].compactMap { $0 }
        return own.first { BundleContent.own($0.0, $0.1) == path }.map { .repository(path: $0.1) }
    }
}
