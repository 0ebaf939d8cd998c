import Synchronization
import WaybillCore

/// A fleet repository in memory: commits are whole trees. Counts what is read.
final class MemoryTree: FleetTree {
    private struct State {
        var commits: [CommitID: [String: BlobID]] = [:]
        var problems: [CommitID: [TreeProblem]] = [:]
        var blobs: [BlobID: [UInt8]] = [:]
        var reads: [BlobID] = []
        var failure: Failure?
        var origins: [String: CommitID] = [:]
        var originsAsked: [String] = []
    }

    private let state = Mutex(State())

    static func commit(_ number: Int) throws -> CommitID {
        let digits = String(number, radix: 16)
        return try CommitID(parsing: String(repeating: "0", count: 40 - digits.count) + digits)
    }

    /// Makes commit `number` hold exactly `files`.
    @discardableResult
    func commit(_ number: Int, _ files: [String: String], problems: [TreeProblem] = []) throws -> CommitID {
        try commit(number, bytes: files.mapValues { Array($0.utf8) }, problems: problems)
    }

    @discardableResult
    func commit(_ number: Int, bytes files: [String: [UInt8]], problems: [TreeProblem] = []) throws -> CommitID {
        let id = try Self.commit(number)
        var tree: [String: BlobID] = [:]
        for (path, bytes) in files {
            let blob = try BlobID(parsing: String(Digest(of: bytes).hex.prefix(40)))
            tree[path] = blob
            state.withLock { $0.blobs[blob] = bytes }
        }
        state.withLock { state in
            state.commits[id] = tree
            state.problems[id] = problems
        }
        return id
    }

    func fail(_ failure: Failure?) { state.withLock { $0.failure = failure } }

    /// Blobs read since the last time it was asked.
    func takeReads() -> Int {
        state.withLock { state in
            defer { state.reads = [] }
            return state.reads.count
        }
    }

    func changes(from base: CommitID?, to commit: CommitID, under path: String) async throws(Failure)
        -> (changes: [TreeChange], problems: [TreeProblem])
    {
        let result: Result<([TreeChange], [TreeProblem]), Failure> = state.withLock { state in
            if let failure = state.failure { return .failure(failure) }
            guard let after = state.commits[commit] else {
                return .failure(Failure(.retry, reason: "NoCommit", message: "no commit \(commit)"))
            }
            let before = base.flatMap { state.commits[$0] } ?? [:]
            let paths = Set(before.keys).union(after.keys).filter { path.isEmpty || $0.hasPrefix(path + "/") }
            let changes = paths.sorted().filter { before[$0] != after[$0] }
                .map { TreeChange(path: $0, before: before[$0], after: after[$0]) }
            return .success((changes, state.problems[commit] ?? []))
        }
        let (changes, problems) = try result.get()
        return (changes: changes, problems: problems)
    }

    func read(_ blobs: [BlobID], limit: Int) async throws(Failure) -> [[UInt8]] {
        let result: Result<[[UInt8]], Failure> = state.withLock { state in
            state.reads += blobs
            if let failure = state.failure { return .failure(failure) }
            let contents = blobs.compactMap { state.blobs[$0] }
            if contents.contains(where: { $0.count > limit }) {
                return .failure(Failure(.stall, reason: "FileTooLarge", message: "a file is too large"))
            }
            return .success(contents)
        }
        return try result.get()
    }

    /// From now on says that the file at `path` has been what it is since `commit`.
    func keepHistory(of path: String, since commit: CommitID) { state.withLock { $0.origins[path] = commit } }

    var originsAsked: [String] { state.withLock { $0.originsAsked } }

    func origin(of path: String, at commit: CommitID) async throws(Failure) -> CommitID? {
        state.withLock { state in
            if state.origins[path] != nil { state.originsAsked.append("\(path) at \(commit)") }
            return state.origins[path]
        }
    }

    func file(_ path: String, at commit: CommitID) async throws(Failure) -> TreeFile? {
        state.withLock { $0.commits[commit]?[path].map { TreeFile(path: path, blob: $0) } }
    }
}
