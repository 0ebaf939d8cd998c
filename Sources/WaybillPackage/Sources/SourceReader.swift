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

/// The readers that a process has, by scheme.
package struct SourceReaders: Sendable {
    private let readers: [RemoteSource.Scheme: any SourceReader]

    package init(_ readers: [RemoteSource.Scheme: any SourceReader]) { self.readers = readers }

    /// - Throws: `SourceUnreadable`, stalling, for a scheme without one.
    func reader(for source: RemoteSource) throws(Failure) -> any SourceReader {
        if let reader = readers[source.scheme] { return reader }
        throw Failure(
            .stall, reason: "SourceUnreadable",
            message: "\(source.text.quotedForMessage): nothing here reads '\(source.scheme.rawValue):'")
    }
}
