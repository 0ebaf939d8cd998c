/// A git object id of a file's bytes.
package struct BlobID: Hashable, Sendable, CustomStringConvertible {
    package let hex: String

    /// - Throws: `InvalidInput` when `text` is not 40 lowercase hex digits.
    package init(parsing text: String) throws(InvalidInput) {
        hex = try CommitID(parsing: text).hex
    }

    /// The id that stands for content of this digest where git has none.
    package init(standingFor digest: Digest) { hex = String(digest.hex.prefix(40)) }

    package var description: String { hex }
}

/// One regular file of a commit; path from the top of the repository, checked: relative, UTF-8, no `..`, no `.git`.
package struct TreeFile: Hashable, Sendable {
    package var path: String
    package var blob: BlobID

    package init(path: String, blob: BlobID) {
        self.path = path
        self.blob = blob
    }
}

/// A file that differs between two commits.
package struct TreeChange: Hashable, Sendable {
    package var path: String
    package var before: BlobID?
    package var after: BlobID?

    package init(path: String, before: BlobID?, after: BlobID?) {
        self.path = path
        self.before = before
        self.after = after
    }
}

/// Entries of a tree that are not taken: hostile names, symbolic links, submodules.
package struct TreeProblem: Hashable, Sendable {
    package var path: String
    package var message: String

    package init(path: String, message: String) {
        self.path = path
        self.message = message
    }
}

/// Trees and files of the mirrored fleet repository. Works without the network.
package protocol FleetTree: Sendable {
    /// Files under the folder `path` (empty: all) that differ from `base` to `commit`; nil base: all files. Unchanged
    /// subtrees are not walked.
    func changes(from base: CommitID?, to commit: CommitID, under path: String) async throws(Failure)
        -> (changes: [TreeChange], problems: [TreeProblem])
    /// The bytes of each blob, in order; fails with `FileTooLarge` for one past `limit` bytes.
    func read(_ blobs: [BlobID], limit: Int) async throws(Failure) -> [[UInt8]]
    /// Gives the bytes of a blob to `sink`, in order, in pieces: whatever its size, no more of it is held than git makes necessary. Fails
    /// with `FileTooLarge` past `limit` bytes.
    func stream(
        _ blob: BlobID, limit: Int64, into sink: @Sendable (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) async throws(Failure)
    /// The file at `path`, if the commit has a regular one there.
    func file(_ path: String, at commit: CommitID) async throws(Failure) -> TreeFile?
    /// The commit since which the file at `path` has been what it is at `commit`, along first parents; nil where no history is kept,
    /// or no such file is there.
    func origin(of path: String, at commit: CommitID) async throws(Failure) -> CommitID?
}

extension FleetTree {
    /// In one piece, for trees that are in memory.
    package func stream(
        _ blob: BlobID, limit: Int64, into sink: @Sendable (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) async throws(Failure) {
        let bytes = try await read([blob], limit: Int(limit)).first ?? []
        let given = bytes.withUnsafeBytes { piece in Result { () throws(Failure) in try sink(piece) } }
        try given.get()
    }

    package func origin(of path: String, at commit: CommitID) async throws(Failure) -> CommitID? { nil }
}

/// What a commit says of itself; claims, not proofs.
package struct CommitSummary: Hashable, Sendable {
    package var id: CommitID
    package var author: String
    /// First line of the message, at most 200 characters.
    package var summary: String
    package var time: Timestamp

    package init(id: CommitID, author: String, summary: String, time: Timestamp) {
        self.id = id
        self.author = author
        self.summary = summary
        self.time = time
    }
}

/// The watched branch and its mirror on this machine.
package protocol FleetRepository: FleetTree {
    /// What the remote's branch names now; transfers no objects.
    func remoteHead() async throws(Failure) -> CommitID
    /// Brings the branch into the mirror and returns its commit. One fetch at a time; a crash of the C library or a
    /// silent server costs this call only.
    func fetch() async throws(Failure) -> CommitID
    /// Whether `ancestor` is `commit` or one of its ancestors. False when either is not in the mirror.
    func contains(_ ancestor: CommitID, in commit: CommitID) async throws(Failure) -> Bool
    func summary(of commit: CommitID) async throws(Failure) -> CommitSummary
    /// What the remote's references whose full names begin with `prefix` name, brought into the mirror like the branch. One that cannot
    /// be taken is left out, as are those that name no commit.
    func references(below prefix: String) async throws(Failure) -> [String: CommitID]
}

extension FleetRepository {
    /// None, where nothing but a branch is kept.
    package func references(below prefix: String) async throws(Failure) -> [String: CommitID] { [:] }
}
