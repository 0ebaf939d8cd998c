import Synchronization
import WaybillCore
import WaybillEngine

/// A branch whose commits each contain the one before, unless said otherwise; and the fleet at each of them.
final class FakeRepository: FleetRepository {
    private struct State {
        var head: CommitID
        var parents: [CommitID: CommitID] = [:]
        var asked = 0
        var fetched = 0
        var isAway = false
    }
    private let state: Mutex<State>
    /// Where fetches wait.
    let turnstile = Turnstile()

    init(_ head: CommitID) { state = Mutex(State(head: head, parents: [head: head])) }

    var asked: Int { state.withLock(\.asked) }
    var fetched: Int { state.withLock(\.fetched) }
    func goAway(_ isAway: Bool) { state.withLock { $0.isAway = isAway } }

    /// The branch names `commit` from now on; nil `parent`: a history of its own.
    func push(_ commit: CommitID, on parent: CommitID?) {
        state.withLock {
            if $0.parents[commit] == nil { $0.parents[commit] = parent ?? commit }
            $0.head = commit
        }
    }

    /// The mirror has `commit` no longer.
    func lose(_ commit: CommitID) { state.withLock { $0.parents[commit] = nil } }

    private static let away = Failure(.retry, reason: "RemoteUnreachable", message: "no route to host")

    private func ask(_ count: (inout State) -> Void) throws(Failure) -> CommitID {
        let head: CommitID? = state.withLock { state in
            count(&state)
            return state.isAway ? nil : state.head
        }
        guard let head else { throw Self.away }
        return head
    }

    func remoteHead() async throws(Failure) -> CommitID { try ask { $0.asked += 1 } }
    func fetch() async throws(Failure) -> CommitID {
        let head = try ask { $0.fetched += 1 }
        await turnstile.pass()
        return head
    }

    func contains(_ ancestor: CommitID, in commit: CommitID) async throws(Failure) -> Bool {
        state.withLock { state in
            var current = commit
            while current != ancestor {
                guard let parent = state.parents[current], parent != current else { return false }
                current = parent
            }
            return state.parents[current] != nil
        }
    }

    func summary(of commit: CommitID) async throws(Failure) -> CommitSummary {
        CommitSummary(id: commit, author: "Ada", summary: "change", time: Timestamp(milliseconds: 0))
    }

    func changes(from base: CommitID?, to commit: CommitID, under path: String) async throws(Failure)
        -> (changes: [TreeChange], problems: [TreeProblem])
    { ([], []) }
    func read(_ blobs: [BlobID], limit: Int) async throws(Failure) -> [[UInt8]] { [] }
    func file(_ path: String, at commit: CommitID) async throws(Failure) -> TreeFile? { nil }
}

/// Says of each commit what was set for it, as a difference to the one loaded before.
final class FakeSource: DesiredStateSource {
    private struct State {
        var fleets: [CommitID: [DeploymentKey: DesiredDeployment]] = [:]
        var orphaning: [CommitID: Set<DeploymentKey>] = [:]
        var broken: [CommitID: [String]] = [:]
        var history: [CommitID: [CommitID]] = [:]
        var current: CommitID?
        var loads: [CommitID] = []
        var beginnings = 0
        var versions: [CommitID: [FixedVersion]] = [:]
        var fixed: Set<VersionID> = []
        /// How many loads of a commit fail yet.
        var failing: [CommitID: Int] = [:]
    }
    private let state = Mutex(State())

    var loads: [CommitID] { state.withLock(\.loads) }
    /// How often everything was forgotten.
    var beginnings: Int { state.withLock(\.beginnings) }

    func set(_ commit: CommitID, _ keys: [DeploymentKey], setting: Int = 1, orphaning: Set<DeploymentKey> = []) {
        state.withLock {
            $0.fleets[commit] = Dictionary(
                keys.map { ($0, Named.desired($0, setting: setting)) }, uniquingKeysWith: { first, _ in first })
            $0.orphaning[commit] = orphaning
        }
    }

    /// Some files cannot be read at `commit`, whose state depends on `history`.
    func breakFiles(_ files: [String], at commit: CommitID, history: [CommitID] = []) {
        state.withLock {
            $0.broken[commit] = files
            $0.history[commit] = history
        }
    }

    fileprivate static func problem(_ file: String) -> Diagnostic {
        Diagnostic(
            location: SourceLocation(path: file, line: 1, column: 1), rule: "yaml-syntax", message: "this is not YAML")
    }

    func fail(_ commit: CommitID, times: Int) { state.withLock { $0.failing[commit] = times } }

    func load(_ commit: CommitID) async throws(Failure) -> DesiredDelta {
        let delta: DesiredDelta? = state.withLock { state in
            state.loads.append(commit)
            if let left = state.failing[commit], left > 0 {
                state.failing[commit] = left - 1
                return nil
            }
            let before = state.current.flatMap { state.fleets[$0] } ?? [:]
            let after = state.fleets[commit] ?? [:]
            state.current = commit
            let removed = Set(before.keys).subtracting(after.keys)
            return DesiredDelta(
                commit: commit, changed: after.filter { before[$0.key]?.rendering != $0.value.rendering },
                removed: removed, orphaned: removed.intersection(state.orphaning[commit] ?? []),
                diagnostics: (state.broken[commit] ?? []).map(Self.problem), history: state.history[commit] ?? [])
        }
        guard let delta else { throw Failure(.retry, reason: "TreeUnreadable", message: "a blob is missing") }
        return delta
    }

    func replay(_ commit: CommitID, isNext: Bool) async throws(Failure) -> DesiredDelta { try await load(commit) }

    func forget() async {
        state.withLock { state in
            state.current = nil
            state.beginnings += 1
        }
    }

    func unfixed() async -> [FixedVersion] {
        state.withLock { state in
            guard let commit = state.current else { return [] }
            return (state.versions[commit] ?? []).filter { !state.fixed.contains($0.version) }
        }
    }

    func remember(_ fixed: [FixedVersion]) async {
        state.withLock { $0.fixed.formUnion(fixed.map(\.version)) }
    }

    /// Versions of models at `commit`.
    func name(_ versions: [FixedVersion], at commit: CommitID) { state.withLock { $0.versions[commit] = versions } }

    func current() async -> DesiredState? {
        state.withLock { state in
            state.current.map {
                let broken = state.broken[$0] ?? []
                return DesiredState(
                    commit: $0, deployments: state.fleets[$0] ?? [:], diagnostics: broken.map(Self.problem),
                    brokenFiles: Set(broken), history: state.history[$0] ?? [])
            }
        }
    }
}

/// A controller and the watcher that feeds it.
struct FleetHarness: Sendable {
    let base: ControllerHarness
    let repository: FakeRepository
    let source: FakeSource
    let watcher: FleetWatcher

    /// - Parameter before: the fleet of an earlier controller, continued by this one.
    init(_ head: CommitID, source: FakeSource = FakeSource(), before: FleetHarness? = nil) {
        let base = ControllerHarness(before: before?.base)
        self.base = base
        repository = before?.repository ?? FakeRepository(head)
        self.source = before == nil ? source : before?.source ?? source
        watcher = FleetWatcher(
            repository: repository, source: self.source, journal: Journal(storage: base.ledger), clock: base.clock,
            branch: "main", controller: base.controller, pollInterval: .seconds(3600), memory: base.ledger.memory,
            hold: base.ledger.facts.fleetHold, served: base.ledger.facts.servedKeys, rounded: { _ in })
    }

    func run(_ body: @escaping @Sendable () async throws -> Void) async throws {
        let watcher = watcher
        let (words, writer) = AsyncStream<CommitID>.makeStream()
        base.reconsidered.passOn { writer.yield($0) }
        try await base.run {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await watcher.run() }
                group.addTask { for await commit in words { await watcher.reconsider(commit) } }
                defer { group.cancelAll() }
                try await body()
            }
        }
    }

    func push(_ commit: CommitID, on parent: CommitID?) async throws {
        repository.push(commit, on: parent)
        _ = try await watcher.sync()
    }

    func accept(_ commit: CommitID) async throws {
        _ = try await base.controller.command(.accept(commit), by: Named.operatorActor, reason: "looked at")
    }

    func types(_ wanted: EventType...) -> [EventType] { base.ledger.events.map(\.type).filter { wanted.contains($0) } }
}
