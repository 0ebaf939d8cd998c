import WaybillCore

/// Reads one repository's objects, one call at a time, on a thread of its own.
///
/// The store is opened at the first use, and again after `reopen` or when an object could not be read: a fetch may
/// have replaced the packs in the meantime.
actor TreeReader {
    typealias Opening = @Sendable () throws(Failure) -> ObjectStore

    private let executor: BlockingExecutor
    private let open: Opening
    private var store: ObjectStore?
    private var memory = FolderMemory()

    init(label: String, open: @escaping Opening) {
        executor = BlockingExecutor(label: label)
        self.open = open
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Forgets the open store; the next call opens it as it then is.
    func reopen() { store = nil }

    func changes(
        from base: CommitID?, to commit: CommitID, under path: FolderPath
    ) throws(Failure) -> (changes: [TreeChange], problems: [TreeProblem]) {
        let known = memory
        let (found, learnt) = try reading { store throws(Failure) in
            var outcome = TreePlace.Findings()
            let before = try base.map { commit throws(Failure) in try store.place(path, at: commit) }?.folder
            let after = try store.place(path, at: commit)
            var comparison = TreeComparison(memory: known)
            let below = try comparison.compare(before, after.folder, prefix: path.prefix, in: store)
            outcome.changes = comparison.changes
            outcome.problems =
                after.problems + below.map { TreeProblem(path: path.prefix + $0.path, message: $0.message) }
            return (outcome, comparison.remembered())
        }
        memory = learnt
        return (found.changes, found.problems)
    }

    func read(_ blobs: [BlobID], limit: Int) throws(Failure) -> [[UInt8]] {
        try reading { store throws(Failure) in
            var contents: [[UInt8]] = []
            contents.reserveCapacity(blobs.count)
            for blob in blobs { contents.append(try store.blob(blob, limit: limit)) }
            return contents
        }
    }

    func file(_ path: FolderPath, at commit: CommitID) throws(Failure) -> TreeFile? {
        try reading { store throws(Failure) in
            guard let id = try store.place(path, at: commit).file else { return nil }
            return TreeFile(path: path.text, blob: try BlobID(id))
        }
    }

    func origin(of path: FolderPath, at commit: CommitID) throws(Failure) -> CommitID? {
        try reading { store throws(Failure) in try store.origin(of: path, at: commit) }
    }

    func contains(_ ancestor: CommitID, in commit: CommitID) throws(Failure) -> Bool {
        try reading { store throws(Failure) in try store.contains(ancestor, in: commit) }
    }

    func summary(of commit: CommitID) throws(Failure) -> CommitSummary {
        try reading { store throws(Failure) in try store.summary(of: commit) }
    }

    /// Runs `body` on the open store; once more on a store opened anew when an object could not be read.
    func reading<Result>(
        _ body: (borrowing ObjectStore) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        do throws(Failure) {
            return try onOpenStore(body)
        } catch  where error.reason == ObjectStore.unreadableReason {
            store = nil
            return try onOpenStore(body)
        }
    }

    private func onOpenStore<Result>(
        _ body: (borrowing ObjectStore) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let opened = try takeStore()
        do throws(Failure) {
            let result = try body(opened)
            store = consume opened
            return result
        } catch {
            store = consume opened
            throw error
        }
    }

    private func takeStore() throws(Failure) -> ObjectStore {
        if let opened = store.take() { return opened }
        return try open()
    }
}
