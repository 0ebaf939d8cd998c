import Glibc
import WaybillCore

/// Bytes that can be read at any place: a file, or memory. Reading never goes past the end and never holds more than was asked for.
protocol ByteSource: Sendable {
    var size: Int64 { get }
    /// Exactly `count` bytes from `offset` on.
    /// - Throws: `Truncated` when they are not there; `Unreadable` when the disk fails.
    func bytes(at offset: Int64, count: Int) throws(InspectionError) -> [UInt8]
}

/// Why looking inside a file ended early.
enum InspectionError: Error, Hashable, Sendable {
    /// The file ends before what it promises.
    case truncated(at: Int64)
    /// The file says something that its format does not allow; in words.
    case malformed(String)
    /// The disk failed, in words.
    case unreadable(String)
}

/// A file of this machine, open for reading.
final class FileBytes: ByteSource {
    private let descriptor: Int32
    let size: Int64

    /// - Throws: `unreadable` when there is no regular file at `path`.
    init(path: String) throws(InspectionError) {
        let opened = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard opened >= 0 else { throw .unreadable("cannot open \(path): \(String(cString: strerror(errno)))") }
        var status = stat()
        guard fstat(opened, &status) == 0, status.isRegularFile else {
            close(opened)
            throw .unreadable("\(path) is no regular file")
        }
        descriptor = opened
        size = Int64(status.st_size)
    }

    deinit { close(descriptor) }

    func bytes(at offset: Int64, count: Int) throws(InspectionError) -> [UInt8] {
        guard offset >= 0, count >= 0, offset <= size, Int64(count) <= size - offset else {
            throw .truncated(at: offset)
        }
        var buffer = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = buffer.withUnsafeMutableBytes { room in
                pread(descriptor, room.baseAddress.map { $0 + done }, count - done, off_t(offset) + off_t(done))
            }
            if got < 0 {
                if errno == EINTR { continue }
                throw .unreadable(String(cString: strerror(errno)))
            }
            if got == 0 { throw .truncated(at: offset + Int64(done)) }
            done += got
        }
        return buffer
    }
}

/// Bytes in memory, such as a member that was unpacked.
struct MemoryBytes: ByteSource {
    let content: [UInt8]
    var size: Int64 { Int64(content.count) }

    func bytes(at offset: Int64, count: Int) throws(InspectionError) -> [UInt8] {
        guard offset >= 0, count >= 0, offset <= size, Int64(count) <= size - offset else {
            throw .truncated(at: offset)
        }
        return Array(content[Int(offset)..<(Int(offset) + count)])
    }
}
