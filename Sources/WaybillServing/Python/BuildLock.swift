import Glibc
import WaybillCore

/// An exclusive lock on a file. It lives as long as a process that has its descriptor: the controller, or a child that it
/// started for the build and that outlived it.
final class BuildLock: Sendable {
    let descriptor: Int32
    private let path: String

    private init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    /// The lock, or nil when another holds it.
    static func take(_ path: String) throws(Failure) -> BuildLock? {
        while true {
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard descriptor >= 0 else { throw EnvironmentFailure.disk("open", path) }
            let lock = BuildLock(descriptor: descriptor, path: path)
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                if errno == EWOULDBLOCK { return nil }
                throw EnvironmentFailure.disk("lock", path)
            }
            if lock.isStillAtItsPath { return lock }
        }
    }

    /// Removes the file. Whoever waits on it notices and makes a new one.
    func removeFile() { unlink(path) }

    private var isStillAtItsPath: Bool {
        var held = stat()
        var named = stat()
        return fstat(descriptor, &held) == 0 && lstat(path, &named) == 0 && held.st_ino == named.st_ino
            && held.st_dev == named.st_dev
    }
}
