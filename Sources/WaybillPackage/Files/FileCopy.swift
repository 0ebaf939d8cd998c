import Glibc
import WaybillCore

import struct Crypto.SHA256

/// What a stream of bytes turned out to be.
struct Content: Hashable, Sendable {
    let digest: Digest
    let size: Int64
}

/// Reads a file once, hashing it, and writes it to another if asked. Memory stays at one buffer whatever the size.
struct FileCopy {
    private static let bufferSize = 1 << 20

    let source: Int32
    /// For messages.
    let sourcePath: String
    let cancellation: Cancellation

    /// Hashes the file, at most `limit` bytes of it; nil when it has more.
    func hash(limit: Int64 = .max) throws(Failure) -> Content? {
        try stream(limit: limit) { (_: UnsafeRawBufferPointer) throws(Failure) in }
    }

    /// Copies into `destination` and hashes on the way; nil when there are more than `limit` bytes.
    func copy(to destination: Int32, path: String, limit: Int64) throws(Failure) -> Content? {
        try stream(limit: limit) { (bytes: UnsafeRawBufferPointer) throws(Failure) in
            do throws(SystemError) { try Self.write(bytes, to: destination, path: path) } catch { throw .disk(error) }
        }
    }

    private func stream(
        limit: Int64, _ sink: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) -> Content? {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.bufferSize, alignment: 16)
        defer { buffer.deallocate() }
        var hasher = SHA256()
        var size: Int64 = 0
        while true {
            if cancellation.isCancelled { throw .cancelled }
            let count = read(source, buffer.baseAddress, buffer.count)
            if count == 0 { return Content(digest: Digest(finalizing: hasher), size: size) }
            if count < 0 {
                if errno == EINTR { continue }
                throw .unreadable(SystemError(operation: "read", path: sourcePath, code: errno))
            }
            size += Int64(count)
            if size > limit { return nil }
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            hasher.update(bufferPointer: bytes)
            try sink(bytes)
        }
    }

    static func write(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(SystemError) {
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(SystemError) in try write(buffer, to: descriptor, path: path) }
        }
        try result.get()
    }

    /// Writes all of `bytes`, however many calls it takes.
    static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, path: String) throws(SystemError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let slice = UnsafeRawBufferPointer(rebasing: rest)
            let count = Glibc.write(descriptor, slice.baseAddress, slice.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw SystemError(operation: "write", path: path, code: errno)
            }
            rest = rest.dropFirst(count)
        }
    }
}
