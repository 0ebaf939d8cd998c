import CLinux
import Glibc
import WaybillCore

extension ContentStore {
    /// How a file came to have a blob's bytes.
    enum Placement: Hashable, Sendable {
        /// Shares the bytes until one of the two is written.
        case shared
        /// Is the same file.
        case linked
        case copied
    }

    /// Makes a read-only file at `path` with the blob's bytes: sharing them where the file system can, else as the same file, else
    /// as a copy; never a symbolic link. Who calls it has found the blob sound, and holds `use`.
    func place(_ digest: Digest, at path: String, _ cancellation: Cancellation) throws(Failure) -> Placement {
        do throws(SystemError) {
            if try share(digest, at: path) { return .shared }
            let isLinked = try keepingRecord(of: digest) { () throws(SystemError) in
                if link(layout.blob(digest), path) == 0 { return true }
                let code = errno
                // Another file system, too many links, or a file system without links.
                if [EXDEV, EMLINK, EPERM, EOPNOTSUPP].contains(code) { return false }
                throw SystemError(operation: "make", path: path, code: code)
            }
            if isLinked { return .linked }
        } catch { throw .disk(error) }
        try copy(digest, to: path, cancellation)
        return .copied
    }

    /// Runs `body`, which changes how many names the blob's file has and with that its time of change, but not its bytes: a file
    /// that was as at its last hashing before is taken to be so after.
    func keepingRecord<Result>(
        of digest: Digest, _ body: () throws(SystemError) -> Result
    ) throws(SystemError) -> Result {
        let path = layout.blob(digest)
        let lock = try FileLock.hold("\(layout.locks)/names")
        defer { withExtendedLifetime(lock) {} }
        let record = layout.record(digest).load()[""]
        let before = try fileStatus(path).map { StoredFile(path: "", digest: digest, status: $0) }
        let result = try body()
        if let record, record == before, let after = try fileStatus(path) {
            let now = StoredFile(path: "", digest: digest, status: after)
            if now.inode == record.inode, now.size == record.size, now.modified == record.modified {
                try? layout.record(digest).save([now])
            }
        }
        return result
    }

    /// Whether `file` is a blob's own file, as it was when the blob was last hashed.
    func isBlob(_ file: StoredFile, _ digest: Digest) -> Bool {
        guard let record = layout.record(digest).load()[""] else { return false }
        return record.hasLooks(of: file)
    }

    private func share(_ digest: Digest, at path: String) throws(SystemError) -> Bool {
        let source = try call("open", layout.blob(digest), open(layout.blob(digest), O_RDONLY | O_CLOEXEC | O_NOFOLLOW))
        defer { close(source) }
        let new = try call("make", path, open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600))
        defer { close(new) }
        guard waybill_share_bytes(new, source) == 0 else {
            try call("remove", path, unlink(path))
            return false
        }
        try call("set the mode of", path, fchmod(new, ArtifactStore.fileMode))
        try call("sync", path, fsync(new))
        return true
    }

    private func copy(_ digest: Digest, to path: String, _ cancellation: Cancellation) throws(Failure) {
        let blob = layout.blob(digest)
        let source = open(blob, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard source >= 0 else { throw .disk(SystemError(operation: "open", path: blob, code: errno)) }
        defer { close(source) }
        let new = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard new >= 0 else { throw .disk(SystemError(operation: "make", path: path, code: errno)) }
        defer { close(new) }
        let copy = FileCopy(source: source, sourcePath: blob, cancellation: cancellation)
        let content = try copy.copy(to: new, path: path, limit: .max)
        guard content?.digest == digest else {
            throw Failure(
                .retry, reason: "BlobRotten", message: "\(blob) changed while it was copied; it is fetched again")
        }
        do throws(SystemError) {
            try call("set the mode of", path, fchmod(new, ArtifactStore.fileMode))
            try call("sync", path, fsync(new))
        } catch { throw .disk(error) }
    }
}
