import Glibc

/// A lock on a file, exclusive unless it is asked to be shared. The kernel lets go of it when the process dies, so no lock is ever
/// left behind; it also keeps apart two tasks of one process.
final class FileLock: Sendable {
    private let descriptor: Int32
    private let path: String

    private init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    /// The lock, or nil when another holds it.
    static func take(_ path: String, shared: Bool = false) throws(SystemError) -> FileLock? {
        while true {
            let descriptor = try call("open", path, open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600))
            let lock = FileLock(descriptor: descriptor, path: path)
            guard flock(descriptor, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0 else {
                if errno == EWOULDBLOCK { return nil }
                throw SystemError(operation: "lock", path: path, code: errno)
            }
            if try lock.isStillAtItsPath { return lock }
        }
    }

    /// Waits for the lock, looking `every` so often. Throws `CancellationError` when the task is cancelled meanwhile.
    static func wait(for path: String, shared: Bool = false, every pause: Duration = .milliseconds(25)) async throws
        -> FileLock
    {
        while true {
            if let lock = try take(path, shared: shared) { return lock }
            try await Task.sleep(for: pause)
        }
    }

    /// Waits with the thread, for locks that are held for moments only.
    static func hold(_ path: String) throws(SystemError) -> FileLock {
        while true {
            if let lock = try take(path) { return lock }
            usleep(2_000)
        }
    }

    /// Removes the file. Whoever waits on it notices and makes a new one.
    func removeFile() { unlink(path) }

    private var isStillAtItsPath: Bool {
        get throws(SystemError) {
            var held = stat()
            try call("look at", path, fstat(descriptor, &held))
            guard let named = try fileStatus(path) else { return false }
            return named.st_ino == held.st_ino && named.st_dev == held.st_dev
        }
    }
}
