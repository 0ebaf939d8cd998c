package import WaybillCore

/// Reads `https:` sources.
package struct HTTPSSource: SourceReader, SourceMeasure {
    private let files: WebFiles

    package init(_ transport: HTTPTransport) { files = WebFiles(transport) }

    package func read(
        _ source: RemoteSource, from offset: Int64, size: Int64,
        into sink: @Sendable (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) async throws(Failure) {
        try await files.read(try file(source), from: offset, size: size, into: sink)
    }

    package func measure(_ source: RemoteSource) async throws(Failure) -> (digest: Digest, size: Int64) {
        try await files.measure(try file(source))
    }

    private func file(_ source: RemoteSource) throws(Failure) -> WebFile {
        do throws(InvalidInput) {
            return WebFile(name: source.description, address: try HTTPSAddress(parsing: source.text).address)
        } catch { throw Failure(.stall, reason: "SourceUnreadable", message: error.message) }
    }
}
