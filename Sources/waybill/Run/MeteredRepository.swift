import WaybillAPI
import WaybillCore

/// The fleet repository, with its conversations with the remote counted and timed.
struct MeteredRepository: FleetRepository {
    let base: any FleetRepository
    let metrics: Metrics

    func remoteHead() async throws(Failure) -> CommitID {
        try await counted("head") { () throws(Failure) in try await base.remoteHead() }
    }

    func fetch() async throws(Failure) -> CommitID {
        let started = ContinuousClock.now
        let commit = try await counted("fetch") { () throws(Failure) in try await base.fetch() }
        metrics.observe(.fetchSeconds, ContinuousClock.now - started)
        return commit
    }

    func references(below prefix: String) async throws(Failure) -> [String: CommitID] {
        try await base.references(below: prefix)
    }

    func contains(_ ancestor: CommitID, in commit: CommitID) async throws(Failure) -> Bool {
        try await base.contains(ancestor, in: commit)
    }

    func summary(of commit: CommitID) async throws(Failure) -> CommitSummary { try await base.summary(of: commit) }

    func changes(
        from base: CommitID?, to commit: CommitID, under path: String
    ) async throws(Failure) -> (changes: [TreeChange], problems: [TreeProblem]) {
        try await self.base.changes(from: base, to: commit, under: path)
    }

    func read(_ blobs: [BlobID], limit: Int) async throws(Failure) -> [[UInt8]] {
        try await base.read(blobs, limit: limit)
    }

    func file(_ path: String, at commit: CommitID) async throws(Failure) -> TreeFile? {
        try await base.file(path, at: commit)
    }

    func origin(of path: String, at commit: CommitID) async throws(Failure) -> CommitID? {
        try await base.origin(of: path, at: commit)
    }

    private func counted(
        _ question: String, _ ask: () async throws(Failure) -> CommitID
    ) async throws(Failure) -> CommitID {
        do throws(Failure) {
            let answer = try await ask()
            metrics.count(.fetches, ["question": question, "outcome": "succeeded"])
            return answer
        } catch {
            metrics.count(.fetches, ["question": question, "outcome": "failed"])
            throw error
        }
    }
}
