import Foundation
import Glibc

/// Takes unpacked bytes and gives them back as a source: from memory while they are few, from a nameless file when they are many.
struct Spool {
    private static let inMemory = 8 << 20

    private var buffer: [UInt8] = []
    private var file: NamelessFile?
    private(set) var size: Int64 = 0

    init() {}

    mutating func append(_ bytes: ArraySlice<UInt8>) throws(InspectionError) {
        buffer.append(contentsOf: bytes)
        size += Int64(bytes.count)
        if buffer.count > Self.inMemory { try flush() }
    }

    mutating func finish() -> any ByteSource {
        guard let file else { return MemoryBytes(content: buffer) }
        return SpooledBytes(file: file, tail: buffer, size: size)
    }

    private mutating func flush() throws(InspectionError) {
        let file: NamelessFile
        if let made = self.file { file = made } else { file = try NamelessFile() }
        self.file = file
        try file.append(buffer)
        buffer.removeAll(keepingCapacity: true)
    }
}

/// A file without a name, which its last reader takes with it.
final class NamelessFile: Sendable {
    let descriptor: Int32

    init() throws(InspectionError) {
        let folder = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        var template = Array("\(folder)/waybill-unpacked-XXXXXX".utf8CString)
        descriptor = template.withUnsafeMutableBufferPointer { $0.baseAddress.map { mkstemp($0) } ?? -1 }
        guard descriptor >= 0 else {
            throw .unreadable("cannot make a file in \(folder): \(String(cString: strerror(errno)))")
        }
        template.withUnsafeBufferPointer { name in _ = name.baseAddress.map { unlink($0) } }
    }

    deinit { close(descriptor) }

    func append(_ bytes: [UInt8]) throws(InspectionError) {
        var done = 0
        while done < bytes.count {
            let wrote = bytes.withUnsafeBytes { room in
                write(descriptor, room.baseAddress.map { $0 + done }, bytes.count - done)
            }
            if wrote < 0, errno == EINTR { continue }
            guard wrote > 0 else {
                throw .unreadable("cannot unpack into a temporary file: \(String(cString: strerror(errno)))")
            }
            done += wrote
        }
    }
}

/// What a spool holds: a file, and the last bytes in memory.
private struct SpooledBytes: ByteSource {
    let file: NamelessFile
    let tail: [UInt8]
    let size: Int64

    func bytes(at offset: Int64, count: Int) throws(InspectionError) -> [UInt8] {
        guard offset >= 0, count >= 0, offset <= size, Int64(count) <= size - offset else {
            throw .truncated(at: offset)
        }
        let tailStart = size - Int64(tail.count)
        let inFile = Int(max(0, min(Int64(count), tailStart - offset)))
        var buffer = [UInt8](repeating: 0, count: inFile)
        var done = 0
        while done < inFile {
            let got = buffer.withUnsafeMutableBytes { room in
                pread(file.descriptor, room.baseAddress.map { $0 + done }, inFile - done, off_t(offset) + off_t(done))
            }
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { throw .unreadable("cannot read a temporary file: \(String(cString: strerror(errno)))") }
            done += got
        }
        if inFile < count {
            let from = Int(max(0, offset - tailStart))
            buffer.append(contentsOf: tail[from..<(from + count - inFile)])
        }
        return buffer
    }
}
