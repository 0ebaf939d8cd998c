import Foundation
import Glibc
import WaybillCore

/// What a file looked like when its bytes were last hashed. While all of this is the same, the bytes are taken to be the same.
struct StoredFile: Codable, Hashable, Sendable {
    let path: String
    let digest: String
    let size: Int64
    let inode: UInt64
    /// Nanoseconds since 1970.
    let modified: Int64
    /// Nanoseconds since 1970; no program can set it back.
    let changed: Int64

    init(path: String, digest: Digest, status: stat) {
        self.path = path
        self.digest = digest.description
        size = Int64(status.st_size)
        inode = UInt64(status.st_ino)
        modified = Self.nanoseconds(status.st_mtim)
        changed = Self.nanoseconds(status.st_ctim)
    }

    /// The same but for its place.
    func hasLooks(of other: StoredFile) -> Bool {
        digest == other.digest && size == other.size && inode == other.inode && modified == other.modified
            && changed == other.changed
    }

    private static func nanoseconds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

/// The record of a folder's files, beside it. A cache: when it is missing or unreadable, every file is hashed again.
struct FolderIndex {
    let path: String

    func load() -> [String: StoredFile] {
        guard let data = FileManager.default.contents(atPath: path),
            let files = try? JSONDecoder().decode([StoredFile].self, from: data)
        else { return [:] }
        return Dictionary(files.map { ($0.path, $0) }, uniquingKeysWith: { _, last in last })
    }

    /// Replaces the record in one step.
    func save(_ files: [StoredFile]) throws(Failure) {
        guard let data = try? JSONEncoder().encode(files.sorted { $0.path < $1.path }) else { return }
        var name = Array("\(path).XXXXXX".utf8CString)
        let descriptor = mkstemp(&name)
        let temporary = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard descriptor >= 0 else { throw .disk(SystemError(operation: "make", path: temporary, code: errno)) }
        defer { close(descriptor) }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        do throws(SystemError) {
            try FileCopy.write([UInt8](data), to: descriptor, path: temporary)
            try call("rename", temporary, rename(temporary, path))
        } catch {
            unlink(temporary)
            throw .disk(error)
        }
    }
}
