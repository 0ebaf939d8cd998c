import Glibc
import NIOCore
import WaybillCore

/// The bytes of a file as the body of a request, read while they are sent.
struct FileBody: AsyncSequence, Sendable {
    let path: String
    let offset: Int64
    let count: Int64
    let sent: (@Sendable (Int) -> Void)?

    private static let piece = 256 << 10

    func makeAsyncIterator() -> Iterator { Iterator(body: self) }

    struct Iterator: AsyncIteratorProtocol {
        private let body: FileBody
        private let work = BlockingWork(label: "waybill.upload")
        private var file: OpenFile?
        private var done: Int64 = 0

        init(body: FileBody) { self.body = body }

        mutating func next() async throws -> ByteBuffer? {
            guard done < body.count else { return nil }
            let file = try self.file ?? OpenFile(body.path)
            self.file = file
            let (place, length) = (body.offset + done, Int(Swift.min(Int64(FileBody.piece), body.count - done)))
            let bytes = try await work.run { (_) throws(Failure) in try file.read(at: place, length) }
            done += Int64(bytes.readableBytes)
            body.sent?(bytes.readableBytes)
            return bytes
        }
    }
}

/// A file open for reading.
private final class OpenFile: Sendable {
    private let path: String
    private let descriptor: Int32

    init(_ path: String) throws(Failure) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { throw .disk(SystemError(operation: "open", path: path, code: errno)) }
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Some bytes from `offset` on, at most `length`.
    func read(at offset: Int64, _ length: Int) throws(Failure) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: length)
        while true {
            let got = buffer.withUnsafeMutableWritableBytes { pread(descriptor, $0.baseAddress, length, off_t(offset)) }
            if got < 0, errno == EINTR { continue }
            if got < 0 { throw .disk(SystemError(operation: "read", path: path, code: errno)) }
            guard got > 0 else {
                throw Failure(
                    .stall, reason: "StoreDamaged",
                    message: "\(path) ended before it was sent; 'waybill package verify --all' looks at it")
            }
            buffer.moveWriterIndex(forwardBy: got)
            return buffer
        }
    }
}
