import Glibc
import WaybillCore

/// The right to serve a state folder: an advisory lock that dies with its process.
final class StateLock: Sendable {
    /// The lock goes with this open file, also when another process gets it by a hand-over.
    let descriptor: CInt

    /// - Throws: `Failure` (stall, `GatewayRunning`) that names the holder when another process has it.
    init(at path: String) throws(Failure) {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw Failure(
                .stall, reason: "StateFolderUnusable",
                message: "gateway: cannot open \(path): \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let holder = Self.text(of: descriptor)
            close(descriptor)
            throw Failure(
                .stall, reason: "GatewayRunning",
                message: "gateway: another gateway (pid \(holder)) serves this state folder; "
                    + "stop it, or start this one with --take-over to replace it without losing a request")
        }
        writeHolder()
    }

    /// Takes a lock over that its holder gave.
    init(adopting descriptor: CInt) { self.descriptor = descriptor }

    /// Writes this process down as the holder.
    func writeHolder() {
        let pid = Array("\(getpid())\n".utf8)
        ftruncate(descriptor, 0)
        pwrite(descriptor, pid, pid.count, 0)
    }

    deinit { close(descriptor) }

    private static func text(of descriptor: CInt) -> String {
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        let digits = bytes.prefix(max(0, count)).prefix { (48...57).contains($0) }
        return digits.isEmpty ? "unknown" : String(decoding: digits, as: UTF8.self)
    }
}
