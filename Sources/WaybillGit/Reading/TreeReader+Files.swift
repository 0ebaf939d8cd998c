import WaybillCore

extension TreeReader {
    /// The bytes of the file at `path`, which must be reached without links.
    func bytes(_ path: FolderPath, at commit: CommitID, limit: Int) throws(Failure) -> [UInt8] {
        try reading { store throws(Failure) in try store.blob(try store.file(path, at: commit), limit: limit) }
    }

    /// Every file below `path`; refused when anything there is not a plain file or folder, or is more than `limit` bytes.
    func folder(_ path: FolderPath, at commit: CommitID, limit: Int) throws(Failure) -> CommitFolder {
        try reading { store throws(Failure) in
            let place = try store.place(path, at: commit)
            if let problem = place.problems.first { throw Self.refused(problem) }
            guard let top = place.folder else {
                throw Failure(
                    .stall, reason: "FolderNotFound",
                    message:
                        "there is no folder \(path.text.quotedForMessage); check the path, it begins at the repository's top"
                )
            }
            var walk = FolderWalk(limit: limit)
            try walk.take(top, prefix: "", depth: 0, in: store)
            return CommitFolder(
                tree: top.description,
                files: walk.files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) })
        }
    }

    fileprivate static func refused(_ problem: TreeProblem) -> Failure {
        Failure(.stall, reason: "FileRefused", message: "\(problem.path.quotedForMessage): \(problem.message)")
    }
}

extension ObjectStore {
    /// The file at `path`, which must be reached without links.
    func file(_ path: FolderPath, at commit: CommitID) throws(Failure) -> BlobID {
        let place = try place(path, at: commit)
        if let problem = place.problems.first { throw TreeReader.refused(problem) }
        guard let file = place.file else {
            let what = place.folder == nil ? "there is no file" : "a folder, and no file, is at"
            throw Failure(
                .stall, reason: "FileNotFound",
                message: "\(what) \(path.text.quotedForMessage); check the path, it begins at the repository's top")
        }
        return try BlobID(file)
    }

    static func tooLarge(_ id: BlobID, size: Int64, limit: Int64) -> Failure {
        Failure(.stall, reason: "FileTooLarge", message: "blob \(id) has \(size) bytes; at most \(limit) are read")
    }
}

/// Reads a folder with all below it, within bounds.
private struct FolderWalk {
    private(set) var files: [CommitFolder.File] = []
    private let limit: Int
    private var size = 0
    private var entries = 0

    /// Entries of all folders together.
    private static let mostEntries = 100_000

    init(limit: Int) { self.limit = limit }

    mutating func take(_ id: ObjectID, prefix: String, depth: Int, in store: borrowing ObjectStore) throws(Failure) {
        let raw = try store.tree(id)
        entries += raw.count + 1
        guard entries <= Self.mostEntries, depth <= TreeComparison.deepestFolder else {
            throw Failure(
                .stall, reason: "TreeTooLarge",
                message: "it has more than \(Self.mostEntries) files and folders, or is more than "
                    + "\(TreeComparison.deepestFolder) levels deep; name a smaller folder")
        }
        let checked = CheckedTree(raw)
        if let problem = checked.problems.min(by: { $0.path < $1.path }) {
            throw TreeReader.refused(TreeProblem(path: prefix + problem.path, message: problem.message))
        }
        for (name, entry) in checked.entries {
            guard entry.kind == .file else {
                try take(entry.id, prefix: prefix + name + "/", depth: depth + 1, in: store)
                continue
            }
            let bytes = try store.blob(try BlobID(entry.id), limit: limit - size)
            size += bytes.count
            files.append(
                CommitFolder.File(path: prefix + name, isExecutable: entry.isExecutable, bytes: bytes))
        }
    }
}
