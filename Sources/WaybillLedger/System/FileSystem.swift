import Glibc

/// Calls on paths.
enum FileSystem {
    /// Nil when nothing is there.
    static func status(_ path: String) throws(SystemError) -> FileStatus? {
        var found = stat()
        if lstat(path, &found) == 0 { return FileStatus(found) }
        if errno == ENOENT || errno == ENOTDIR { return nil }
        throw SystemError("stat", path)
    }

    static func isFolder(_ path: String) -> Bool {
        var found = stat()
        return lstat(path, &found) == 0 && found.st_mode & S_IFMT == S_IFDIR
    }

    /// Makes a folder; one that exists is good.
    static func makeFolder(_ path: String, mode: mode_t) throws(SystemError) {
        if mkdir(path, mode) != 0, errno != EEXIST { throw SystemError("mkdir", path) }
    }

    /// Makes the folder below `root` that holds `relative`, and what is missing on the way, each durable in its parent.
    static func makeParents(of relative: String, below root: String, mode: mode_t) throws(SystemError) {
        var path = root
        for part in relative.split(separator: "/").dropLast() {
            let parent = path
            path += "/\(part)"
            if mkdir(path, mode) == 0 {
                try OpenFile(parent, O_RDONLY | O_DIRECTORY).syncAll()
            } else if errno != EEXIST {
                throw SystemError("mkdir", path)
            }
        }
    }

    static func rename(_ old: String, to new: String) throws(SystemError) {
        if Glibc.rename(old, new) != 0 { throw SystemError("rename", old) }
    }

    /// Removes a file; one that is gone is good.
    static func remove(_ path: String) throws(SystemError) {
        if unlink(path) != 0, errno != ENOENT { throw SystemError("unlink", path) }
    }

    /// Removes an empty folder; one that is gone is good.
    static func removeFolder(_ path: String) throws(SystemError) {
        if rmdir(path) != 0, errno != ENOENT { throw SystemError("rmdir", path) }
    }

    /// Names in a folder, sorted; none when it is not there.
    static func names(in folder: String) throws(SystemError) -> [String] {
        guard let stream = opendir(folder) else {
            if errno == ENOENT { return [] }
            throw SystemError("opendir", folder)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// All bytes of a file; nil when it is not there.
    /// - Throws: also when it is longer than `limit`.
    static func read(_ path: String, limit: Int) throws(SystemError) -> [UInt8]? {
        guard try status(path) != nil else { return nil }
        let file = try OpenFile(path, O_RDONLY)
        let size = Int(try file.status().size)
        guard size <= limit else { throw SystemError("read", path, code: EFBIG) }
        var bytes = [UInt8](repeating: 0, count: size)
        let result = bytes.withUnsafeMutableBytes { buffer in
            Result { () throws(SystemError) in try file.read(into: buffer, at: 0) }
        }
        return Array(bytes.prefix(try result.get()))
    }

    /// Puts `bytes` at `path` so that a reader, or a start after a crash, finds the old file or the whole new one.
    ///
    /// The folder is open from before the write until its names are durable: closed in between, it could lose an error.
    static func replace(_ path: String, with bytes: [UInt8], mode: mode_t) throws(SystemError) {
        let folder = try OpenFile(parent(of: path), O_RDONLY | O_DIRECTORY)
        let temporary = path + temporarySuffix
        do {
            let file = try OpenFile(temporary, O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
            try file.write(bytes, at: 0)
            try file.syncAll()
        }
        try rename(temporary, to: path)
        try folder.syncAll()
    }

    static let temporarySuffix = ".tmp"

    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
