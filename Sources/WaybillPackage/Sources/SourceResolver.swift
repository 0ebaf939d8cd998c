package import WaybillCore

/// Finds out what a name that may move means now, for `waybill pin`.
package protocol SourceResolver: Sendable {
    /// - Parameter text: a source of this resolver's scheme, with a name that may move (a branch, a tag, an alias) or without one.
    /// - Throws: as `SourceReader.read` does; `SourceUnreadable`, stalling, for text that is no such source.
    func resolve(_ text: String) async throws(Failure) -> ResolvedSource
}

/// What a name meant when it was asked for.
package struct ResolvedSource: Hashable, Sendable {
    /// The source with a name that does not move.
    package let source: RemoteSource
    package let digest: Digest
    /// Bytes.
    package let size: Int64

    package init(source: RemoteSource, digest: Digest, size: Int64) {
        self.source = source
        self.digest = digest
        self.size = size
    }
}

extension SourceResolver {
    /// What the file at `address` is: it is read whole and hashed, and nothing is kept.
    func content(
        of address: WebAddress, _ name: String, by transport: HTTPTransport
    ) async throws(Failure) -> Content {
        let hasher = RunningDigest()
        let answer = try await transport.stream(HTTPCall("GET", address)) { (head) throws(Failure) in
            head.status == 200
        } into: { (bytes) throws(Failure) in
            hasher.update(bytes)
        }
        guard answer.status == 200 else { throw answer.failure("GET", name) }
        return hasher.content
    }
}
