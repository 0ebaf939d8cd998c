import Glibc
package import WaybillCore

/// A file that a sandboxed program left in a folder, by its digest.
package struct CollectedFile: Hashable, Sendable {
    /// Below the folder.
    package var path: String
    package var digest: Digest
    package var size: Int64
    /// The bytes of a small file.
    package var bytes: [UInt8]?

    /// A file up to this size comes with its bytes.
    package static let small = 64 << 10
}

/// Reads what a program left. It may be anybody's: no link is followed on the way or in the folder, and how much is read is bounded.
struct FileCollection {
    private static let mostFiles = 1000
    private static let mostBytes: Int64 = 16 << 30
    private static let mostFolders = 32

    private var files: [CollectedFile] = []
    private var size: Int64 = 0

    /// The regular files below `path` of the folder `work`, in the order of their paths; what is no file or folder is passed over.
    ///
    /// - Throws: in words, where `path` is no folder, or has more than is read.
    static func files(of path: String, in work: String) throws(InvalidInput) -> [CollectedFile] {
        var descriptor = open(work, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        for part in path.split(separator: "/") where descriptor >= 0 {
            let next = openat(descriptor, String(part), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            close(descriptor)
            descriptor = next
        }
        guard descriptor >= 0 else { throw InvalidInput("it left no folder \(path.quotedForMessage)") }
        var collection = FileCollection()
        try collection.read(descriptor, below: "", depth: 0)
        return collection.files.sorted { $0.path < $1.path }
    }

    /// Takes the descriptor, and closes it.
    private mutating func read(_ descriptor: Int32, below prefix: String, depth: Int)
        throws(InvalidInput)
    {
        guard let stream = fdopendir(descriptor) else {
            close(descriptor)
            throw InvalidInput("what it left cannot be read")
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = Glibc.readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
            guard names.count <= Self.mostFiles else { throw Self.tooMuch }
        }
        for name in names {
            let child = openat(dirfd(stream), name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
            guard child >= 0 else { continue }
            var status = stat()
            guard fstat(child, &status) == 0 else {
                close(child)
                continue
            }
            switch status.st_mode & S_IFMT {
            case S_IFDIR:
                guard depth < Self.mostFolders else {
                    close(child)
                    throw Self.tooMuch
                }
                try read(child, below: "\(prefix)\(name)/", depth: depth + 1)
            case S_IFREG:
                defer { close(child) }
                try add(child, "\(prefix)\(name)", Int64(status.st_size))
            default: close(child)
            }
        }
    }

    private static let tooMuch = InvalidInput(
        "it left more than \(mostFiles) files, or \(mostBytes >> 30) GiB")

    private mutating func add(_ descriptor: Int32, _ path: String, _ length: Int64)
        throws(InvalidInput)
    {
        size += length
        guard files.count < Self.mostFiles, size <= Self.mostBytes else { throw Self.tooMuch }
        var hash = RunningDigest()
        var bytes: [UInt8]? = length <= CollectedFile.small ? [] : nil
        var (done, buffer) = (Int64(0), [UInt8](repeating: 0, count: 128 << 10))
        while done < length {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else {
                throw InvalidInput("\(path.quotedForMessage), which it left, cannot be read")
            }
            buffer.withUnsafeBytes { hash.add(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            bytes?.append(contentsOf: buffer[..<count])
            done += Int64(count)
        }
        files.append(CollectedFile(path: path, digest: hash.digest, size: done, bytes: bytes))
    }
}
