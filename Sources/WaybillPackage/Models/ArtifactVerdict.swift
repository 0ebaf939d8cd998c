import WaybillCore

/// Compares what a source gave with what the manifest promises, and says where, what and what to do.
struct ArtifactVerdict {
    let artifact: Artifact
    let version: VersionID
    let commit: CommitID

    /// - Throws: `ArtifactMismatch`, stalling; `content` is nil when there were more bytes than promised.
    func judge(_ content: Content?) throws(Failure) {
        guard let content else { throw larger }
        guard content.size == artifact.size, content.digest == artifact.digest else {
            throw mismatch(got: "\(content.digest) (\(bytes(content.size)))", because: cause(of: content.size))
        }
    }

    /// Names a pointer of Git LFS as what it is, where it stands in place of the file.
    func refusePointer(_ bytes: [UInt8]) throws(Failure) {
        guard bytes.starts(with: LFSPointer.start), Digest(of: bytes) != artifact.digest else { return }
        throw mismatch(
            got: "a pointer of Git LFS",
            because: "the repository holds only the pointer. Commit the file itself, or name it by 'file:/path'")
    }

    /// What a pointer stands for must be the file of the manifest before any of it is fetched.
    func judge(_ pointer: LFSPointer) throws(Failure) {
        guard pointer.digest == artifact.digest, pointer.size == artifact.size else {
            throw mismatch(
                got: "a pointer of Git LFS to \(pointer.digest) (\(bytes(pointer.size)))",
                because: pointer.digest == artifact.digest
                    ? "the size in the manifest is wrong"
                    : "the file was replaced after the manifest was written. \(Self.remedy)")
        }
    }

    var larger: Failure {
        mismatch(
            got: "more than that many bytes",
            because: "the file was replaced after the manifest was written. \(Self.remedy)")
    }

    func notInRepository(_ path: String) -> Failure {
        Failure(
            .stall, reason: "ArtifactMissing",
            message:
                "\(place): commit \(commit.short) has no file '\(path)'; commit the file together with its manifest")
    }

    func tooLarge(limit: Int64) -> Failure {
        Failure(
            .stall, reason: "ArtifactTooLarge",
            message:
                "\(place): \(bytes(artifact.size)) are too many for a file in git, which may have \(bytes(limit)); "
                + "keep it outside and name it by 'file:/path'")
    }

    private func mismatch(got: String, because cause: String) -> Failure {
        Failure(
            .stall, reason: "ArtifactMismatch",
            message: "\(place) from \(artifact.source) is not what its manifest names: expected \(artifact.digest) "
                + "(\(bytes(artifact.size))), got \(got); likely \(cause)")
    }

    private func cause(of size: Int64) -> String {
        if size == 0 { return "an upload or copy that never began: the file is empty. \(Self.remedy)" }
        if size < artifact.size { return "an upload or copy that was cut short. \(Self.remedy)" }
        if size == artifact.size { return "the file was trained or saved again, or damaged. \(Self.remedy)" }
        return "the file was replaced after the manifest was written. \(Self.remedy)"
    }

    private var place: String { "'\(artifact.path)' of \(version)" }
    private func bytes(_ count: Int64) -> String { "\(count) byte\(count == 1 ? "" : "s")" }

    private static let remedy =
        "Bring back the file that was meant, or make a new version of it with 'waybill new version'"
}
