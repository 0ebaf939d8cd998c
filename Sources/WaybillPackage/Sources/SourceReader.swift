package import WaybillCore

/// Fetches the bytes of one scheme's sources. Knows nothing of digests: what it gives is hashed, compared and kept by its caller.
package protocol SourceReader: Sendable {
    /// Gives the bytes of `source` from `offset` on to `sink`, in order, in pieces of bounded size, and returns at their end.
    ///
    /// - Parameters:
    ///   - offset: what an earlier try already has. A source that cannot begin there throws `ResumeRefused` (retry), and is then
    ///     asked again from 0.
    ///   - size: bytes that the manifest promises; a source that announces another length is refused before its bytes are read.
    /// - Throws: what a cut connection or a busy server causes says `retry`; what needs a person (not found, no rights, refused
    ///   redirect) says `stall`, with where, what and what to do, and never a secret.
    func read(
        _ source: RemoteSource, from offset: Int64, size: Int64,
        into sink: @Sendable (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) async throws(Failure)
}

/// The readers that a process has, by scheme, and what bounds the others.
package struct SourceReaders: Sendable {
    private let readers: [RemoteSource.Scheme: any SourceReader]
    /// Where the code of a version comes from.
    let repositories: (any RepositoryFiles)?
    /// Real, absolute folders that a `file:` source must be below; nil: it may be anywhere.
    let fileRoots: [String]?

    /// With `repositories`, the schemes of git are read from them.
    package init(
        _ readers: [RemoteSource.Scheme: any SourceReader], repositories: (any RepositoryFiles)? = nil,
        fileRoots: [String]? = nil
    ) {
        var readers = readers
        if let repositories {
            for scheme in [RemoteSource.Scheme.gitHTTPS, .gitSSH, .gitFile] {
                readers[scheme] = GitReader(files: repositories)
            }
        }
        self.readers = readers
        self.repositories = repositories
        self.fileRoots = fileRoots
    }

    /// - Throws: `SourceUnreadable`, stalling, for a scheme without one.
    func reader(for source: RemoteSource) throws(Failure) -> any SourceReader {
        if let reader = readers[source.scheme] { return reader }
        throw Failure(
            .stall, reason: "SourceUnreadable",
            message: "\(source.text.quotedForMessage): nothing here reads '\(source.scheme.rawValue):'")
    }
}
