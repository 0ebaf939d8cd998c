package import WaybillCore

/// Reads `https:` sources.
package struct HTTPSSource: SourceReader {
    private let files: WebFiles

    package init(_ transport: HTTPTransport) { files = WebFiles(transport) }

    package func read(
        _ source: RemoteSource, from offset: Int64, size: Int64,
        into sink: @Sendable (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) async throws(Failure) {
        let address: HTTPSAddress
        do throws(InvalidInput) { address = try HTTPSAddress(parsing: source.text) } catch {
            throw Failure(.stall, reason: "SourceUnreadable", message: error.message)
        }
        try await files.read(
            WebFile(name: source.description, address: address.address), from: offset, size: size, into: sink)
    }
}
