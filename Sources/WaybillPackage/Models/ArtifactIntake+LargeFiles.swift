import WaybillCore

extension ArtifactIntake {
    /// The pointers of Git LFS that stand in the repository for some of `artifacts`, each a pointer to what its manifest names. None
    /// stands for an artifact when there is no pointer at its path, or the pointer is itself the file that the manifest names.
    func largeFiles(
        among artifacts: [Artifact], of version: VersionID, at commit: CommitID
    ) async throws(Failure) -> [Artifact: LFSPointer] {
        var pointers: [Artifact: LFSPointer] = [:]
        guard readers.largeFiles != nil else { return pointers }
        for artifact in artifacts {
            guard case .repository(let path) = artifact.source, let bytes = try await small(path, at: commit),
                bytes.starts(with: LFSPointer.start), Digest(of: bytes) != artifact.digest
            else { continue }
            let pointer: LFSPointer
            do throws(InvalidInput) { pointer = try LFSPointer(parsing: bytes) } catch {
                throw Failure(
                    .stall, reason: "LargeFileInvalid",
                    message: "\(path), the source of '\(artifact.path)' of \(version): \(error.message)")
            }
            try ArtifactVerdict(artifact: artifact, version: version, commit: commit).judge(pointer)
            pointers[artifact] = pointer
        }
        return pointers
    }

    /// Brings the file that `pointer`, which stands at `path` in the repository, stands for.
    func bring(
        _ artifact: Artifact, for pointer: LFSPointer, at path: String, by largeFiles: LargeFiles,
        _ verdict: ArtifactVerdict, _ judge: @escaping @Sendable (Content?) throws(Failure) -> Void
    ) async throws(Failure) -> ContentStore.Quarantined? {
        let settings = try await small(LFSEndpoint.settingsFile, at: verdict.commit)
        let reader = try largeFiles.reader(for: pointer, at: path, settings: settings)
        return try await content.fetch(
            ContentStore.Wanted(digest: artifact.digest, size: artifact.size),
            from: RemoteSource(scheme: .https, text: path), by: readers.slotted(reader), tooLarge: verdict.larger,
            judge: judge)
    }

    /// A file of the repository that is small enough to be a pointer or settings; nil when it is larger, or not there.
    func small(_ path: String, at commit: CommitID) async throws(Failure) -> [UInt8]? {
        guard let file = try await tree.file(path, at: commit) else { return nil }
        do throws(Failure) {
            return try await tree.read([file.blob], limit: LFSPointer.limit).first
        } catch {
            if error.reason == "FileTooLarge" { return nil }
            throw error
        }
    }
}
