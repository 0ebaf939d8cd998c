package import WaybillCore
import WaybillTrust

/// Reads what is known of words and rules as one commit, and the refs beside the branch, have it.
package struct ApprovalBoardReader: Sendable {
    package typealias ReadingRules = @Sendable (CommitID) async throws(Failure) -> RuleFiles

    private let repository: any FleetRepository
    private let reader: StatementReader
    private let files: KnownRules

    /// - Parameter files: reads the rules of a commit that are no resources; fails, stalling, when they are broken.
    package init(_ repository: any FleetRepository, files: @escaping ReadingRules) {
        self.repository = repository
        self.files = KnownRules(files)
        reader = StatementReader(repository)
    }

    /// - Parameter state: of the same commit.
    /// - Returns: a board without words where nobody is asked for any; they are not read then.
    func board(at commit: CommitID, _ state: DesiredState) async throws(Failure) -> ApprovalBoard {
        var board = ApprovalBoard()
        for case (.environment(let name), let resource) in state.resources {
            guard case .environment(let environment) = resource.spec else { continue }
            board.policies[name] = environment.policy
            let rules = environment.promotionRules
            if !rules.isEmpty { board.promotions[name] = rules }
        }
        do throws(Failure) {
            let rules = try await files.of(commit)
            board.access = rules.access
            board.rules = rules.accessDigest
        } catch  where error.disposition == .stall {
            board.accessProblem = "'\(AccessSchema.path)' cannot be read: \(error.message)"
        }
        if board.policies.isEmpty { return board }
        board.shelf = try await words(at: commit)
        return board
    }

    func words(at commit: CommitID) async throws(Failure) -> StatementShelf {
        try await reader.read(at: commit, refs: try await repository.references(below: ApprovalPath.refs))
    }

    /// The rules of a commit.
    ///
    /// - Parameter inForce: what broken files leave as it is.
    func rules(at commit: CommitID, _ state: DesiredState, keeping inForce: Ruleset?) async throws(Failure) -> Ruleset {
        let files = try await files.of(commit)
        return Ruleset(state, access: files.accessDigest, lists: files.lists, keeping: inForce)
    }
}

/// The rules of the last two commits that were asked about: that in force, and the one that is judged. A commit's files never change.
private actor KnownRules {
    private let read: ApprovalBoardReader.ReadingRules
    private var known: [(commit: CommitID, files: RuleFiles)] = []

    init(_ read: @escaping ApprovalBoardReader.ReadingRules) { self.read = read }

    func of(_ commit: CommitID) async throws(Failure) -> RuleFiles {
        if let found = known.first(where: { $0.commit == commit }) { return found.files }
        let files = try await read(commit)
        known = [(commit, files)] + known.prefix(1)
        return files
    }
}
