import WaybillCore

extension ContentStore {
    /// Bytes that a source has to give.
    struct Wanted: Hashable, Sendable {
        var digest: Digest
        var size: Int64
    }

    /// Brings a blob from another machine through `reader`, unless it is held. A transfer that was cut goes on where it ended, also
    /// after a crash; bytes that turn out wrong after that are fetched once more from their beginning before they are refused.
    func fetch(
        _ wanted: Wanted, from source: RemoteSource, by reader: any SourceReader, tooLarge: Failure,
        judge: @escaping @Sendable (Content?) throws(Failure) -> Void
    ) async throws(Failure) -> Quarantined? {
        try await bring(wanted.digest, size: wanted.size, resumable: true, judge: judge) {
            (partial) throws(Failure) in
            let offset = try await work.run { (cancellation) throws(Failure) in try partial.resume(cancellation) }
            try await read(wanted, from: source, by: reader, at: offset, into: partial, tooLarge)
            if offset > 0, partial.content != Content(digest: wanted.digest, size: wanted.size) {
                try partial.restart()
                try await read(wanted, from: source, by: reader, at: 0, into: partial, tooLarge)
            }
            return partial.content
        }
    }

    private func read(
        _ wanted: Wanted, from source: RemoteSource, by reader: any SourceReader, at offset: Int64,
        into partial: PartialBlob, _ tooLarge: Failure
    ) async throws(Failure) {
        if offset > 0, offset == wanted.size { return }
        let sink: @Sendable (UnsafeRawBufferPointer) throws(Failure) -> Void = { (bytes) throws(Failure) in
            try partial.append(bytes, tooLarge: tooLarge)
        }
        do throws(Failure) {
            try await reader.read(source, from: offset, size: wanted.size, into: sink)
        } catch {
            guard error.reason == "ResumeRefused", offset > 0 else { throw error }
            try partial.restart()
            try await reader.read(source, from: 0, size: wanted.size, into: sink)
        }
    }
}
