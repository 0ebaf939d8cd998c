/// Reads files of git repositories other than the fleet's, each as one commit has it. Nothing is checked out, and nothing of them is
/// run; a repository is a stranger.
package protocol RepositoryFiles: Sendable {
    /// The bytes of the file at `path`.
    ///
    /// - Throws: `FileTooLarge`, stalling, for more than `limit` bytes; what says `retry` may help when it is tried again; all else
    ///   needs a person: no such commit, no such file, a symbolic link, a submodule, no access.
    func file(
        _ path: String, at commit: CommitID, of repository: RemoteAddress, limit: Int
    ) async throws(Failure) -> [UInt8]

    /// Gives the bytes of the file at `path` from `offset` on to `sink`, in order, in pieces: whatever its size, no more of it is held than
    /// git makes necessary.
    ///
    /// - Throws: as `file` does.
    func stream(
        _ path: String, at commit: CommitID, of repository: RemoteAddress, from offset: Int64, limit: Int64,
        into sink: @Sendable (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) async throws(Failure)

    /// All files below the folder `path`, nil for the top.
    ///
    /// - Throws: as `file` does; `limit` is for the sum of all.
    func folder(
        _ path: String?, at commit: CommitID, of repository: RemoteAddress, limit: Int
    ) async throws(Failure) -> CommitFolder

    /// The commit that a branch or tag names now.
    func resolve(_ name: String, of repository: RemoteAddress) async throws(Failure) -> CommitID
}

/// A folder of a repository at one commit.
package struct CommitFolder: Hashable, Sendable {
    package struct File: Hashable, Sendable {
        /// From the folder.
        package var path: String
        package var isExecutable: Bool
        package var bytes: [UInt8]

        package init(path: String, isExecutable: Bool, bytes: [UInt8]) {
            self.path = path
            self.isExecutable = isExecutable
            self.bytes = bytes
        }
    }

    /// Git's own id of the folder: 40 hexadecimal digits, equal for equal folders.
    package var tree: String
    /// In the order of the bytes of their paths.
    package var files: [File]

    package init(tree: String, files: [File]) {
        self.tree = tree
        self.files = files
    }
}
