import Glibc
package import WaybillCore

/// Names in a folder; none when it cannot be read.
enum FolderListing {
    static func names(_ folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}

/// System calls on files of records, with their failures in words.
enum RecordFiles {
    static func failure(_ act: String, _ path: String) -> Failure {
        Failure(
            .retry, reason: "RecordsUnavailable", message: "cannot \(act) \(path): \(String(cString: strerror(errno)))")
    }

    /// Makes the folder (0700) when it is missing.
    static func makeFolder(_ path: String) throws(Failure) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure("make", path) }
    }

    /// Whether the file behind `descriptor` still has a name.
    static func hasName(_ descriptor: CInt) -> Bool {
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.st_nlink > 0
    }

    static func syncFolder(_ path: String) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}

/// A file's bytes, mapped for reading.
package final class MappedFile: @unchecked Sendable {
    // Guarded by being read only from the start to the end.
    private let start: UnsafeMutableRawPointer?
    private let count: Int

    /// - Throws: `Failure` (retry) when it cannot be opened or mapped, or is no plain file.
    package init(_ path: String) throws(Failure) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw RecordFiles.failure("open", path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw RecordFiles.failure("read", path)
        }
        count = Int(status.st_size)
        guard count > 0 else {
            start = nil
            return
        }
        let mapped = mmap(nil, count, PROT_READ, MAP_SHARED, descriptor, 0)
        guard let mapped, mapped != MAP_FAILED else { throw RecordFiles.failure("map", path) }
        start = mapped
    }

    deinit { if let start { munmap(start, count) } }

    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }
}
