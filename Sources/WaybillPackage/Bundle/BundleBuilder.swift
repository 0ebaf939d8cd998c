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
    /// A bundle with what its builder says of it, and the blobs that were found rotten and fetched again.
    package struct Made: Sendable {
        package let bundle: ModelBundle
        package let quarantined: [ContentStore.Quarantined]
        package let statements: BuilderStatements
    }

    let content: ContentStore
    private let intake: ArtifactIntake
    private let tree: any FleetTree
    private let readers: SourceReaders
    private let waybill: String?

    /// `readers`, `refusing` and `build` as in `ArtifactStore`.
    package init(
        content: ContentStore, tree: any FleetTree, readers: SourceReaders, refusing: [String], build: String? = nil
    ) {
        waybill = build
        self.content = content
        self.tree = tree
        self.readers = readers
        intake = ArtifactIntake(content: content, tree: tree, readers: readers, refusing: refusing)
    }

    /// Packages `version` as `commit` has it, and puts beside the bundle what its builder says of it. What a crash kept from that
    /// is there after the next time. As `build` otherwise.
    ///
    /// - Throws: what `requireLock` throws, before anything is brought, when the version has no bundle yet.
    package func package(
        _ version: ModelVersion, at commit: CommitID, replacing: Bool = false
    ) async throws(Failure) -> Made {
        if try await !isFixed(version.id) { try await requireLock(of: version, at: commit) }
        let made = try await build(version, at: commit, replacing: replacing)
        let use = try await content.use()
        defer { withExtendedLifetime(use) {} }
        let statements = try await content.attachBuilderStatements(
            to: try await content.manifest(made.bundle.manifest.description), build: waybill)
        return Made(bundle: made.bundle, quarantined: made.quarantined, statements: statements)
    }

    /// Packages `version` as `commit` has it. A version stays the bundle that it was.
    ///
    /// - Parameter replacing: whether the version's name may move on from another bundle. Never from one that the ledger knows.
    /// - Throws: `VersionChanged`, stalling, when the version is another bundle here; what `ArtifactStore.stage` throws for the
    ///   artifacts; `CardMissing` and `LockMissing`, stalling, for files that the commit does not have; what
    ///   `SourceReaders.code` throws for the code.
    package func build(
        _ version: ModelVersion, at commit: CommitID, replacing: Bool = false
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
        let files = made.files
        let before = try await refuseChange(of: version.id, to: digest, files, replacing: replacing)
        try await content.work.run { [content] (_) throws(Failure) in
            try content.changeIndex { (index) throws(Failure) in
                let name = version.id.description
                guard let now = index.named(name)?.digest, now != before, now != digest else {
                    return index.put(descriptor, named: name)
                }
                throw Failure(
                    .retry, reason: "VersionChanged", message: "\(name) became another bundle meanwhile, \(now)")
            }
        }
        return (
            ModelBundle(
                version: version.id, manifest: digest, size: files.reduce(0) { $0 &+ $1.size }, layers: files.count),
            brought.rotten
        )
    }

    /// Whether the ledger knows a bundle of the version. What it knows was judged before, and is not judged by newer rules.
    func isFixed(_ version: VersionID) async throws(Failure) -> Bool {
        let name = version.description
        guard let there = try await content.names()[name] else { return false }
        return try await content.isNoted(there.digest, as: name)
    }

    /// Gives the bundle that the version is here until now.
    private func refuseChange(
        of version: VersionID, to digest: Digest, _ files: [BundleFile], replacing: Bool
    ) async throws(Failure) -> Digest? {
        let name = version.description
        guard let before = try await content.names()[name], before.digest != digest else { return digest }
        let isFixed = try await content.isNoted(before.digest, as: name)
        if !isFixed, replacing { return before.digest }
        let sources = before.annotations[BundleSources.annotation].flatMap(BundleSources.init(parsing:))
        let first = isFixed ? sources.map { ", which commit \($0.commit.short) fixed first" } ?? "" : ""
        let way = isFixed ? "" : "; while nobody has it yet, 'waybill package build --replace' makes it another bundle"
        throw Failure(
            .stall, reason: "VersionChanged",
            message:
                "\(version) is the bundle \(before.digest)\(first), and would become \(digest): "
                + "\(await difference(from: before, files)); a version never changes: give what is new a new version\(way)"
        )
    }

    /// What a reader looks at first: the files that are not the same.
    private func difference(from before: Descriptor, _ files: [BundleFile]) async -> String {
        guard let bundle = try? await content.bundle(before) else { return "the one that it is cannot be read" }
        let old = Dictionary(bundle.layers.map { ($0.path, $0.digest) }, uniquingKeysWith: { first, _ in first })
        let new = Dictionary(files.map { ($0.path, $0.digest) }, uniquingKeysWith: { first, _ in first })
        let changed = Set(old.keys).union(new.keys).filter { old[$0] != new[$0] && $0 != BundleContent.versionPath }
        guard let first = changed.min() else { return "it says other things of itself" }
        let more = changed.count == 1 ? "" : " and \(changed.count - 1) more"
        return "\(first.quotedForMessage)\(more) \(changed.count == 1 ? "is" : "are") not the same"
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

    /// Refuses a version whose own list of packages is no lock, with the command that locks it.
    ///
    /// - Throws: `LockMissing` and `LockInvalid`, stalling.
    func requireLock(of version: ModelVersion, at commit: CommitID) async throws(Failure) {
        guard let environment = version.environment,
            let bytes = try await version.bytes(of: environment.lock, "lock", in: tree, at: commit)
        else { return }
        let (path, python) = (environment.lock, environment.python)
        do throws(InvalidInput) {
            guard try LockForm(path: path).packages(bytes, ofPython: python) == nil else { return }
        } catch {
            throw Failure(
                .stall, reason: "LockInvalid", message: "the lock of \(version.id): \(path): \(error.message)")
        }
        let lock = RequirementsLock(reading: String(decoding: bytes, as: UTF8.self))
        guard let problem = lock.allProblems.first else { return }
        var failure = lock.failure(problem, path: path, python: python)
        failure.message = "the lock of \(version.id): \(failure.message)"
        throw failure
    }

    /// A small file of the repository, in the store.
    private func text(
        _ path: String?, _ field: String, of version: ModelVersion, at commit: CommitID
    ) async throws(Failure) -> Content? {
        guard let bytes = try await version.bytes(of: path, field, in: tree, at: commit) else { return nil }
        return Content(digest: try await content.put(bytes), size: Int64(bytes.count))
    }
}
