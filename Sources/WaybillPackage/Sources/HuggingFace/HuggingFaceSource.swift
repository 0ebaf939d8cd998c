package import WaybillCore

/// Reads `hf:` sources from a hub by its resolve endpoint.
///
/// The commit that the hub answers with must be the one asked for, and the size that it keeps of a large file the manifest's. A commit does not
/// change, so a cut transfer is gone on with without a condition; large files come from wherever the hub redirects to.
package struct HuggingFaceSource: SourceReader {
    private let hub: HuggingFaceHub
    private let files: WebFiles

    package init(_ transport: HTTPTransport, endpoint: WebAddress = HuggingFaceHub.standard) {
        hub = HuggingFaceHub(transport, endpoint)
        files = WebFiles(transport)
    }

    package func read(
        _ source: RemoteSource, from offset: Int64, size: Int64,
        into sink: @Sendable (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) async throws(Failure) {
        let address = try HuggingFaceHub.address(source.text)
        let commit: CommitID
        do throws(InvalidInput) { commit = try address.requireCommit() } catch {
            throw Failure(.stall, reason: "SourceUnreadable", message: error.message)
        }
        var file = WebFile(name: source.text, address: hub.file(address, at: commit.description), mayChange: false)
        file.check = { (head) throws(Failure) in try HuggingFaceHub.check(head, source.text, commit, size: size) }
        try await files.read(file, from: offset, size: size, into: sink)
    }
}

/// Asks a hub for what a branch or a tag is now.
package struct HuggingFaceResolver: SourceResolver {
    private let hub: HuggingFaceHub

    package init(_ transport: HTTPTransport, endpoint: WebAddress = HuggingFaceHub.standard) {
        hub = HuggingFaceHub(transport, endpoint)
    }

    package func resolve(_ text: String) async throws(Failure) -> ResolvedSource {
        let address = try HuggingFaceHub.address(text)
        let commit = try await hub.commit(address)
        let pinned = HuggingFaceAddress(
            kind: address.kind, repository: address.repository, revision: .commit(commit), path: address.path)
        let source = RemoteSource(scheme: .huggingFace, text: pinned.description)
        // Of a file in LFS the hub knows the digest; others are small, and are read.
        if let known = try await hub.largeFile(pinned, at: commit) {
            return ResolvedSource(source: source, digest: known.digest, size: known.size)
        }
        let content = try await content(of: hub.file(pinned, at: commit.description), text, by: hub.transport)
        return ResolvedSource(source: source, digest: content.digest, size: content.size)
    }
}
