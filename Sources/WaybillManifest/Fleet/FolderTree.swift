import Glibc
import Synchronization
package import WaybillCore

/// A working folder as a fleet repository, for `lint` before anything is committed. Each `scan` is a commit of its own.
///
/// Names that begin with `.` are left out, except for a file at the top that is asked for by its name. Symbolic links, special files and names that git or a terminal could
/// take for something else are problems; links are never followed. At most 200,000 entries, 64 levels.
package final class FolderTree: FleetTree {
    private let root: String
    /// Guards what was seen so far.
    private let seen = Mutex(Seen())

    private struct Seen {
        var scans: [CommitID: Scan] = [:]
        /// Where the bytes of a blob stand, with their size at the scan.
        var places: [BlobID: String] = [:]
    }

    private struct Scan {
        var files: [String: BlobID] = [:]
        var problems: [TreeProblem] = []
        var entries = 0
    }

    package init(root: String) { self.root = root }

    /// Looks at the folder as it is now.
    /// - Throws: `FolderUnreadable` when the folder itself cannot be listed.
    package func scan() throws(Failure) -> CommitID {
        var scan = Scan()
        guard list("", depth: 0, into: &scan) else {
            throw Failure(
                .stall, reason: "FolderUnreadable",
                message: "\(root.quotedForMessage) cannot be listed: \(String(cString: strerror(errno)))")
        }
        return seen.withLock { seen in
            for (path, blob) in scan.files { seen.places[blob] = path }
            let id = CommitID(number: UInt64(seen.scans.count + 1))
            seen.scans[id] = scan
            return id
        }
    }

    private func absolute(_ path: String) -> String { path.isEmpty ? root : "\(root)/\(path)" }

    /// False when the folder cannot be listed.
    private func list(_ folder: String, depth: Int, into scan: inout Scan) -> Bool {
        guard let names = Self.names(in: absolute(folder)) else { return false }
        for name in names.sorted() {
            scan.entries += 1
            guard scan.entries <= 200_000, depth < 64 else {
                scan.problems.append(TreeProblem(path: folder, message: "the folder has too many entries or levels"))
                return true
            }
            if name.hasPrefix(".") { continue }
            let path = folder.isEmpty ? name : "\(folder)/\(name)"
            if let problem = CleanPath.problemOfRelative(path) {
                scan.problems.append(TreeProblem(path: path, message: problem))
            } else {
                take(path, depth, &scan)
            }
        }
        return true
    }

    private func take(_ path: String, _ depth: Int, _ scan: inout Scan) {
        var status = stat()
        guard lstat(absolute(path), &status) == 0 else {
            scan.problems.append(
                TreeProblem(path: path, message: "cannot be read: \(String(cString: strerror(errno)))"))
            return
        }
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
            if !list(path, depth: depth + 1, into: &scan) {
                scan.problems.append(
                    TreeProblem(path: path, message: "cannot be listed: \(String(cString: strerror(errno)))"))
            }
        case S_IFREG: scan.files[path] = Self.identity(path, status)
        case S_IFLNK:
            scan.problems.append(TreeProblem(path: path, message: "is a symbolic link; links are not followed"))
        case _: scan.problems.append(TreeProblem(path: path, message: "is no regular file"))
        }
    }

    private static func names(in folder: String) -> [String]? {
        guard let stream = opendir(folder) else { return nil }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            // Bytes that are no UTF-8 come out as U+FFFD, and the entry then cannot be found again: a problem, not a crash.
            let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
                field.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// An id that is another one when the file was written again.
    private static func identity(_ path: String, _ status: stat) -> BlobID {
        let facts = "\(path)\u{0}\(status.st_ino) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
        return BlobID(standingFor: Digest(of: facts.utf8))
    }

    package func changes(from base: CommitID?, to commit: CommitID, under path: String) async throws(Failure)
        -> (changes: [TreeChange], problems: [TreeProblem])
    {
        let scans = seen.withLock { seen in (seen.scans[commit], base.flatMap { seen.scans[$0] }) }
        guard let after = scans.0 else {
            throw Failure(.stall, reason: "NoCommit", message: "there is no scan \(commit)")
        }
        let before = scans.1?.files ?? [:]
        let isBelow = { (file: String) in path.isEmpty || file.hasPrefix(path + "/") || file == path }
        let paths = Set(before.keys).union(after.files.keys).filter { isBelow($0) && before[$0] != after.files[$0] }
        let changes = paths.sorted().map { TreeChange(path: $0, before: before[$0], after: after.files[$0]) }
        return (changes: changes, problems: after.problems.filter { isBelow($0.path) })
    }

    package func read(_ blobs: [BlobID], limit: Int) async throws(Failure) -> [[UInt8]] {
        var contents: [[UInt8]] = []
        for blob in blobs {
            guard let path = seen.withLock({ $0.places[blob] }) else {
                throw Failure(.retry, reason: "NoFile", message: "there is no file \(blob)")
            }
            contents.append(try readFile(path, limit: limit))
        }
        return contents
    }

    package func stream(
        _ blob: BlobID, limit: Int64, into sink: @Sendable (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) async throws(Failure) {
        guard let path = seen.withLock({ $0.places[blob] }) else {
            throw Failure(.retry, reason: "NoFile", message: "there is no file \(blob)")
        }
        try pieces(of: path, limit: limit, into: sink)
    }

    private func readFile(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        try pieces(of: path, limit: Int64(limit)) { (piece) throws(Failure) in bytes.append(contentsOf: piece) }
        return bytes
    }

    private func pieces(
        of path: String, limit: Int64, into sink: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        let descriptor = open(absolute(path), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw unreadable(path) }
        defer { close(descriptor) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { buffer.deallocate() }
        var size: Int64 = 0
        while true {
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count < 0 { throw unreadable(path) }
            if count == 0 { return }
            size += Int64(count)
            guard size <= limit else {
                throw Failure(
                    .stall, reason: "FileTooLarge", message: "\(path.quotedForMessage) has more than \(limit) bytes")
            }
            try sink(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    private func unreadable(_ path: String) -> Failure {
        Failure(
            .retry, reason: "FileUnreadable",
            message: "\(path.quotedForMessage) cannot be read: \(String(cString: strerror(errno)))")
    }

    package func file(_ path: String, at commit: CommitID) async throws(Failure) -> TreeFile? {
        if Self.isHiddenAtTop(path) { return hidden(path) }
        return seen.withLock { seen in seen.scans[commit]?.files[path].map { TreeFile(path: path, blob: $0) } }
    }

    /// Git's own settings of a repository, such as `.lfsconfig`.
    private static func isHiddenAtTop(_ path: String) -> Bool {
        path.hasPrefix(".") && !path.contains("/") && CleanPath.problemOfRelative(path) == nil
    }

    /// A file that no scan lists is looked at when it is asked for by its name.
    private func hidden(_ path: String) -> TreeFile? {
        var status = stat()
        guard lstat(absolute(path), &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        let blob = Self.identity(path, status)
        seen.withLock { $0.places[blob] = path }
        return TreeFile(path: path, blob: blob)
    }
}
