import Glibc
import WaybillCore

/// Compares a staged folder with what it was made of. Files whose inode, size and times are as recorded,
/// here or with the blob that they share, are not read.
struct FolderCheck {
    let folder: String
    let index: FolderIndex
    let set: ArtifactSet
    /// Whose blobs the files may share.
    let content: ContentStore
    let cancellation: Cancellation

    /// `prepared` when the folder holds exactly the artifacts, else the first difference. A mode that was changed is set back.
    func run() throws(Failure) -> Preparation {
        do throws(SystemError) {
            guard try fileStatus(folder)?.isFolder == true else { return .missing }
        } catch { throw .disk(error) }
        let recorded = index.load()
        var files: [StoredFile] = []
        for artifact in set.artifacts {
            switch try compare(artifact, with: recorded[artifact.path]) {
            case .same(let file): files.append(file)
            case .differs(let preparation): return preparation
            }
        }
        if let extra = try firstExtra(in: "") { return extra }
        if Set(files) != Set(recorded.values) { try index.save(files) }
        return .prepared
    }

    private enum Comparison {
        case same(StoredFile)
        case differs(Preparation)
    }

    private func compare(_ artifact: Artifact, with recorded: StoredFile?) throws(Failure) -> Comparison {
        let path = "\(folder)/\(artifact.path)"
        do throws(SystemError) {
            guard let status = try fileStatus(path) else { return .differs(.missing) }
            let now = StoredFile(path: artifact.path, digest: artifact.digest, status: status)
            if status.isRegularFile, now == recorded || content.isBlob(now, artifact.digest) { return .same(now) }
        } catch { throw .disk(error) }
        let found = try FileCopy.digest(ofEntry: path, cancellation)
        guard found == artifact.digest else {
            return .differs(.altered(path: artifact.path, expected: artifact.digest, found: found))
        }
        return .same(try restored(path, of: artifact))
    }

    /// Sets the mode back that only we may have given, and looks at the file anew.
    private func restored(_ path: String, of artifact: Artifact) throws(Failure) -> StoredFile {
        do throws(SystemError) {
            if let status = try fileStatus(path), status.permissions != ArtifactStore.fileMode {
                try call("set the mode of", path, chmod(path, ArtifactStore.fileMode))
            }
            guard let status = try fileStatus(path) else {
                throw SystemError(operation: "look at", path: path, code: ENOENT)
            }
            return StoredFile(path: artifact.path, digest: artifact.digest, status: status)
        } catch { throw .disk(error) }
    }

    /// A file that no artifact names: it may change what a server loads.
    private func firstExtra(in subfolder: String) throws(Failure) -> Preparation? {
        let names: [String]
        do { names = try entries(of: "\(folder)/\(subfolder)") } catch { throw .disk(error) }
        for name in names {
            let path = subfolder.isEmpty ? name : "\(subfolder)/\(name)"
            if set.folders.contains(path) {
                if let extra = try firstExtra(in: path) { return extra }
            } else if !set.artifacts.contains(where: { $0.path == path }) {
                let found = try FileCopy.digest(ofEntry: "\(folder)/\(path)", cancellation)
                return .altered(path: path, expected: Digest(of: []), found: found)
            }
        }
        return nil
    }
}
