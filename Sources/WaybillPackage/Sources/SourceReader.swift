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

extension Failure {
    /// A source that cannot go on at `offset`; it is asked again from its beginning.
    static func resumeRefused(_ source: String, at offset: Int64) -> Failure {
        Failure(
            .retry, reason: "ResumeRefused",
            message: "\(source): the source cannot go on from byte \(offset); it is fetched from its beginning")
    }

    /// A source that announces other bytes than the manifest does.
    static func otherSize(_ source: String, announced: Int64, expected: Int64) -> Failure {
        Failure(
            .stall, reason: "ArtifactMismatch",
            message:
                "\(source) announces \(announced) bytes and its manifest \(expected); likely the file was replaced after the manifest was "
                + "written, or the address is that of a page about the file. Bring back the file that was meant, or make a new version "
                + "with 'waybill new version'")
    }
}

/// What fetching may take of this machine and its line.
package struct SourceBounds: Hashable, Sendable {
    /// Files that are fetched at once, in all versions together.
    package var concurrency: Int
    /// Bytes that one version may have on other machines, its code among them; nil: no bound.
    package var versionBytes: Int64?

    package init(concurrency: Int = 4, versionBytes: Int64? = nil) {
        self.concurrency = concurrency
        self.versionBytes = versionBytes
    }

    /// Refuses `what` when it has more bytes on other machines than is allowed.
    func admit(_ bytes: Int64, of what: String) throws(Failure) {
        guard let versionBytes, bytes > versionBytes else { return }
        throw Failure(
            .stall, reason: "ArtifactTooLarge",
            message:
                "\(what) has \(bytes) bytes on other machines, and 'sources.sizeLimit' of waybill.yaml is "
                + "\(versionBytes); raise it if the version is meant")
    }
}

/// The readers that a process has, by scheme, and what bounds the others.
package struct SourceReaders: Sendable {
    private let readers: [RemoteSource.Scheme: any SourceReader]
    /// Where the code of a version comes from, and the files of git's schemes.
    let repositories: (any RepositoryFiles)?
    /// Real, absolute folders that a `file:` source must be below; nil: it may be anywhere.
    let fileRoots: [String]?
    /// What pointers of Git LFS in the fleet repository stand for.
    let largeFiles: LargeFiles?
    private let slots: TransferSlots
    package let bounds: SourceBounds

    package init(
        _ readers: [RemoteSource.Scheme: any SourceReader], repositories: (any RepositoryFiles)? = nil,
        fileRoots: [String]? = nil, largeFiles: LargeFiles? = nil, bounds: SourceBounds = SourceBounds()
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
        self.largeFiles = largeFiles
        self.bounds = bounds
        slots = TransferSlots(bounds.concurrency)
    }

    /// A reader that waits for its turn.
    ///
    /// - Throws: `SourceUnreadable`, stalling, for a scheme without one.
    func reader(for source: RemoteSource) throws(Failure) -> any SourceReader {
        if let reader = readers[source.scheme] { return slotted(reader) }
        throw Failure(
            .stall, reason: "SourceUnreadable",
            message: "\(source.text.quotedForMessage): nothing here reads '\(source.scheme.rawValue):'")
    }

    /// The reader, waiting for its turn.
    func slotted(_ reader: any SourceReader) -> any SourceReader { SlottedReader(reader: reader, slots: slots) }

    /// The files of a version's code, fetched in its turn: code counts with the version's files on other machines, of which there are
    /// `elsewhere` bytes. Nil where nothing reads repositories.
    ///
    /// - Throws: what `RepositoryFiles.folder` throws; `ArtifactTooLarge`, stalling, for code that is more than the bound leaves.
    func code(
        _ code: CodeSource, in repository: RemoteAddress, beside elsewhere: Int64
    ) async throws(Failure) -> CommitFolder? {
        guard let repositories else { return nil }
        let left = bounds.versionBytes.map { max($0 - elsewhere, 0) }
        let limit = min(Int64(CodeArchive.limit), left ?? .max)
        try await slots.take()
        defer { slots.give() }
        do throws(Failure) {
            return try await repositories.folder(code.path, at: code.commit, of: repository, limit: Int(limit))
        } catch {
            guard error.reason == "FileTooLarge", let left, left < CodeArchive.limit else { throw error }
            throw Failure(
                .stall, reason: "ArtifactTooLarge",
                message:
                    "it has more than the \(left) bytes that 'sources.sizeLimit' of waybill.yaml leaves beside \(elsewhere) bytes of "
                    + "files on other machines; raise it if the version is meant")
        }
    }

    /// Refuses a version whose files on other machines, `artifacts`, have more bytes than the bound, and says how many those are.
    func admit(elsewhere artifacts: [Artifact], of version: VersionID) throws(Failure) -> Int64 {
        var total: Int64 = 0
        for artifact in artifacts {
            let (sum, isOver) = total.addingReportingOverflow(max(artifact.size, 0))
            total = isOver ? .max : sum
        }
        try bounds.admit(total, of: version.description)
        return total
    }
}

/// A reader that holds one of the places for transfers while it reads.
private struct SlottedReader: SourceReader {
    let reader: any SourceReader
    let slots: TransferSlots

    func read(
        _ source: RemoteSource, from offset: Int64, size: Int64,
        into sink: @Sendable (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) async throws(Failure) {
        try await slots.take()
        defer { slots.give() }
        try await reader.read(source, from: offset, size: size, into: sink)
    }
}
