package import WaybillCore

/// Brings the files of a model version into the content store, each compared with its manifest.
package struct ArtifactIntake: Sendable {
    let content: ContentStore
    let tree: any FleetTree
    let readers: SourceReaders
    /// Real, absolute folders whose files are never a source, such as the state folder.
    let refusing: [String]
    /// Bytes past which a file of the repository is refused: git itself holds a file whole.
    let repositoryLimit: Int64

    package init(
        content: ContentStore, tree: any FleetTree, readers: SourceReaders, refusing: [String],
        repositoryLimit: Int64 = GitReader.limit
    ) {
        self.content = content
        self.tree = tree
        self.readers = readers
        self.refusing = refusing
        self.repositoryLimit = repositoryLimit
    }

    /// Files that arrive at once from this machine; each of them needs a buffer and a processor to hash. Those from other machines
    /// have a bound of their own.
    private static let width = 4
    /// Files that arrive at once.
    var atOnce: Int { max(Self.width, readers.bounds.concurrency) }

    struct Brought {
        /// Blobs that were found rotten and fetched again.
        var rotten: [ContentStore.Quarantined]
        /// Bytes that the files on other machines have.
        var elsewhere: Int64
    }

    func bring(
        _ artifacts: [Artifact], of version: VersionID, at commit: CommitID
    ) async throws(Failure) -> Brought {
        try content.layout.make()
        let pointers = try await largeFiles(among: artifacts, of: version, at: commit)
        let elsewhere = try readers.admit(
            elsewhere: artifacts.filter { $0.isRemote || pointers[$0] != nil }, of: version)
        try await requireSpace(for: artifacts)
        let rotten = Found()
        // The same bytes under two paths arrive once: the second waits for the blob's lock and finds it held.
        try await concurrently(artifacts, atOnce: atOnce) {
            (artifact) async throws(Failure) in
            let verdict = ArtifactVerdict(artifact: artifact, version: version, commit: commit)
            if let found = try await bring(artifact, pointers[artifact], verdict) { rotten.add(found) }
        }
        return Brought(rotten: rotten.all, elsewhere: elsewhere)
    }

    private func bring(
        _ artifact: Artifact, _ pointer: LFSPointer?, _ verdict: ArtifactVerdict
    ) async throws(Failure) -> ContentStore.Quarantined? {
        let judge: @Sendable (Content?) throws(Failure) -> Void = { (content) throws(Failure) in
            try verdict.judge(content)
        }
        switch artifact.source {
        case .file(let path):
            return try await content.bring(artifact.digest, size: artifact.size, judge: judge) {
                (partial) throws(Failure) in
                try await content.work.run { [refusing, readers] (cancellation) throws(Failure) in
                    let source = try LocalSource(
                        artifact, at: path, refusing: refusing, allowing: readers.fileRoots)
                    return try source.copy(into: partial, limit: artifact.size, cancellation)
                }
            }
        case .remote(let source):
            return try await content.fetch(
                ContentStore.Wanted(digest: artifact.digest, size: artifact.size), from: source,
                by: try readers.reader(for: source), tooLarge: verdict.larger, judge: judge)
        case .repository(let path):
            if let pointer, let largeFiles = readers.largeFiles {
                return try await bring(artifact, for: pointer, at: path, by: largeFiles, verdict, judge)
            }
            return try await content.bring(artifact.digest, size: artifact.size, judge: judge) {
                (partial) throws(Failure) in
                try await copy(artifact, at: path, into: partial, verdict)
                return partial.content
            }
        }
    }

    private func copy(
        _ artifact: Artifact, at path: String, into partial: PartialBlob, _ verdict: ArtifactVerdict
    ) async throws(Failure) {
        guard artifact.size <= repositoryLimit else { throw verdict.tooLarge(limit: repositoryLimit) }
        guard let file = try await tree.file(path, at: verdict.commit) else { throw verdict.notInRepository(path) }
        if let bytes = try await small(path, at: verdict.commit) { try verdict.refusePointer(bytes) }
        do throws(Failure) {
            try await tree.stream(file.blob, limit: repositoryLimit) { (bytes) throws(Failure) in
                try partial.append(bytes, tooLarge: verdict.larger)
            }
        } catch {
            guard error.reason == "FileTooLarge" else { throw error }
            throw verdict.larger
        }
    }

    private func requireSpace(for artifacts: [Artifact]) async throws(Failure) {
        let sizes = Dictionary(artifacts.map { ($0.digest, max($0.size, 0)) }, uniquingKeysWith: { first, _ in first })
        try await content.work.run { [content] (_) throws(Failure) in
            try DiskSpace(path: content.layout.root).require(try content.missing(sizes))
        }
    }
}

extension Artifact {
    fileprivate var isRemote: Bool {
        if case .remote = source { true } else { false }
    }
}
