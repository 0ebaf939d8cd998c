import Glibc

/// A system call that failed: what was tried, on which path, and the error's number.
struct SystemError: Error, Equatable {
    let operation: String
    let path: String
    let code: Int32

    var isDiskFull: Bool { code == ENOSPC || code == EDQUOT }
    var isMissing: Bool { code == ENOENT || code == ENOTDIR }

    /// `cannot open /srv/model.bin: Permission denied`
    var message: String { "cannot \(operation) \(path): \(String(cString: strerror(code)))" }
}

/// Gives `result`, or throws with `errno` when it is -1.
@discardableResult
func call<Result: SignedInteger>(_ operation: String, _ path: String, _ result: Result) throws(SystemError) -> Result {
    guard result != -1 else { throw SystemError(operation: operation, path: path, code: errno) }
    return result
}

/// `lstat`: a symbolic link is reported as itself. Nil when nothing is there.
func fileStatus(_ path: String) throws(SystemError) -> stat? {
    var status = stat()
    if lstat(path, &status) == 0 { return status }
    guard errno == ENOENT || errno == ENOTDIR else { throw SystemError(operation: "look at", path: path, code: errno) }
    return nil
}

extension stat {
    var isFolder: Bool { st_mode & S_IFMT == S_IFDIR }
    var isRegularFile: Bool { st_mode & S_IFMT == S_IFREG }
    var permissions: mode_t { st_mode & 0o7777 }
}

/// Makes the folder at `path` with exactly `mode`, whatever the process's mask, and its parents with 0711.
func makeFolder(_ path: String, mode: mode_t) throws(SystemError) {
    if try fileStatus(path)?.isFolder == true { return }
    let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    if !parent.isEmpty, try fileStatus(parent) == nil { try makeFolder(parent, mode: 0o711) }
    if mkdir(path, mode) != 0 {
        guard errno == EEXIST else { throw SystemError(operation: "make folder", path: path, code: errno) }
        return
    }
    try call("set the mode of", path, chmod(path, mode))
}

/// Names in the folder at `path`, sorted; none when it is not there.
func entries(of path: String) throws(SystemError) -> [String] {
    guard let folder = opendir(path) else {
        if errno == ENOENT { return [] }
        throw SystemError(operation: "list", path: path, code: errno)
    }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
            field.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
}

/// Makes the entries of the folder at `path` durable.
func syncFolder(_ path: String) throws(SystemError) {
    let descriptor = try call("open", path, open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC))
    defer { close(descriptor) }
    try call("sync", path, fsync(descriptor))
}

/// Removes what is at `path` with everything in it; a symbolic link itself, never what it points to. Safe to repeat.
func removeTree(_ path: String) throws(SystemError) {
    guard let status = try fileStatus(path) else { return }
    if status.isFolder {
        for name in try entries(of: path) { try removeTree("\(path)/\(name)") }
        if rmdir(path) == 0 || errno == ENOENT { return }
    } else if unlink(path) == 0 || errno == ENOENT {
        return
    }
    throw SystemError(operation: "remove", path: path, code: errno)
}
