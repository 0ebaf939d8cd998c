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

    package func stream(
        _ path: String, at commit: CommitID, of repository: RemoteAddress, from offset: Int64, limit: Int64,
        into sink: @Sendable (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) async throws(Failure) {
        let bytes = try await file(path, at: commit, of: repository, limit: Int(limit)).dropFirst(Int(offset))
        let given = bytes.withUnsafeBytes { piece in Result { () throws(Failure) in try sink(piece) } }
        try given.get()
    }

    package func folder(
        _ path: String?, at commit: CommitID, of repository: RemoteAddress, limit: Int
    ) async throws(Failure) -> CommitFolder {
        let size = files.reduce(0) { $0 + $1.bytes.count }
        guard size <= limit else {
            throw Failure(.stall, reason: "FileTooLarge", message: "\(repository) has \(size) bytes")
        }
        return CommitFolder(tree: String(repeating: "e", count: 40), files: files)
    }

    package func resolve(_ name: String, of repository: RemoteAddress) async throws(Failure) -> CommitID {
        throw Failure(.stall, reason: "NameNotFound", message: "\(repository): there is no \(name.quotedForMessage)")
    }
}
