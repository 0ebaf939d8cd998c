package import WaybillCore

/// A model version as it stands in the content store.
package struct ModelBundle: Hashable, Sendable {
    package let version: VersionID
    package let manifest: Digest
    /// Bytes of its layers.
    package let size: Int64
    package let layers: Int
}

/// Makes bundles: brings every file of a model version into the content store and writes the manifest that names them.
///
/// Safe to repeat, also from two processes: equal content gives an equal manifest, and the index names it once.
package struct BundleBuilder: Sendable {
    let content: ContentStore
    private let intake: ArtifactIntake
    private let tree: any FleetTree
    private let readers: SourceReaders

    /// `readers` and `refusing` as in `ArtifactStore`.
    package init(content: ContentStore, tree: any FleetTree, readers: SourceReaders, refusing: [String]) {
        self.content = content
        self.tree = tree
        self.readers = readers
        intake = ArtifactIntake(content: content, tree: tree, readers: readers, refusing: refusing)
    }

    /// Packages `version` as `commit` has it.
    ///
    /// - Throws: what `ArtifactStore.stage` throws for the artifacts; `CardMissing` and `LockMissing`, stalling, for files that the
    ///   commit does not have; what `SourceReaders.code` throws for the code.
    package func build(
        _ version: ModelVersion, at commit: CommitID
    ) async throws(Failure) -> (bundle: ModelBundle, quarantined: [ContentStore.Quarantined]) {
        let set = try ArtifactSet(version.artifacts)
        if let own = set.artifacts.first(where: { $0.path.hasPrefix("\(BundleFile.ownFolder)/") }) {
            throw Failure(
                .stall, reason: "InvalidArtifact",
                message:
                    "the artifact path \(own.path.quotedForMessage) is below '\(BundleFile.ownFolder)/', where the bundle "
                    + "keeps its own files; choose another path")
        }
        try content.layout.make()
        let use = try await content.use()
        defer { withExtendedLifetime(use) {} }
        let brought = try await intake.bring(set.artifacts, of: version.id, at: commit)
        let card = try await text(version.card, "card", of: version, at: commit)
        let lock = try await text(version.environment?.lock, "lock", of: version, at: commit)
        let code = try await code(of: version, beside: brought.elsewhere)
        let made = BundleContent(version: version, lock: lock, card: card, code: code)
        try await content.put(made.versionBytes)
        try await content.put(made.configBytes)
        let bytes = made.manifestBytes
        let digest = try await content.put(bytes)
        let descriptor = Descriptor(
            mediaType: ModelPack.manifestType, artifactType: ModelPack.artifactType, digest: digest,
            size: Int64(bytes.count), annotations: [BundleSources.annotation: BundleSources(version, commit).text])
        try await content.work.run { [content] (_) throws(Failure) in
            try content.changeIndex { $0.put(descriptor, named: version.id.description) }
        }
        let files = made.files
        return (
            ModelBundle(
                version: version.id, manifest: digest, size: files.reduce(0) { $0 &+ $1.size }, layers: files.count),
            brought.rotten
        )
    }

    /// The folder of the version's code at its commit, in the store.
    private func code(of version: ModelVersion, beside elsewhere: Int64) async throws(Failure) -> CodeArchive? {
        guard let code = version.code else { return nil }
        let address: RemoteAddress
        do throws(InvalidInput) { address = try RemoteAddress(parsing: code.repository) } catch {
            throw Failure(
                .stall, reason: "CodeUnavailable", message: "the code of \(version.id): \(error.message)")
        }
        do throws(Failure) {
            guard let folder = try await readers.code(code, in: address, beside: elsewhere) else {
                throw Failure(.stall, reason: "CodeUnavailable", message: "nothing here reads \(address)")
            }
            let bytes = CodeArchive.bytes(of: folder)
            return CodeArchive(
                content: Content(digest: try await content.put(bytes), size: Int64(bytes.count)), tree: folder.tree)
        } catch {
            var error = error
            error.message = "the code of \(version.id): \(error.message)"
            throw error
        }
    }

    /// A small file of the repository, in the store.
    private func text(
        _ path: String?, _ field: String, of version: ModelVersion, at commit: CommitID
    ) async throws(Failure) -> Content? {
        guard let path else { return nil }
        guard let file = try await tree.file(path, at: commit) else {
            throw Failure(
                .stall, reason: field == "card" ? "CardMissing" : "LockMissing",
                message:
                    "the \(field) of \(version.id): commit \(commit.short) has no file \(path.quotedForMessage); commit the "
                    + "file together with its manifest")
        }
        let bytes = try await tree.read([file.blob], limit: Self.textLimit).first ?? []
        return Content(digest: try await content.put(bytes), size: Int64(bytes.count))
    }

    /// Bytes of the longest card or lock.
    private static let textLimit = 4 << 20
}
