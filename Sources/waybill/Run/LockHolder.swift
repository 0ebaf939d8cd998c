import Foundation
import Glibc
import WaybillCore

/// A process that holds the lock of a state folder, as its lock file tells.
struct LockHolder: Sendable {
    /// What it is, for messages: `controller`.
    let name: String
    let lock: String

    /// The process id; nil when nobody holds the lock.
    ///
    /// - Throws: `Failure` when somebody holds it and the file does not say who.
    func process() throws(Failure) -> pid_t? {
        let descriptor = open(lock, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw Failure(
                .stall, reason: "StateFolderUnusable",
                message: "cannot open \(lock): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        // Shared, so that two who look do not see each other.
        guard flock(descriptor, LOCK_SH | LOCK_NB) != 0 else { return nil }
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = max(0, pread(descriptor, &bytes, bytes.count, 0))
        guard let id = pid_t(String(decoding: bytes.prefix(count), as: UTF8.self).trimmed), id > 1 else {
            throw Failure(
                .retry, reason: "HolderUnknown",
                message: "somebody holds \(lock) and the file does not say who; try again")
        }
        return id
    }

    /// Asks the holder to end (SIGTERM) and waits until the lock is free.
    ///
    /// - Returns: the process that ended; nil when there was none.
    /// - Throws: `Failure` when it may not be told to, or has not ended within `limit`.
    func end(within limit: Duration) async throws(Failure) -> pid_t? {
        guard let id = try process() else { return nil }
        guard kill(id, SIGTERM) == 0 || errno == ESRCH else {
            throw Failure(
                .stall, reason: "NotAllowed",
                message: "the \(name) (process \(id)) may not be ended by this user; run as its owner")
        }
        let end = ContinuousClock.now + limit
        while try process() != nil {
            guard ContinuousClock.now < end else {
                throw Failure(
                    .retry, reason: "StillRunning",
                    message:
                        "the \(name) (process \(id)) was told to end and still runs after \(Quantity.text(limit)); its "
                        + "log says why")
            }
            do { try await Task.sleep(for: .milliseconds(50)) } catch {
                throw Failure(.wait, reason: "Cancelled", message: "stopped")
            }
        }
        return id
    }
}
