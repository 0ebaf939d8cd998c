import CLinux
import Glibc
import WaybillCore

/// Files of the local target, by plain system calls. Everything here blocks.
enum Disk {
    /// The bytes of a regular file, at most `limit`; nil when it cannot be read. Never follows a link at the end.
    static func read(_ path: String, limit: Int = 4 << 20) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return readAll(descriptor, limit: limit)
    }

    static func text(_ path: String) -> String? { read(path).map { String(decoding: $0, as: UTF8.self) } }

    static func readAll(_ descriptor: Int32, limit: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while bytes.count < limit {
            let count = Glibc.read(descriptor, &buffer, min(buffer.count, limit - bytes.count))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { break }
            bytes += buffer[0..<count]
        }
        return bytes
    }

    static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            done += count
        }
        return true
    }

    /// Writes to a pipe whose reader may be gone: that is false then, and no signal ends this process.
    static func writeToPipe(_ bytes: [UInt8], _ descriptor: Int32) -> Bool {
        var (broken, before) = (sigset_t(), sigset_t())
        sigemptyset(&broken)
        sigaddset(&broken, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &broken, &before)
        let isWritten = writeAll(bytes, to: descriptor)
        if !isWritten, errno == EPIPE {
            var none = timespec()
            sigtimedwait(&broken, nil, &none)
        }
        pthread_sigmask(SIG_SETMASK, &before, nil)
        return isWritten
    }

    /// Writes a new file and brings it to the disk.
    static func write(_ bytes: [UInt8], to path: String, mode: mode_t = 0o600) throws(Failure) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else { throw failure("write \(path)") }
        defer { close(descriptor) }
        guard writeAll(bytes, to: descriptor), fsync(descriptor) == 0 else { throw failure("write \(path)") }
    }

    /// Copies the bytes of a regular file into a new one of this user alone.
    static func copy(_ source: String, to path: String) throws(Failure) {
        let input = open(source, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard input >= 0 else { throw failure("read \(source)") }
        defer { close(input) }
        let output = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard output >= 0 else { throw failure("write \(path)") }
        defer { close(output) }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = Glibc.read(input, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("read \(source)") }
            if count == 0 { return }
            guard writeAll(Array(buffer[..<count]), to: output) else { throw failure("write \(path)") }
        }
    }

    /// Makes `path` and the folders above it, those that are new with exactly `mode`, whatever the process's mask.
    static func makeFolder(_ path: String, mode: mode_t = 0o700) throws(Failure) {
        if mkdir(path, mode) != 0 {
            if errno == EEXIST { return }
            guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
                throw failure("make the folder \(path)")
            }
            try makeFolder(String(path[..<slash]), mode: mode)
            if mkdir(path, mode) != 0 {
                guard errno == EEXIST else { throw failure("make the folder \(path)") }
                return
            }
        }
        guard chmod(path, mode) == 0 else { throw failure("set the mode of \(path)") }
    }

    static func rename(_ from: String, to: String) throws(Failure) {
        guard Glibc.rename(from, to) == 0 else { throw failure("rename \(from) to \(to)") }
    }

    static func syncFolder(_ path: String) throws(Failure) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open \(path)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("sync \(path)") }
    }

    /// Names in a folder, without `.` and `..`; empty when there is no such folder.
    static func names(in path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// When a file was last written; nil when it is not there.
    static func modified(_ path: String) -> Timestamp? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        return Timestamp(milliseconds: Int64(status.st_mtim.tv_sec) * 1000 + Int64(status.st_mtim.tv_nsec) / 1_000_000)
    }

    /// `path` with every link in it followed; nil when it leads nowhere.
    static func resolved(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }

    /// Where the target of a symbolic link is; nil when `path` is none.
    static func link(_ path: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes { raw in
            raw.withMemoryRebound(to: CChar.self) { place in
                place.baseAddress.map { readlink(path, $0, place.count) } ?? -1
            }
        }
        return count < 0 ? nil : String(decoding: buffer[0..<count], as: UTF8.self)
    }

    /// A failure of the system call that just failed.
    static func failure(_ what: String) -> Failure {
        let number = errno
        let words = strerror(number).map { String(cString: $0) } ?? "error \(number)"
        let reason = number == ENOSPC || number == EDQUOT ? "DiskFull" : "LocalFiles"
        return Failure(.retry, reason: reason, message: "cannot \(what): \(words)")
    }
}
