package import WaybillCore

/// Verified copies of model files in a folder of this machine, shared by every process that uses the same root.
///
/// **Guarantees.** A set's folder is whole or absent, after any crash: files are copied beside it, hashed on the way, compared with
/// digest and size, made durable, then moved into place in one step. A set whose bytes are not those of its manifest leaves nothing
/// behind. Equal requests at one time, of one process or several, do the work once. Memory is bounded whatever the size for
/// `file:` sources; a file of the repository is held whole, up to `repositoryLimit`.
///
/// **Assumptions.** Nobody but this user (and root) can write below `root`. Other users can enter the sets, and nothing else here.
package struct ArtifactStore: ModelStore {
    static let fileMode: UInt32 = 0o444
    static let folderMode: UInt32 = 0o755

    let layout: StoreLayout
    private let tree: any FleetTree
    private let journal: Journal
    private let refusing: [String]
    private let repositoryLimit: Int64
    private let now: @Sendable () -> Timestamp
    private let work = BlockingWork(label: "waybill.artifacts")

    /// - Parameters:
    ///   - root: an absolute path; made when it is first needed.
    ///   - refusing: real, absolute folders whose files are never a source, such as the state folder.
    ///   - repositoryLimit: bytes past which a file of the repository is refused, since it is held in memory.
    package init(
        root: String, tree: any FleetTree, journal: Journal, refusing: [String], repositoryLimit: Int64 = 256 << 20,
        now: @escaping @Sendable () -> Timestamp
    ) {
        layout = StoreLayout(root: root)
        self.tree = tree
        self.journal = journal
        self.refusing = refusing
        self.repositoryLimit = repositoryLimit
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
        try await requireSpace(for: set)
        do throws(Failure) {
            try await work.run { (cancellation) throws(Failure) in try staging(set, cancellation).begin() }
            for artifact in set.artifacts { try await add(artifact, to: set, of: version, at: commit) }
            for artifact in set.artifacts { try await record(artifact, of: version, ticket: ticket) }
            try await work.run { (cancellation) throws(Failure) in
                let index = FolderIndex(path: indexPath(set))
                try staging(set, cancellation).publish(to: folder(for: set.artifacts), index: index)
            }
        } catch {
            staging(set, Cancellation()).abandon()
            throw error
        }
    }

    package func unneeded(keeping: Set<[Artifact]>, folders: Set<String>) async throws(Failure) -> [String] {
        let kept = Set(keeping.map { ArtifactSet.key(for: $0).hex })
        let used = Set(folders.compactMap { $0.split(separator: "/").last.map(String.init) })
        return try await work.run { [layout] (_) throws(Failure) in
            do throws(SystemError) {
                return try StoreSweep(layout: layout).keys { key in
                    kept.contains(key) || used.contains(key)
                }
            } catch { throw .disk(error) }
        }
    }

    /// Also removes what crashes left of other sets.
    package func remove(_ keys: [String], ticket: Ticket) async throws(Failure) -> [String] {
        try await work.run { [layout] (_) throws(Failure) in
            do throws(SystemError) { return try StoreSweep(layout: layout).run(Set(keys)) } catch { throw .disk(error) }
        }
    }

    private func add(_ artifact: Artifact, to set: ArtifactSet, of version: VersionID, at commit: CommitID)
        async throws(Failure)
    {
        let verdict = ArtifactVerdict(artifact: artifact, version: version, commit: commit)
        switch artifact.source {
        case .file(let path):
            let content = try await work.run { [refusing] (cancellation) throws(Failure) in
                try staging(set, cancellation).add(artifact, fromFileAt: path, refusing: refusing)
            }
            try verdict.judge(content)
        case .repository(let path):
            let bytes = try await read(artifact, at: path, verdict)
            try verdict.judge(bytes)
            try await work.run { (cancellation) throws(Failure) in
                try staging(set, cancellation).add(artifact, bytes: bytes)
            }
        }
    }

    private func read(_ artifact: Artifact, at path: String, _ verdict: ArtifactVerdict) async throws(Failure)
        -> [UInt8]
    {
        guard artifact.size <= repositoryLimit else { throw verdict.tooLarge(limit: repositoryLimit) }
        guard let file = try await tree.file(path, at: verdict.commit) else { throw verdict.notInRepository(path) }
        do throws(Failure) {
            // A pointer of Git LFS may be larger than the tiny file it stands for, and should be named as what it is.
            return try await tree.read([file.blob], limit: Int(max(artifact.size, 1024))).first ?? []
        } catch {
            guard error.reason == "FileTooLarge" else { throw error }
            throw verdict.larger
        }
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

    private func requireSpace(for set: ArtifactSet) async throws(Failure) {
        let needed = set.artifacts.reduce(0) { $0 &+ max($1.size, 0) }
        try await work.run { [layout] (_) throws(Failure) in try DiskSpace(path: layout.root).require(needed) }
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
            folder: folder(for: set.artifacts), index: FolderIndex(path: indexPath(set)), set: set,
            cancellation: cancellation)
    }

    private func staging(_ set: ArtifactSet, _ cancellation: Cancellation) -> Staging {
        Staging(
            folder: "\(layout.work)/\(ArtifactSet.key(for: set.artifacts).hex)", set: set, cancellation: cancellation)
    }

    private func indexPath(_ set: ArtifactSet) -> String {
        "\(layout.index)/\(ArtifactSet.key(for: set.artifacts).hex)"
    }
}
