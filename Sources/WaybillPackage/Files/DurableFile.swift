import Glibc
import WaybillCore

/// Small files that are replaced as a whole: a crash leaves the old bytes or the new ones.
enum DurableFile {
    /// Writes `bytes` beside, makes them durable and puts them at `path`. `scratch` is a folder of the same file system.
    static func replace(
        _ path: String, with bytes: [UInt8], mode: mode_t, scratch: String
    ) throws(SystemError) {
        var name = Array("\(scratch)/write.XXXXXX".utf8CString)
        let descriptor = mkstemp(&name)
        let temporary = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        try call("make", temporary, descriptor)
        defer { close(descriptor) }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        do throws(SystemError) {
            try FileCopy.write(bytes, to: descriptor, path: temporary)
            try call("set the mode of", temporary, fchmod(descriptor, mode))
            try call("sync", temporary, fsync(descriptor))
            try call("rename", temporary, rename(temporary, path))
            try syncFolder(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// The bytes of the regular file at `path`, at most `limit`; nil when it is not there.
    /// - Throws: `StoreUnavailable`, also for a file with more.
    static func read(_ path: String, limit: Int) throws(Failure) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else {
            let error = SystemError(operation: "open", path: path, code: errno)
            if error.isMissing { return nil }
            throw .disk(error)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.isRegularFile, status.st_size <= limit else {
            throw Failure(
                .stall, reason: "StoreDamaged",
                message: "\(path) is no regular file of at most \(limit) bytes; move it away")
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var done = 0
        while done < bytes.count {
            let got = bytes.withUnsafeMutableBytes { room in
                Glibc.read(descriptor, room.baseAddress.map { $0 + done }, room.count - done)
            }
            if got < 0, errno == EINTR { continue }
            if got < 0 { throw .disk(SystemError(operation: "read", path: path, code: errno)) }
            if got == 0 { break }
            done += got
        }
        return Array(bytes[..<done])
    }
}
