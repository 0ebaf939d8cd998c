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

/// Asks a registry for what an alias is now, and for what a file is.
package struct MLflowPins: NameResolver, SourceMeasure {
    private let registry: MLflowRegistry
    private let files: WebFiles

    package init(_ transport: HTTPTransport, endpoint: WebAddress? = nil) {
        registry = MLflowRegistry(transport, endpoint)
        files = WebFiles(transport)
    }

    package func pinned(_ text: String) async throws(Failure) -> String? {
        let address = try MLflowRegistry.address(text)
        guard case .alias(let alias) = address.version else { return nil }
        return address.pinned(to: try await registry.number(alias, of: address)).description
    }

    /// The registry keeps no digests, so the file is read.
    package func measure(_ source: RemoteSource) async throws(Failure) -> (digest: Digest, size: Int64) {
        let address = try MLflowRegistry.address(source.text)
        let place = try await registry.file(address, version: try MLflowRegistry.number(address))
        return try await files.measure(WebFile(name: source.text, address: place))
    }
}
