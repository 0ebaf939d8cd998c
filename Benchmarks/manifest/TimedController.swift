import Glibc
import WaybillCore
import WaybillEngine
import WaybillGit
import WaybillLedger
import WaybillManifest

/// Watcher, engine and their ports as `waybill run` puts them together, with a stopwatch at the fetch, the load and the ledger.
struct TimedController: Sendable {
    let stopwatch = Stopwatch()
    let controller: Controller
    let watcher: FleetWatcher

    init(mirror: MirrorRepository, ledger: Ledger) throws {
        let clock = MachineClock()
        let timed = TimedLedger(base: ledger, stopwatch: stopwatch)
        let ports = PublishedPorts(table: nil, clock: clock)
        controller = Controller(
            core: EngineCore(facts: Facts(), seed: 1, now: clock.now()),
            world: World(
                target: ObedientTarget(clock: clock), gateway: ObedientGateway(), ledger: timed, clock: clock,
                summaries: NoSummaries(), gatewayKeeper: nil, gatewayTrace: { "" }),
            routes: nil, ports: ports, changed: {}, reconsider: { _ in },
            recall: { key, _ in .failure(Failure(.stall, reason: "NoMirror", message: "no mirror of \(key)")) },
            beat: { _ in })
        watcher = FleetWatcher(
            repository: TimedRepository(base: mirror, stopwatch: stopwatch),
            source: TimedSource(tree: mirror, stopwatch: stopwatch), journal: Journal(storage: timed), clock: clock,
            branch: "watched", controller: controller, pollInterval: .seconds(3600), memory: FleetMemory(), hold: nil,
            served: [], rounded: { _ in })
    }

    /// Runs both while `body` runs.
    func run(_ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await controller.run() }
            group.addTask { await watcher.run() }
            controller.send(.found([]))
            defer { group.cancelAll() }
            try await body()
        }
    }
}

private struct MachineClock: WallClock {
    func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}

private struct NoSummaries: SummaryStore {
    func save(_ summary: KeySummary) {}
    func remove(_ key: DeploymentKey) {}
}

/// Tells the stopwatch when a fetch is done.
private struct TimedRepository: FleetRepository {
    let base: MirrorRepository
    let stopwatch: Stopwatch

    func remoteHead() async throws(Failure) -> CommitID { try await base.remoteHead() }

    func fetch() async throws(Failure) -> CommitID {
        let commit = try await base.fetch()
        stopwatch.fetched(commit)
        return commit
    }

    func contains(_ ancestor: CommitID, in commit: CommitID) async throws(Failure) -> Bool {
        try await base.contains(ancestor, in: commit)
    }

    func summary(of commit: CommitID) async throws(Failure) -> CommitSummary { try await base.summary(of: commit) }

    func changes(
        from commit: CommitID?, to other: CommitID, under path: String
    ) async throws(Failure) -> (changes: [TreeChange], problems: [TreeProblem]) {
        try await base.changes(from: commit, to: other, under: path)
    }

    func read(_ blobs: [BlobID], limit: Int) async throws(Failure) -> [[UInt8]] {
        try await base.read(blobs, limit: limit)
    }

    func file(_ path: String, at commit: CommitID) async throws(Failure) -> TreeFile? {
        try await base.file(path, at: commit)
    }
}

/// The loader; tells the stopwatch how long a load took.
private actor TimedSource: DesiredStateSource {
    private let tree: MirrorRepository
    private let stopwatch: Stopwatch
    private var loader: FleetLoader

    init(tree: MirrorRepository, stopwatch: Stopwatch) {
        self.tree = tree
        self.stopwatch = stopwatch
        loader = FleetLoader(tree: tree)
    }

    func load(_ commit: CommitID) async throws(Failure) -> DesiredDelta { try await replay(commit, isNext: true) }

    func replay(_ commit: CommitID, isNext: Bool) async throws(Failure) -> DesiredDelta {
        let begin = ContinuousClock.now
        let delta = try await loader.load(commit, isNext: isNext)
        stopwatch.loaded(delta, in: ContinuousClock.now - begin)
        return delta
    }

    func forget() { loader = FleetLoader(tree: tree) }

    func unfixed() async -> [FixedVersion] { await loader.unfixed() }

    func remember(_ fixed: [FixedVersion]) async { await loader.remember(fixed) }

    func current() async -> DesiredState? { await loader.state }
}

/// The real ledger; tells the stopwatch when plans are durable.
private struct TimedLedger: RecoverableLedger {
    let base: Ledger
    let stopwatch: Stopwatch

    func append(_ events: [Event]) async throws(Failure) -> [LedgerIndex] {
        let indices = try await base.append(events)
        stopwatch.appended(events)
        return indices
    }

    func recover() async throws(Failure) { try await base.recover() }
}
