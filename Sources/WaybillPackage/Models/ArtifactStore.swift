package import WaybillCore

/// Verified folders of model files on this machine, shared by every process that uses the same root. Their bytes are in a content
/// store, once however many folders have them.
///
/// **Guarantees.** A set's folder is whole or absent, after any crash: each file arrives in the content store, hashed on the way and
/// compared with digest and size; then files with the blobs' bytes are gathered beside the set's place, made durable, and moved there
/// in one step. A file whose bytes are not those of its manifest leaves nothing behind. Equal requests at one time, of one process or
/// several, do the work once. Memory is bounded whatever the size for `file:` sources; a file of the repository is held whole, up to
/// `repositoryLimit`.
///
/// **Assumptions.** Nobody but this user (and root) can write below `root`. Other users can enter the sets, and nothing else here.
package struct ArtifactStore: ModelStore {
    static let fileMode: UInt32 = 0o444
    static let folderMode: UInt32 = 0o755

    let layout: StoreLayout
    let content: ContentStore
    private let intake: ArtifactIntake
    private let builder: BundleBuilder
    private let journal: Journal
    private let now: @Sendable () -> Timestamp
    private let work = BlockingWork(label: "waybill.artifacts")

    /// - Parameters:
    ///   - root: an absolute path; made when it is first needed.
    ///   - content: where the bytes are; on the same file system the folders share them.
    ///   - readers: fetch what is on other machines.
    ///   - refusing: real, absolute folders whose files are never a source, such as the state folder.
    ///   - repositoryLimit: bytes past which a file of the repository is refused, since it is held in memory.
    package init(
        root: String, content: ContentStore, tree: any FleetTree, readers: SourceReaders, journal: Journal,
        refusing: [String],
        repositoryLimit: Int64 = 256 << 20, now: @escaping @Sendable () -> Timestamp
    ) {
        layout = StoreLayout(root: root)
        self.content = content
        intake = ArtifactIntake(
            content: content, tree: tree, readers: readers, refusing: refusing, repositoryLimit: repositoryLimit)
        builder = BundleBuilder(content: content, tree: tree, readers: readers, refusing: refusing)
        self.journal = journal
        self.now = now
    }

    package func folder(for artifacts: [Artifact]) -> String {
        "\(layout.sets)/\(ArtifactSet.key(for: artifacts).hex)"
    }

    /// Cheap while nothing changed: a look at each file. Besides changed bytes, `altered` reports a file that no artifact names,
    /// as if the digest of nothing had been expected.
    package func check(_ artifacts: [Artifact]) async throws(Failure) -> Preparation {
        let set = try ArtifactSet(artifacts)
        return try await work.run { (cancellation) throws(Failure) in try checker(set, cancellation).run() }
    }

    /// Each verified file becomes an `artifact.verified` entry before the set is put in place.
    package func stage(_ artifacts: [Artifact], of version: VersionID, at commit: CommitID, ticket: Ticket)
        async throws(Failure)
    {
        let set = try ArtifactSet(artifacts)
        try layout.make()
        let lock = try await waitForLock(ArtifactSet.key(for: artifacts).hex)
        // The lock is held to the end: it is let go of when the last reference is.
        defer { withExtendedLifetime(lock) {} }
        let preparation = try await work.run { (cancellation) throws(Failure) in try checker(set, cancellation).run() }
        if preparation == .prepared { return }
        try content.layout.make()
        let use = try await content.use()
        defer { withExtendedLifetime(use) {} }
        do throws(Failure) {
            let rotten = try await intake.bring(set.artifacts, of: version, at: commit)
            for blob in rotten { try await record(blob, ticket: ticket) }
            for artifact in set.artifacts { try await record(artifact, of: version, ticket: ticket) }
            try await work.run { (cancellation) throws(Failure) in
                let staging = staging(set, cancellation)
                try staging.begin()
                try staging.gather()
                try staging.publish(to: folder(for: set.artifacts), index: FolderIndex(path: indexPath(set)))
            }
        } catch {
            staging(set, Cancellation()).abandon()
            throw error
        }
    }

    /// A new bundle, or one that has another digest than the version had before, becomes a `bundle.built` entry.
    package func package(_ version: ModelVersion, at commit: CommitID, ticket: Ticket) async throws(Failure) {
        let before = try await content.manifests().last {
            $0.annotations[ImageIndex.nameAnnotation] == version.id.description
        }
        let (bundle, rotten) = try await builder.build(version, at: commit)
        for blob in rotten { try await record(blob, ticket: ticket) }
        if before?.digest == bundle.manifest { return }
        try await journal.note(
            Event(
                .bundleBuilt, decision: ticket.decision, cause: ticket.index, time: now(),
                subject: version.id.description, outcome: .succeeded,
                body: [
                    "version": .string(version.id.description), "digest": .string(bundle.manifest.description),
                    "size": .integer(bundle.size), "layers": .integer(Int64(bundle.layers)),
                ]))
    }

    package func unneeded(keeping: Set<[Artifact]>, folders: Set<String>) async throws(Failure) -> [String] {
        let kept = Set(keeping.map { ArtifactSet.key(for: $0).hex })
        let used = Set(folders.compactMap { $0.split(separator: "/").last.map(String.init) })
        return try await work.run { [layout, content] (_) throws(Failure) in
            do throws(SystemError) {
                return try StoreSweep(layout: layout, content: content).keys { key in
                    kept.contains(key) || used.contains(key)
                }
            } catch { throw .disk(error) }
        }
    }

    /// Also removes what crashes left of other sets, and from the content store what no remaining set and no recent bundle needs;
    /// that waits for the next time while anybody packages.
    package func remove(_ keys: [String], ticket: Ticket) async throws(Failure) -> [String] {
        let gone = try await work.run { [layout, content] (_) throws(Failure) in
            do throws(SystemError) { return try StoreSweep(layout: layout, content: content).run(Set(keys)) } catch {
                throw .disk(error)
            }
        }
        try await collectContent(ticket: ticket)
        return gone
    }

    private func collectContent(ticket: Ticket) async throws(Failure) {
        let roots = try await heldDigests()
        let report: ContentCollection.Report
        do throws(Failure) {
            report = try await ContentCollection(content, roots: roots).run(dryRun: false)
        } catch {
            if error.disposition == .wait { return }
            throw error
        }
        if report.isEmpty { return }
        try await journal.note(
            Event(
                .contentCollected, decision: ticket.decision, cause: ticket.index, time: now(),
                subject: "content", outcome: .succeeded,
                body: [
                    "blobs": .integer(Int64(report.blobs)), "size": .integer(report.size),
                    "bundles": .list(report.bundles.map { .string($0) }),
                ]))
    }

    /// Digests of the files of every set in a store's folder, for commands that have no store.
    package static func heldDigests(root: String) throws(Failure) -> Set<Digest> {
        try StoreLayout(root: root).heldDigests()
    }

    /// Digests of the files of every set that is here.
    private func heldDigests() async throws(Failure) -> Set<Digest> {
        try await work.run { [layout] (_) throws(Failure) in try layout.heldDigests() }
    }

    private func record(_ artifact: Artifact, of version: VersionID, ticket: Ticket) async throws(Failure) {
        try await journal.note(
            Event(
                .artifactVerified, decision: ticket.decision, cause: ticket.index, time: now(),
                subject: version.description, outcome: .succeeded,
                body: [
                    "version": .string(version.description), "path": .string(artifact.path),
                    "digest": .string(artifact.digest.description), "size": .integer(artifact.size),
                    "source": .string(artifact.source.description),
                ]))
    }

    private func record(_ blob: ContentStore.Quarantined, ticket: Ticket) async throws(Failure) {
        try await journal.note(
            Event(
                .contentQuarantined, decision: ticket.decision, cause: ticket.index, time: now(),
                subject: blob.digest.description,
                body: [
                    "digest": .string(blob.digest.description), "found": .string(blob.found.description),
                    "path": .string(blob.path),
                ]))
    }

    private func waitForLock(_ key: String) async throws(Failure) -> FileLock {
        do {
            return try await FileLock.wait(for: "\(layout.locks)/\(key)")
        } catch let error as SystemError {
            throw .disk(error)
        } catch {
            throw .cancelled
        }
    }

    private func checker(_ set: ArtifactSet, _ cancellation: Cancellation) -> FolderCheck {
        FolderCheck(
            folder: folder(for: set.artifacts), index: FolderIndex(path: indexPath(set)), set: set, content: content,
            cancellation: cancellation)
    }

    private func staging(_ set: ArtifactSet, _ cancellation: Cancellation) -> Staging {
        Staging(
            folder: "\(layout.work)/\(ArtifactSet.key(for: set.artifacts).hex)", set: set, content: content,
            cancellation: cancellation)
    }

    private func indexPath(_ set: ArtifactSet) -> String {
        "\(layout.index)/\(ArtifactSet.key(for: set.artifacts).hex)"
    }
}
