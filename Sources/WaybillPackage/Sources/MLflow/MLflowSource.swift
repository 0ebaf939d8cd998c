package import WaybillCore

/// Reads `mlflow:` sources: the registry says where a version's artifacts are, and the server's artifact proxy gives them.
package struct MLflowSource: SourceReader {
    private let registry: MLflowRegistry
    private let files: WebFiles

    /// - Parameter endpoint: the server of sources that name none.
    package init(_ transport: HTTPTransport, endpoint: WebAddress? = nil) {
        registry = MLflowRegistry(transport, endpoint)
        files = WebFiles(transport)
    }

    package func read(
        _ source: RemoteSource, from offset: Int64, size: Int64,
        into sink: @Sendable (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) async throws(Failure) {
        let address = try MLflowRegistry.address(source.text)
        let number = try MLflowRegistry.number(address)
        let place = try await registry.file(address, version: number)
        try await files.read(WebFile(name: source.text, address: place), from: offset, size: size, into: sink)
    }
}

/// Asks a registry for what an alias is now.
package struct MLflowResolver: SourceResolver {
    private let registry: MLflowRegistry

    package init(_ transport: HTTPTransport, endpoint: WebAddress? = nil) {
        registry = MLflowRegistry(transport, endpoint)
    }

    package func resolve(_ text: String) async throws(Failure) -> ResolvedSource {
        let address = try MLflowRegistry.address(text)
        let number = try await registry.number(of: address)
        let pinned = MLflowAddress(
            server: address.server, model: address.model, version: .number(number), path: address.path)
        // The registry keeps no digests.
        let content = try await content(
            of: registry.file(pinned, version: number), text, by: registry.transport)
        return ResolvedSource(
            source: RemoteSource(scheme: .mlflow, text: pinned.description), digest: content.digest, size: content.size)
    }
}
