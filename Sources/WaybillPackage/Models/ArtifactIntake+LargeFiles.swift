import WaybillCore

extension ArtifactIntake {
    /// What came of a file that was brought.
    struct Brought {
        var rotten: ContentStore.Quarantined?
    }

    /// Brings the file that a pointer of Git LFS in the repository stands for; nil when there is no pointer at `path`, or the pointer is
    /// itself the file that the manifest names.
    func bringLargeFile(
        _ artifact: Artifact, at path: String, _ verdict: ArtifactVerdict,
        _ judge: @escaping @Sendable (Content?) throws(Failure) -> Void
    ) async throws(Failure) -> Brought? {
        guard let largeFiles = readers.largeFiles,
            let bytes = try await small(path, at: verdict.commit), bytes.starts(with: LFSPointer.start),
            Digest(of: bytes) != artifact.digest
        else { return nil }
        let pointer: LFSPointer
        do throws(InvalidInput) { pointer = try LFSPointer(parsing: bytes) } catch {
            throw Failure(
                .stall, reason: "LargeFileInvalid",
                message: "\(path), the source of '\(artifact.path)' of \(verdict.version): \(error.message)")
        }
        try verdict.judge(pointer)
        try readers.admit(artifact.size, of: verdict.version)
        let settings = try await small(LFSEndpoint.settingsFile, at: verdict.commit)
        let reader = try largeFiles.reader(for: pointer, at: path, settings: settings)
        return Brought(
            rotten: try await content.fetch(
                ContentStore.Wanted(digest: artifact.digest, size: artifact.size),
                from: RemoteSource(scheme: .https, text: path), by: readers.slotted(reader), tooLarge: verdict.larger,
                judge: judge))
    }

    /// A file of the repository that is small enough to be a pointer or settings; nil when it is larger, or not there.
    private func small(_ path: String, at commit: CommitID) async throws(Failure) -> [UInt8]? {
        guard let file = try await tree.file(path, at: commit) else { return nil }
        do throws(Failure) {
            return try await tree.read([file.blob], limit: LFSPointer.limit).first
        } catch {
            if error.reason == "FileTooLarge" { return nil }
            throw error
        }
    }
}
