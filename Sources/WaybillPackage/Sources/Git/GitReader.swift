import WaybillCore

/// Reads `git+https:`, `git+ssh:` and `git+file:` sources: one file of a repository at one commit.
///
/// A transfer of git's that was cut begins again: git has no way to go on with one. A file that is here is read in pieces.
struct GitReader: SourceReader {
    let files: any RepositoryFiles

    /// Bytes past which a file is refused: git itself, and whoever clones the repository, holds a file whole.
    static let limit: Int64 = 2 << 30

    func read(
        _ source: RemoteSource, from offset: Int64, size: Int64,
        into sink: @Sendable (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) async throws(Failure) {
        let address: GitAddress
        let commit: CommitID
        do throws(InvalidInput) {
            address = try GitAddress(parsing: source.text)
            commit = try address.requireCommit()
        } catch { throw Failure(.stall, reason: "SourceInvalid", message: error.message) }
        guard size <= Self.limit else {
            throw Failure(
                .stall, reason: "ArtifactTooLarge",
                message:
                    "\(source): \(size) bytes are too many for a file in git, which may have \(Self.limit); keep it in an "
                    + "object store, or on a server")
        }
        do throws(Failure) {
            try await files.stream(
                address.path, at: commit, of: address.repository, from: offset, limit: max(size, 1024), into: sink)
        } catch {
            guard error.reason == "FileTooLarge" else { throw error }
            throw Failure(
                .stall, reason: "ArtifactMismatch",
                message:
                    "\(source): the file has more bytes there than the \(size) that its manifest names; likely another "
                    + "commit was meant")
        }
    }
}
