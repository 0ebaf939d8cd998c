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
        let commit = try HuggingFaceHub.commit(of: address)
        var file = WebFile(name: source.text, address: hub.file(address, at: commit.description), mayChange: false)
        file.check = { (head) throws(Failure) in try HuggingFaceHub.check(head, source.text, commit, size: size) }
        try await files.read(file, from: offset, size: size, into: sink)
    }
}

/// Asks a hub for what a branch or a tag is now, and for what a file is.
package struct HuggingFacePins: NameResolver, SourceMeasure {
    private let hub: HuggingFaceHub
    private let files: WebFiles

    package init(_ transport: HTTPTransport, endpoint: WebAddress = HuggingFaceHub.standard) {
        hub = HuggingFaceHub(transport, endpoint)
        files = WebFiles(transport)
    }

    package func pinned(_ text: String) async throws(Failure) -> String? {
        let address = try HuggingFaceHub.address(text)
        guard case .name(let name) = address.revision else { return nil }
        return address.pinned(to: try await hub.commit(name, of: address)).description
    }

    package func measure(_ source: RemoteSource) async throws(Failure) -> (digest: Digest, size: Int64) {
        let address = try HuggingFaceHub.address(source.text)
        let commit = try HuggingFaceHub.commit(of: address)
        // Of a file in LFS the hub knows the digest; others are small, and are read.
        if let known = try await hub.largeFile(address, at: commit) { return (known.digest, known.size) }
        return try await files.measure(
            WebFile(name: source.text, address: hub.file(address, at: commit.description), mayChange: false))
    }
}
