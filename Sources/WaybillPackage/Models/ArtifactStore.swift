import Glibc
package import WaybillCore

/// Verified folders of model files on this machine, shared by every process that uses the same root. Their bytes are in a content
/// store, once however many folders have them.
///
/// **Guarantees.** A set's folder is whole or absent, after any crash: each file arrives in the content store, hashed on the way and
/// compared with digest and size; then files with the blobs' bytes are gathered beside the set's place, made durable, and moved there
/// in one step. A file whose bytes are not those of its manifest leaves nothing behind. Equal requests at one time, of one process or
/// several, do the work once. Memory is bounded whatever the size, but for a file that git keeps as its
/// difference to another one. Each file is looked into before its set is put in place, so that nothing is ever started on a dangerous one.
///
/// **Assumptions.** Nobody but this user (and root) can write below `root`. Other users can enter the sets, and nothing else here.
package struct ArtifactStore: ModelStore {
    static let fileMode: UInt32 = 0o444
    static let folderMode: UInt32 = 0o755

    let layout: StoreLayout
    let content: ContentStore
    private let intake: ArtifactIntake
    private let builder: BundleBuilder
    private let allowing: @Sendable () async throws(Failure) -> AllowList
    private let retention: Retention
    private let recent: @Sendable (Int) -> Set<VersionID>
    private let board = PackagingBoard()
    let journal: Journal
    let now: @Sendable () -> Timestamp
    let work = BlockingWork(label: "waybill.artifacts")
    /// How often a long transfer is written down.
    var noteInterval = Duration.seconds(60)

    /// - Parameters:
    ///   - root: an absolute path; made when it is first needed.
    ///   - content: where the bytes are; on the same file system the folders share them.
    ///   - readers: fetch what is on other machines.
    ///   - refusing: real, absolute folders whose files are never a source, such as the state folder.
    ///   - allowing: what pickles may import, as it is in force when they are looked into.
    ///   - retention: which bundles stay though nothing that is deployed needs them.
    ///   - recent: versions of the last so many revisions of each deployment, whose bundles stay, too.
    ///   - build: version of this Waybill, for what is said of bundles.
    ///   - repositoryLimit: bytes past which a file of the repository is refused.
    package init(
        root: String, content: ContentStore, tree: any FleetTree, readers: SourceReaders, journal: Journal,
        refusing: [String],
        allowing: @escaping @Sendable () async throws(Failure) -> AllowList = { AllowList.shipped },
        retention: Retention = Retention(), recent: @escaping @Sendable (Int) -> Set<VersionID> = { _ in [] },
        build: String? = nil, repositoryLimit: Int64 = GitReader.limit,
        now: @escaping @Sendable () -> Timestamp
    ) {
        layout = StoreLayout(root: root)
        self.content = content
        intake = ArtifactIntake(
            content: content, tree: tree, readers: readers, refusing: refusing, repositoryLimit: repositoryLimit)
        builder = BundleBuilder(content: content, tree: tree, readers: readers, refusing: refusing, build: build)
        self.allowing = allowing
        self.retention = retention
        self.recent = recent
        self.journal = journal
        self.now = now
    }

    package func folder(for artifacts: [Artifact]) -> String {
        "\(layout.sets)/\(ArtifactSet.key(for: artifacts).hex)"
    }

    /// Cheap while nothing changed: a look at each file. Besides changed bytes, `altered` reports a file that no artifact names,
    /// as if the digest of nothing had been expected. Files in place of whose version the ledger knows no bundle are `unpackaged`:
    /// they are those of another version, too, or a crash came between. Where an older build put them in place and their bytes are
    /// not in the content store, nothing is asked for.
    package func check(_ artifacts: [Artifact], of manifest: ModelVersion? = nil) async throws(Failure) -> Preparation {
        let set = try ArtifactSet(artifacts)
        let isBusy = board.step(of: ArtifactSet.key(for: artifacts)) != nil
        let preparation = try await work.run { (cancellation) throws(Failure) in try checker(set, cancellation).run() }
        guard preparation == .prepared, !isBusy, let manifest, !board.isExcused(manifest.id) else {
            return preparation
        }
        return try await work.run { [content] (_) throws(Failure) in
            do throws(SystemError) {
                if try fileStatus(content.layout.bundled(manifest.id.description)) != nil { return .prepared }
                for artifact in artifacts where try fileStatus(content.layout.blob(artifact.digest)) == nil {
                    return .prepared
                }
                return .unpackaged
            } catch { throw .disk(error) }
        }
    }

    /// What is pulled becomes a `sources.resolved` entry, each verified file an `artifact.verified` one, and each that was looked into
    /// an `artifact.inspected` one, before the set is put in place. When the disk is full, what nothing needs is removed.
    package func stage(
        _ artifacts: [Artifact], of version: VersionID, manifest: ModelVersion?, at commit: CommitID, ticket: Ticket
    ) async throws(Failure) {
        let set = try ArtifactSet(artifacts)
        let key = ArtifactSet.key(for: artifacts)
        try layout.make()
        let lock = try await waitForLock(key.hex)
        // The lock is held to the end: it is let go of when the last reference is.
        defer { withExtendedLifetime(lock) {} }
        let preparation = try await work.run { (cancellation) throws(Failure) in try checker(set, cancellation).run() }
        if preparation == .prepared { return }
        try content.layout.make()
        if let manifest, try await !builder.isFixed(version) {
            try await builder.requireLock(of: manifest, at: commit)
        }
        board.set(.arriving, of: key)
        defer { board.set(nil, of: key) }
        do throws(Failure) {
            try await fill(set, Staged(version: version, manifest: manifest, commit: commit, ticket: ticket))
        } catch {
            staging(set, Cancellation()).abandon()
            // Nobody packages this now, so what came of it is among what nothing needs.
            if error.reason == "DiskFull" { try? await collectContent(ticket: ticket) }
            throw error
        }
    }

    /// What files are staged for.
    private struct Staged {
        let version: VersionID
        let manifest: ModelVersion?
        let commit: CommitID
        let ticket: Ticket
    }

    /// Brings, proves and looks into the files of a set and puts them in place. The board and the lock are the caller's.
    private func fill(_ set: ArtifactSet, _ staged: Staged) async throws(Failure) {
        let use = try await content.use()
        defer { withExtendedLifetime(use) {} }
        let ticket = staged.ticket
        try await recordSources(set.artifacts, of: staged.version, ticket: ticket)
        async let _: Void = noteProgress(of: set.artifacts, staged.version, every: noteInterval, ticket: ticket)
        let rotten = try await intake.bring(set.artifacts, of: staged.version, at: staged.commit).rotten
        for blob in rotten { try await record(blob, ticket: ticket) }
        for artifact in set.artifacts { try await record(artifact, of: staged.version, ticket: ticket) }
        board.set(.inspecting, of: ArtifactSet.key(for: set.artifacts))
        try await inspect(set, staged)
        try await work.run { (cancellation) throws(Failure) in
            try staging(set, cancellation).publish(
                to: folder(for: set.artifacts), index: FolderIndex(path: indexPath(set)))
        }
        if staged.manifest != nil { board.place(ArtifactSet.key(for: set.artifacts)) }
    }

    /// Gathers the files beside their place and looks into them there, under their own names.
    private func inspect(_ set: ArtifactSet, _ staged: Staged) async throws(Failure) {
        let inspection = SetInspection(
            set: set, manifest: staged.manifest, allowing: try await allowing(), path: inspectionPath(set.artifacts))
        let known = inspection.known()
        if let known { try inspection.refuse(known, staged.version) }
        let files = try await work.run { (cancellation) throws(Failure) in
            try staging(set, cancellation).begin()
            try staging(set, cancellation).gather()
            if let known { return known }
            return try inspection.run(in: staging(set, cancellation).folder, cancellation)
        }
        if known != nil { return }
        for file in files {
            try await record(file, of: staged.version, allowing: inspection.allowing.digest, ticket: staged.ticket)
        }
        try await work.run { [layout] (_) throws(Failure) in try inspection.keep(files, scratch: layout.index) }
        try inspection.refuse(files, staged.version)
    }

    /// What was found in the files of a set when they were last looked into; empty when they never were.
    package func inspected(_ artifacts: [Artifact]) -> [InspectedFile] {
        SetInspection.load(inspectionPath(artifacts))?.files ?? []
    }

    private func inspectionPath(_ artifacts: [Artifact]) -> String {
        "\(layout.index)/\(ArtifactSet.key(for: artifacts).hex).inspection"
    }

    package func progress(of artifacts: [Artifact]) -> PackagingProgress? {
        guard let step = board.step(of: ArtifactSet.key(for: artifacts)) else { return nil }
        let held = content.held(artifacts)
        return PackagingProgress(step, done: held.done, total: held.total)
    }

    /// A bundle of which the ledger does not know becomes a `bundle.built` entry, whoever made it; what its builder says of it, a
    /// `bundle.attested` one.
    package func package(_ version: ModelVersion, at commit: CommitID, ticket: Ticket) async throws(Failure) {
        let key = ArtifactSet.key(for: version.artifacts)
        try layout.make()
        // Of two that package one version at one time, the second finds what the first made.
        let lock = try await waitForLock(key.hex)
        defer { withExtendedLifetime(lock) {} }
        board.set(.bundling, of: key)
        defer { board.set(nil, of: key) }
        let made = try await bundle(version, at: commit, key)
        for blob in made.quarantined { try await record(blob, ticket: ticket) }
        let name = version.id.description
        let isKnown = try await content.isNoted(made.bundle.manifest, as: name)
        if !isKnown { try await record(made.bundle, ticket: ticket) }
        if !isKnown || made.statements.isNew { try await record(made.statements, of: made.bundle, ticket: ticket) }
        if !isKnown { try await content.markNoted(made.bundle.manifest, as: name) }
        board.packaged(version.id, key)
    }

    /// A failure is told as the outcome of the act; what was cut short is gone on with.
    private func bundle(
        _ version: ModelVersion, at commit: CommitID, _ key: Digest
    ) async throws(Failure) -> BundleBuilder.Made {
        do throws(Failure) { return try await builder.package(version, at: commit, replacing: true) } catch {
            if error.reason != Failure.cancelled.reason { board.failed(version.id, key) }
            throw error
        }
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
        let report: ContentCollection.Report
        do throws(Failure) {
            // The digests of the files of every set that is here.
            let roots: @Sendable () throws(Failure) -> Set<Digest> = { [layout] () throws(Failure) in
                try layout.heldDigests()
            }
            report = try await ContentCollection(
                content, roots: roots, retention: retention.keeping(recent(retention.newest))
            ).run(dryRun: false)
        } catch {
            if error.disposition == .wait { return }
            throw error
        }
        if !report.isEmpty { try await record(report, ticket: ticket) }
    }

    /// Digests of the files of every set in a store's folder, for commands that have no store.
    package static func heldDigests(root: String) throws(Failure) -> Set<Digest> {
        try StoreLayout(root: root).heldDigests()
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
