import Glibc
import WaybillCore

/// One set of files on its way into place: gathered beside, made durable, then moved in one step.
struct Staging {
    /// Where the files are gathered; nobody else may enter it.
    let folder: String
    let set: ArtifactSet
    let content: ContentStore
    let cancellation: Cancellation

    /// Begins anew: what a crash left is removed.
    func begin() throws(Failure) {
        do throws(SystemError) {
            try removeTree(folder)
            try makeFolder(folder, mode: ArtifactStore.folderMode)
            for path in set.folders { try makeFolder("\(folder)/\(path)", mode: ArtifactStore.folderMode) }
        } catch { throw .disk(error) }
    }

    /// Gives each file the bytes of its blob, which must be sound.
    func gather() throws(Failure) {
        for artifact in set.artifacts {
            if cancellation.isCancelled { throw .cancelled }
            _ = try content.place(artifact.digest, at: "\(folder)/\(artifact.path)", cancellation)
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
            try removeStaged(old)
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
        try? removeStaged(folder)
    }

    private func removeStaged(_ folder: String) throws(SystemError) {
        try StagedFolder(path: folder, content: content).remove(files: set.artifacts.map { ($0.path, $0.digest) })
    }
}

/// A folder whose files may be blobs under another name.
struct StagedFolder {
    let path: String
    let content: ContentStore

    /// Removes the folder with everything in it. Blobs that lose a name by it need not be hashed again for that.
    func remove(files: [(path: String, digest: Digest)]) throws(SystemError) {
        for file in files where try fileStatus("\(path)/\(file.path)")?.isRegularFile == true {
            try content.keepingRecord(of: file.digest) { () throws(SystemError) in
                try removeTree("\(path)/\(file.path)")
            }
        }
        try removeTree(path)
    }
}
