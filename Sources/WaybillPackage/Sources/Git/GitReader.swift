import WaybillCore

/// Reads `git+https:`, `git+ssh:` and `git+file:` sources: one file of a repository at one commit.
///
/// A file of git comes whole, so it is bounded, and a transfer that was cut begins again: git has no way to go on with one.
struct GitReader: SourceReader {
    let files: any RepositoryFiles

    /// Bytes past which a file is refused, since it is held in memory.
    static let limit: Int64 = 256 << 20
    private static let piece = 1 << 20

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
        let bytes: [UInt8]
        do throws(Failure) {
            bytes = try await files.file(address.path, at: commit, of: address.repository, limit: Int(max(size, 1024)))
        } catch {
            guard error.reason == "FileTooLarge" else { throw error }
            throw Failure(
                .stall, reason: "ArtifactMismatch",
                message:
                    "\(source): the file has more bytes there than the \(size) that its manifest names; likely another "
                    + "commit was meant")
        }
        guard offset <= bytes.count else {
            throw Failure(
                .retry, reason: "ResumeRefused", message: "\(source): has \(bytes.count) bytes, less than are here")
        }
        var at = Int(offset)
        while at < bytes.count {
            let end = min(at + Self.piece, bytes.count)
            let result = bytes.withUnsafeBytes { whole -> Result<Void, Failure> in
                do throws(Failure) {
                    return .success(try sink(UnsafeRawBufferPointer(rebasing: whole[at..<end])))
                } catch { return .failure(error) }
            }
            try result.get()
            at = end
        }
    }
}
