import CLinux
import Glibc
import Synchronization
import WaybillCore

import struct Crypto.SHA256

/// A blob on its way into the store: a file beside the layout that is hashed while it grows. Its owner holds the blob's lock.
final class PartialBlob: Sendable {
    let path: String
    let descriptor: Int32
    /// The bytes that the blob has; one more is refused.
    private let limit: Int64
    private let state = Mutex(State())

    private struct State {
        var hasher = SHA256()
        var size: Int64 = 0
    }

    /// Opens what an earlier try left, or a new file.
    init(path: String, limit: Int64) throws(Failure) {
        self.path = path
        self.limit = limit
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        if descriptor < 0 { throw .disk(SystemError(operation: "make", path: path, code: errno)) }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// What was appended.
    var content: Content {
        state.withLock { Content(digest: Digest(finalizing: $0.hasher), size: $0.size) }
    }

    /// Hashes what is there and says how much that is; more than the blob can have is begun anew.
    func resume(_ cancellation: Cancellation) throws(Failure) -> Int64 {
        try seek(to: 0)
        var hasher = SHA256()
        let copy = FileCopy(source: descriptor, sourcePath: path, cancellation: cancellation)
        guard let size = try copy.feed(&hasher, limit: limit) else {
            try restart()
            return 0
        }
        state.withLock { $0 = State(hasher: hasher, size: size) }
        return size
    }

    /// Begins anew.
    func restart() throws(Failure) {
        if ftruncate(descriptor, 0) != 0 {
            throw .disk(SystemError(operation: "empty", path: path, code: errno))
        }
        try seek(to: 0)
        state.withLock { $0 = State() }
    }

    /// Adds bytes at the end.
    /// - Throws: `tooLarge` for bytes past the blob's size; those before them are kept.
    func append(_ bytes: UnsafeRawBufferPointer, tooLarge: Failure) throws(Failure) {
        let result = state.withLock { state -> Result<Void, Failure> in
            let fitting = UnsafeRawBufferPointer(
                rebasing: bytes.prefix(Int(min(Int64(bytes.count), limit - state.size))))
            do throws(SystemError) {
                try FileCopy.write(fitting, to: descriptor, path: path)
            } catch { return .failure(.disk(error)) }
            state.hasher.update(bufferPointer: fitting)
            state.size += Int64(fitting.count)
            return fitting.count == bytes.count ? .success(()) : .failure(tooLarge)
        }
        try result.get()
    }

    /// Leaves nothing behind.
    func discard() { unlink(path) }

    private func seek(to offset: off_t) throws(Failure) {
        if lseek(descriptor, offset, SEEK_SET) < 0 {
            throw .disk(SystemError(operation: "seek in", path: path, code: errno))
        }
    }
}
