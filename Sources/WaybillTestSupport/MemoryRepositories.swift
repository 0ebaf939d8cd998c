package import WaybillCore

/// Repositories of code in memory: the same files in each of them, at every commit and in every folder.
package struct MemoryRepositories: RepositoryFiles {
    package var files: [CommitFolder.File]

    package init(files: [CommitFolder.File]) { self.files = files }

    package func file(
        _ path: String, at commit: CommitID, of repository: RemoteAddress, limit: Int
    ) async throws(Failure) -> [UInt8] {
        if let file = files.first(where: { $0.path == path }) { return file.bytes }
        throw Failure(
            .stall, reason: "FileNotFound", message: "\(repository): there is no file \(path.quotedForMessage)")
    }

    package func folder(
        _ path: String?, at commit: CommitID, of repository: RemoteAddress, limit: Int
    ) async throws(Failure) -> CommitFolder {
        CommitFolder(tree: String(repeating: "e", count: 40), files: files)
    }

    package func resolve(_ name: String, of repository: RemoteAddress) async throws(Failure) -> CommitID {
        throw Failure(.stall, reason: "NameNotFound", message: "\(repository): there is no \(name.quotedForMessage)")
    }
}
