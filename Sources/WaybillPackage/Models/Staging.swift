import Glibc
import WaybillCore

/// One set of files on its way into the store: copied beside it, made durable, then moved into place in one step.
struct Staging {
    /// Where the files are gathered; nobody else may enter it.
    let folder: String
    let set: ArtifactSet
    let cancellation: Cancellation

    /// Begins anew: what a crash left is removed.
    func begin() throws(Failure) {
        do throws(SystemError) {
            try removeTree(folder)
            try makeFolder(folder, mode: ArtifactStore.folderMode)
            for path in set.folders { try makeFolder("\(folder)/\(path)", mode: ArtifactStore.folderMode) }
        } catch { throw .disk(error) }
    }

    /// Copies the file at `path` of this machine; what came of it is for the caller to judge. Nil when it has more bytes than
    /// the artifact.
    func add(_ artifact: Artifact, fromFileAt path: String, refusing: [String]) throws(Failure) -> Content? {
        let source = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard source >= 0 else {
            throw Self.unavailable(artifact, SystemError(operation: "open", path: path, code: errno))
        }
        defer { close(source) }
        var status = stat()
        guard fstat(source, &status) == 0, status.isRegularFile else {
            throw Failure(
                .stall, reason: "ArtifactUnavailable",
                message: "\(path) is not a regular file; name a file as the source of '\(artifact.path)'")
        }
        try refuse(source, path: path, below: refusing)
        posix_fadvise(source, 0, 0, POSIX_FADV_SEQUENTIAL)
        let copy = FileCopy(source: source, sourcePath: path, cancellation: cancellation)
        return try writing(artifact) { (destination, target) throws(Failure) in
            try copy.copy(to: destination, path: target, limit: artifact.size)
        }
    }

    /// Writes bytes that are in memory.
    func add(_ artifact: Artifact, bytes: [UInt8]) throws(Failure) {
        _ = try writing(artifact) { (destination, target) throws(Failure) -> Content? in
            do throws(SystemError) { try FileCopy.write(bytes, to: destination, path: target) } catch {
                throw .disk(error)
            }
            return nil
        }
    }

    /// Makes the folder durable and puts it at `destination`, in place of what is there. A crash in between leaves the old one,
    /// none, or the new one, and never a mixture.
    func publish(to destination: String, index: FolderIndex) throws(Failure) {
        let old = "\(folder).old"
        do throws(SystemError) {
            for path in set.folders { try syncFolder("\(folder)/\(path)") }
            try syncFolder(folder)
            try removeTree(old)
            if try fileStatus(destination) != nil { try call("move", destination, rename(destination, old)) }
            try call("move", folder, rename(folder, destination))
            try syncFolder(String(destination[..<(destination.lastIndex(of: "/") ?? destination.startIndex)]))
            try removeTree(old)
        } catch { throw .disk(error) }
        var files: [StoredFile] = []
        for artifact in set.artifacts {
            var status = stat()
            guard lstat("\(destination)/\(artifact.path)", &status) == 0 else { continue }
            files.append(StoredFile(path: artifact.path, digest: artifact.digest, status: status))
        }
        try index.save(files)
    }

    /// Leaves nothing behind.
    func abandon() {
        try? removeTree(folder)
    }

    private func writing(
        _ artifact: Artifact, _ body: (Int32, String) throws(Failure) -> Content?
    ) throws(Failure) -> Content? {
        let path = "\(folder)/\(artifact.path)"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .disk(SystemError(operation: "make", path: path, code: errno)) }
        defer { close(descriptor) }
        let content = try body(descriptor, path)
        do throws(SystemError) {
            try call("set the mode of", path, fchmod(descriptor, ArtifactStore.fileMode))
            try call("sync", path, fsync(descriptor))
        } catch { throw .disk(error) }
        return content
    }

    /// A manifest must not be a way to read the controller's own secrets: where the file really is counts, not how it was named.
    private func refuse(_ descriptor: Int32, path: String, below folders: [String]) throws(Failure) {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let length = readlink("/proc/self/fd/\(descriptor)", &buffer, Int(PATH_MAX))
        let real = String(decoding: buffer[..<max(length, 0)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard length > 0, !folders.contains(where: { real == $0 || real.hasPrefix("\($0)/") }) else {
            throw Failure(
                .stall, reason: "ArtifactRefused",
                message: "\(path) leads into the controller's own state folder; keep model files elsewhere")
        }
    }

    private static func unavailable(_ artifact: Artifact, _ error: SystemError) -> Failure {
        guard error.isMissing else { return .unreadable(error) }
        return Failure(
            .retry, reason: "ArtifactMissing",
            message:
                "\(error.path), the source of '\(artifact.path)', is not there; put the file back, mount its disk, or "
                + "name another source")
    }
}
