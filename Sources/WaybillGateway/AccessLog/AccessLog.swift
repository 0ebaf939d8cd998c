import Dispatch
import Glibc
import Synchronization
import WaybillCore

/// A file with one line of JSON a request, written by a queue of its own: loops hand lines over and never wait for the disk.
///
/// Guarantees: lines are whole, and those of one loop stand in the order in which their requests ended. What finds no room, or no disk, is left
/// out and counted. A file that was moved away or removed is made anew, so that rotation needs no signal.
final class AccessLog: Sendable {
    /// Bytes that wait for the disk at most; further lines are left out.
    static let limit = 8 << 20

    private struct Box {
        var bytes: [UInt8] = []
        var lines: UInt64 = 0
        var isWoken = false
    }

    /// Guarded by `queue`: touched only by blocks on it.
    private final class File: @unchecked Sendable {
        var descriptor: Int32
        init(_ descriptor: Int32) { self.descriptor = descriptor }
        deinit { if descriptor >= 0 { close(descriptor) } }
    }

    let path: String
    /// Lines that were left out.
    let dropped = Atomic<UInt64>(0)
    private let box = Mutex(Box())
    private let file: File
    private let queue = DispatchQueue(label: "waybill.gateway.access", qos: .utility)

    /// - Throws: `Failure` (stall) when the file can neither be opened nor made.
    init(path: String) throws(Failure) {
        self.path = path
        let descriptor = Self.open(path)
        guard descriptor >= 0 else {
            throw .setting("the access log '\(path)' cannot be opened: \(String(cString: strerror(errno)))")
        }
        file = File(descriptor)
    }

    private static func open(_ path: String) -> Int32 {
        Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
    }

    /// Takes whole lines over.
    func take(_ bytes: borrowing [UInt8], lines: UInt64) {
        let mustWake = box.withLock { box in
            guard box.bytes.count + bytes.count <= Self.limit else {
                dropped.wrappingAdd(lines, ordering: .relaxed)
                return false
            }
            box.bytes.append(contentsOf: copy bytes)
            box.lines += lines
            defer { box.isWoken = true }
            return !box.isWoken
        }
        if mustWake { queue.async { self.writeAll() } }
    }

    /// Returns once everything that was taken is written, or left out. Not to be called on a loop.
    func flush() { queue.sync { self.writeAll() } }

    private func writeAll() {
        reopenIfMoved()
        while true {
            let (bytes, lines) = box.withLock { box in
                defer { (box.bytes, box.lines) = ([], 0) }
                if box.bytes.isEmpty { box.isWoken = false }
                return (box.bytes, box.lines)
            }
            guard !bytes.isEmpty else { return }
            if !write(bytes) { dropped.wrappingAdd(lines, ordering: .relaxed) }
        }
    }

    private func reopenIfMoved() {
        var (own, named) = (stat(), stat())
        let isThere = file.descriptor >= 0 && fstat(file.descriptor, &own) == 0 && lstat(path, &named) == 0
        if isThere, own.st_dev == named.st_dev, own.st_ino == named.st_ino { return }
        if file.descriptor >= 0 { close(file.descriptor) }
        file.descriptor = Self.open(path)
    }

    /// False when not all of it could be written; a part of a line that was is ended, so that the next one begins for itself.
    private func write(_ bytes: [UInt8]) -> Bool {
        guard file.descriptor >= 0 else { return false }
        let written = bytes.withUnsafeBytes { Descriptor.write($0, to: file.descriptor) }
        guard written < bytes.count else { return true }
        if written > 0, bytes[written - 1] != UInt8(ascii: "\n") { _ = Glibc.write(file.descriptor, "\n", 1) }
        return false
    }
}
