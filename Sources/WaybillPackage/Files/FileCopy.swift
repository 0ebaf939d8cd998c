import CLinux
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
    /// As `cp` takes: larger ones leave the processor's cache, and cost a third more.
    private static let bufferSize = 128 << 10

    let source: Int32
    /// For messages.
    let sourcePath: String
    let cancellation: Cancellation

    /// Hashes the file, at most `limit` bytes of it; nil when it has more. `hashed` is told the bytes of each piece.
    func hash(limit: Int64 = .max, hashed: (Int) -> Void = { _ in }) throws(Failure) -> Content? {
        try stream(limit: limit) { (bytes: UnsafeRawBufferPointer) throws(Failure) in hashed(bytes.count) }
    }

    /// Copies into `destination` and hashes on the way; nil when there are more than `limit` bytes.
    func copy(to destination: Int32, path: String, limit: Int64) throws(Failure) -> Content? {
        var written: Int64 = 0
        return try stream(limit: limit) { (bytes: UnsafeRawBufferPointer) throws(Failure) in
            do throws(SystemError) { try Self.write(bytes, to: destination, path: path) } catch { throw .disk(error) }
            written += Int64(bytes.count)
            // The disk works while the next bytes are read and hashed, instead of all at once at the end.
            if written % Self.batch < Int64(bytes.count) {
                _ = waybill_begin_writing(destination, written - Self.batch, Self.batch)
            }
        }
    }

    private static let batch: Int64 = 16 << 20

    /// Feeds the file to a hasher that goes on after it, and says how many bytes that were; nil when it has more than `limit`.
    func feed(_ hasher: inout SHA256, limit: Int64) throws(Failure) -> Int64? {
        try stream(into: &hasher, limit: limit) { (_: UnsafeRawBufferPointer) throws(Failure) in }
    }

    /// The digest of a regular file's bytes. Anything else has a digest of its own that no file of a manifest has.
    static func digest(
        ofEntry path: String, _ cancellation: Cancellation, hashed: (Int) -> Void = { _ in }
    ) throws(Failure) -> Digest {
        try content(ofEntry: path, cancellation, hashed: hashed)?.digest ?? Digest(of: "waybill.not-a-file/1\n".utf8)
    }

    /// What is in a regular file; nil when none is there, or it has more than `limit` bytes.
    static func content(
        ofEntry path: String, limit: Int64 = .max, _ cancellation: Cancellation, hashed: (Int) -> Void = { _ in }
    ) throws(Failure) -> Content? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.isRegularFile, Int64(status.st_size) <= limit else { return nil }
        return try FileCopy(source: descriptor, sourcePath: path, cancellation: cancellation)
            .hash(limit: limit, hashed: hashed)
    }

    private func stream(
        limit: Int64, _ sink: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) -> Content? {
        var hasher = SHA256()
        guard let size = try stream(into: &hasher, limit: limit, sink) else { return nil }
        return Content(digest: Digest(finalizing: hasher), size: size)
    }

    private func stream(
        into hasher: inout SHA256, limit: Int64, _ sink: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) -> Int64? {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.bufferSize, alignment: 16)
        defer { buffer.deallocate() }
        var size: Int64 = 0
        while true {
            if cancellation.isCancelled { throw .cancelled }
            let count = read(source, buffer.baseAddress, buffer.count)
            if count == 0 { return size }
            if count < 0 {
                if errno == EINTR { continue }
                throw .unreadable(SystemError(operation: "read", path: sourcePath, code: errno))
            }
            let fitting = Int(min(Int64(count), limit - size))
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<fitting])
            hasher.update(bufferPointer: bytes)
            try sink(bytes)
            if fitting < count { return nil }
            size += Int64(count)
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
