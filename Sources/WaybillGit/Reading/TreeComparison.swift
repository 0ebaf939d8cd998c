import WaybillCore

/// Finds what differs between two trees of one object store. Costs the folders that changed, whatever the fleet's size.
///
/// Problems are those of the whole newer tree, not only of its changed folders. Folders once walked are remembered by id, so
/// that an unchanged folder costs a look-up.
struct TreeComparison {
    private(set) var changes: [TreeChange] = []
    private let limit: Int
    private var budget: Int
    private var memory: FolderMemory
    /// Whether a folder was left out because of its depth: what is then known of its parents holds for this place only.
    private var wasTooDeep = false

    init(memory: FolderMemory, limit: Int = Self.largestTree) {
        self.memory = memory
        self.limit = limit
        budget = limit
    }

    /// Entries that one comparison looks at, at most: a tree that names itself ten times a level is small and endless.
    static let largestTree = 1_000_000
    static let deepestFolder = 64
    /// Problems kept of one folder with all below it.
    static let mostProblems = 1000

    /// Compares folder `base` with folder `head` (nil: there is none) and returns the problems of `head`, with paths
    /// relative to it. `prefix` is the folder's path, empty or ending in a slash.
    mutating func compare(
        _ base: ObjectID?, _ head: ObjectID?, prefix: String, depth: Int = 0, in store: borrowing ObjectStore
    ) throws(Failure) -> [TreeProblem] {
        if base == head {
            guard let head else { return [] }
            if let known = memory[head] { return known }
        }
        let before = base == head ? nil : try folder(base, in: store)
        let after = try folder(head, in: store)
        var problems = after?.problems ?? []
        for name in names(before, after) {
            let below = try step(
                before?.entries[name], after?.entries[name], path: prefix + name, depth: depth,
                unchanged: base == head, in: store)
            for problem in below where problems.count < Self.mostProblems {
                let path = problem.path.isEmpty ? name : name + "/" + problem.path
                problems.append(TreeProblem(path: path, message: problem.message))
            }
        }
        if let head, !wasTooDeep { memory[head] = problems }
        return problems
    }

    /// What was learnt about folders, for the next comparison.
    consuming func remembered() -> FolderMemory { memory }

    private mutating func step(
        _ before: TreeEntry?, _ after: TreeEntry?, path: String, depth: Int, unchanged: Bool,
        in store: borrowing ObjectStore
    ) throws(Failure) -> [TreeProblem] {
        if !unchanged, before?.file != after?.file {
            changes.append(TreeChange(path: path, before: try before?.blob(), after: try after?.blob()))
        }
        let older = unchanged ? after?.folder : before?.folder
        guard older != nil || after?.folder != nil else { return [] }
        guard depth < Self.deepestFolder else {
            wasTooDeep = true
            return after?.folder == nil
                ? []
                : [TreeProblem(path: "", message: "a folder more than \(Self.deepestFolder) levels deep; not read")]
        }
        return try compare(older, after?.folder, prefix: path + "/", depth: depth + 1, in: store)
    }

    private mutating func folder(_ id: ObjectID?, in store: borrowing ObjectStore) throws(Failure) -> CheckedTree? {
        guard let id else { return nil }
        let entries = try store.tree(id)
        budget -= entries.count + 1
        guard budget >= 0 else {
            throw Failure(
                .stall, reason: "TreeTooLarge",
                message:
                    "the commit has more than \(limit) files and folders; point 'path' at a smaller folder")
        }
        return CheckedTree(entries)
    }

    private func names(_ before: CheckedTree?, _ after: CheckedTree?) -> [String] {
        var names = Set<String>()
        if let before { names.formUnion(before.entries.keys) }
        if let after { names.formUnion(after.entries.keys) }
        return names.sorted()
    }
}

extension TreeEntry {
    fileprivate var file: ObjectID? { kind == .file ? id : nil }
    fileprivate var folder: ObjectID? { kind == .folder ? id : nil }

    fileprivate func blob() throws(Failure) -> BlobID? {
        guard let file else { return nil }
        return try BlobID(file)
    }
}

extension BlobID {
    /// The id of a blob as libgit2 knows it.
    init(_ id: ObjectID) throws(Failure) {
        do throws(InvalidInput) {
            try self.init(parsing: id.description)
        } catch {
            throw Failure(.stall, reason: "GitFailed", message: error.message)
        }
    }
}

/// Problems of folders that were walked before, by tree id, relative to the folder.
struct FolderMemory {
    private var problems: [ObjectID: [TreeProblem]] = [:]

    /// Folders remembered at most; forgetting them all costs one walk.
    private static let capacity = 100_000

    subscript(_ id: ObjectID) -> [TreeProblem]? {
        get { problems[id] }
        set {
            if problems.count >= Self.capacity { problems.removeAll() }
            problems[id] = newValue
        }
    }
}
