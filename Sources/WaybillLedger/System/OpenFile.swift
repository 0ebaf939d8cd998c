import CLinux
import Glibc

/// What says whether a file is still the one that was opened.
struct FileStatus: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64
    let size: Int64

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
    }
}

/// One open file or folder; closed with its last owner. Calls are tried again when a signal interrupts them.
struct OpenFile: ~Copyable {
    let path: String
    private let descriptor: Int32

    init(_ path: String, _ flags: Int32, mode: mode_t = 0o600) throws(SystemError) {
        self.path = path
        descriptor = open(path, flags | O_CLOEXEC, mode)
        if descriptor < 0 { throw SystemError("open", path) }
    }

    deinit { close(descriptor) }

    /// Writes all bytes at `offset`, in as many calls as it takes.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            let count = pwrite(
                descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done, off_t(offset) + done)
            if count > 0 {
                done += count
            } else if count == 0 {
                throw SystemError("write", path, code: EIO)
            } else if errno != EINTR {
                throw SystemError("write", path)
            }
        }
    }

    func write(_ bytes: [UInt8], at offset: Int64) throws(SystemError) {
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(SystemError) in try write(buffer, at: offset) }
        }
        try result.get()
    }

    /// Reads what there is at `offset`, up to the buffer's size; less only at the end of the file.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(SystemError) -> Int {
        var done = 0
        while done < buffer.count {
            let count = pread(
                descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done, off_t(offset) + done)
            if count == 0 { break }
            if count > 0 {
                done += count
            } else if errno != EINTR {
                throw SystemError("read", path)
            }
        }
        return done
    }

    /// Makes the bytes durable, and of the metadata what is needed to read them back.
    func syncData() throws(SystemError) {
        while fdatasync(descriptor) != 0 {
            if errno != EINTR { throw SystemError("fdatasync", path) }
        }
    }

    /// Has the disk begin with bytes that `syncData` will wait for; nothing is durable before that.
    func beginSync(at offset: Int64, count: Int) throws(SystemError) {
        while sync_file_range(descriptor, off_t(offset), off_t(count), UInt32(SYNC_FILE_RANGE_WRITE)) != 0 {
            // A system that lacks the call only loses the head start.
            if errno == ENOSYS { return }
            if errno != EINTR { throw SystemError("sync_file_range", path) }
        }
    }

    /// Makes a new file or a folder's names durable.
    func syncAll() throws(SystemError) {
        while fsync(descriptor) != 0 {
            if errno != EINTR { throw SystemError("fsync", path) }
        }
    }

    func truncate(to size: Int64) throws(SystemError) {
        while ftruncate(descriptor, off_t(size)) != 0 {
            if errno != EINTR { throw SystemError("ftruncate", path) }
        }
    }

    func status() throws(SystemError) -> FileStatus {
        var found = stat()
        guard fstat(descriptor, &found) == 0 else { throw SystemError("fstat", path) }
        return FileStatus(found)
    }

    /// Takes the file's lock, which dies with the process. False when another process has it.
    func tryLock() throws(SystemError) -> Bool {
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            if errno == EWOULDBLOCK { return false }
            if errno != EINTR { throw SystemError("flock", path) }
        }
        return true
    }
}
