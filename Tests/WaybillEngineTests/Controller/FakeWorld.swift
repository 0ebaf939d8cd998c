import Synchronization
import WaybillCore
import WaybillEngine

/// A ledger in memory that can break, refuses from then on, and is brought back by `recover` once it is mended.
final class FakeLedger: RecoverableLedger {
    private struct State {
        var events: [Event] = []
        var isBroken = false
        var isRefusing = false
        var breaksAt: EventType?
        var batches = 0
    }
    private let state = Mutex(State())
    /// Where appends wait.
    let turnstile = Turnstile()

    init(_ events: [Event] = []) { state.withLock { $0.events = events } }

    var events: [Event] { state.withLock(\.events) }
    func events(of type: EventType) -> [Event] { events.filter { $0.type == type } }
    var batches: Int { state.withLock(\.batches) }
    func breakNow() { state.withLock { $0.isBroken = true } }
    /// Breaks when an event of `type` is to be written.
    func breakAt(_ type: EventType) { state.withLock { $0.breaksAt = type } }
    func mend() {
        state.withLock {
            $0.isBroken = false
            $0.breaksAt = nil
        }
    }

    var facts: Facts {
        events.enumerated().reduce(into: Facts()) { $0.fold(LedgerIndex($1.offset), $1.element) }
    }
    var memory: FleetMemory { events.reduce(into: FleetMemory()) { $0.fold($1) } }

    private static let refusal = Failure(.stall, reason: "DiskFull", message: "no space left on device")

    func append(_ events: [Event]) async throws(Failure) -> [LedgerIndex] {
        await turnstile.pass()
        let indices: [LedgerIndex]? = state.withLock { state in
            if state.isBroken || events.contains(where: { $0.type == state.breaksAt }) {
                state.isBroken = true
                state.isRefusing = true
            }
            if state.isRefusing { return nil }
            let first = state.events.count
            state.events += events
            state.batches += 1
            return events.indices.map { LedgerIndex(first + $0) }
        }
        guard let indices else { throw Self.refusal }
        return indices
    }

    func recover() async throws(Failure) {
        let isBack = state.withLock { state in
            if state.isBroken { return false }
            state.isRefusing = false
            return true
        }
        if !isBack { throw Self.refusal }
    }
}

/// A place where a call waits until it is let through.
final class Turnstile: Sendable {
    private struct State {
        var isClosed = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }
    private let state = Mutex(State())

    var waiting: Int { state.withLock { $0.waiting.count } }
    func close() { state.withLock { $0.isClosed = true } }

    func open() {
        let waiting = state.withLock { state in
            defer { state = State() }
            return state.waiting
        }
        for one in waiting { one.resume() }
    }

    func pass() async {
        await withCheckedContinuation { continuation in
            let mayPass = state.withLock { state in
                if state.isClosed { state.waiting.append(continuation) }
                return !state.isClosed
            }
            if mayPass { continuation.resume() }
        }
    }
}

/// Replicas in memory, ready at once.
final class FakeTarget: Target {
    struct Act: Sendable {
        var name: String
        var ticket: Ticket
    }
    private struct State {
        var replicas: [DeploymentKey: [ReplicaID: ObservedReplica]] = [:]
        var prepared: Set<Revision> = []
        var acts: [Act] = []
        var looks = 0
        /// What preparations left, by revision.
        var cached: Set<Revision> = []
    }
    private let state = Mutex(State())
    let turnstile = Turnstile()
    let clock: FakeClock

    init(clock: FakeClock) { self.clock = clock }

    var acts: [Act] { state.withLock(\.acts) }
    var looks: Int { state.withLock(\.looks) }
    var keys: Set<DeploymentKey> { state.withLock { Set($0.replicas.filter { !$0.value.isEmpty }.keys) } }

    func knownKeys() async throws(Failure) -> Set<DeploymentKey> { keys }

    func observe(_ key: DeploymentKey, revisions: [RevisionSpec]) async throws(Failure) -> TargetObservation {
        state.withLock { state in
            state.looks += 1
            return TargetObservation(
                replicas: (state.replicas[key] ?? [:]).values.map(\.self),
                preparations: Dictionary(
                    revisions.map { ($0.revision, state.prepared.contains($0.revision) ? .prepared : .missing) },
                    uniquingKeysWith: { first, _ in first }))
        }
    }

    private func note(_ name: String, _ ticket: Ticket) async {
        state.withLock { $0.acts.append(Act(name: name, ticket: ticket)) }
        await turnstile.pass()
    }

    func prepare(_ spec: RevisionSpec, at commit: CommitID, ticket: Ticket) async throws(Failure) {
        await note("prepare", ticket)
        state.withLock { state in
            state.prepared.insert(spec.revision)
            state.cached.insert(spec.revision)
        }
    }

    var cached: Set<Revision> { state.withLock(\.cached) }

    func unneeded(keeping: [RevisionSpec]) async throws(Failure) -> [CachedItem] {
        state.withLock { state in
            let used = Set(state.replicas.values.flatMap(\.values).map(\.revision)).union(keeping.map(\.revision))
            return state.cached.subtracting(used).sorted().map { CachedItem(.modelFiles, key: $0.description) }
        }
    }

    func collect(_ items: [CachedItem], ticket: Ticket) async throws(Failure) -> [CachedItem] {
        await note("collect", ticket)
        return state.withLock { state in
            for revision in state.cached where items.contains(where: { $0.key == revision.description }) {
                state.cached.remove(revision)
                state.prepared.remove(revision)
            }
            return items
        }
    }

    func start(_ id: ReplicaID, _ spec: RevisionSpec, ticket: Ticket) async throws(Failure) {
        await note("start", ticket)
        let now = clock.now()
        state.withLock {
            $0.replicas[id.key, default: [:]][id] = ObservedReplica(
                id: id, revision: spec.revision, version: spec.version, phase: .ready, port: 9000 + Int(id.serial),
                startedAt: now)
        }
    }

    func stop(_ id: ReplicaID, ticket: Ticket) async throws(Failure) {
        await note("stop", ticket)
        let now = clock.now()
        state.withLock { $0.replicas[id.key]?[id]?.phase = .exited(ExitStatus(cause: .signal(15), at: now)) }
    }

    func forget(_ id: ReplicaID, ticket: Ticket) async throws(Failure) {
        await note("forget", ticket)
        state.withLock { $0.replicas[id.key]?[id] = nil }
    }
}

/// A gateway that takes up each table at once.
final class FakeGateway: GatewayControl {
    private struct State {
        var table = RouteTable(generation: 0, routes: [])
        var published = 0
        var isAway = false
    }
    private let state = Mutex(State())
    let turnstile = Turnstile()

    var table: RouteTable { state.withLock(\.table) }
    var published: Int { state.withLock(\.published) }
    func goAway(_ isAway: Bool) { state.withLock { $0.isAway = isAway } }

    func counts(of key: DeploymentKey) async -> GatewayCounts? { nil }

    func status() async -> GatewayStatus? {
        state.withLock { state in
            if state.isAway { return nil }
            return GatewayStatus(
                generation: state.table.generation, pid: 1, address: "127.0.0.1:8080", build: "test",
                rotation: Dictionary(
                    state.table.routes.map { ("\($0.environment)/\($0.deployment)", $0.backends.map(\.replica)) },
                    uniquingKeysWith: { first, _ in first }))
        }
    }

    func publish(_ table: RouteTable, ticket: Ticket) async throws(Failure) {
        await turnstile.pass()
        state.withLock {
            $0.table = table
            $0.published += 1
        }
    }
}

/// Time that passes as outside.
struct FakeClock: WallClock {
    private let started = ContinuousClock.now

    func now() -> Timestamp { Timestamp(milliseconds: 1_700_000_000_000) + (ContinuousClock.now - started) }
}

final class NoSummaries: SummaryStore {
    func save(_ summary: KeySummary) {}
    func remove(_ key: DeploymentKey) {}
}
