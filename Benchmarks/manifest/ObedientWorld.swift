import Synchronization
import WaybillCore

/// A target in memory that does at once what it is told.
final class ObedientTarget: Target {
    private struct State {
        var replicas: [DeploymentKey: [ReplicaID: ObservedReplica]] = [:]
        var prepared: Set<Revision> = []
    }

    private let state = Mutex(State())
    private let clock: any WallClock

    init(clock: any WallClock) { self.clock = clock }

    func knownKeys() async throws(Failure) -> Set<DeploymentKey> { [] }

    func observe(_ key: DeploymentKey, revisions: [RevisionSpec]) async throws(Failure) -> TargetObservation {
        state.withLock { state in
            TargetObservation(
                replicas: (state.replicas[key] ?? [:]).values.map(\.self),
                preparations: Dictionary(
                    revisions.map { ($0.revision, state.prepared.contains($0.revision) ? .prepared : .missing) },
                    uniquingKeysWith: { first, _ in first }))
        }
    }

    func prepare(_ spec: RevisionSpec, at commit: CommitID, ticket: Ticket) async throws(Failure) {
        state.withLock { _ = $0.prepared.insert(spec.revision) }
    }

    func start(_ id: ReplicaID, _ spec: RevisionSpec, ticket: Ticket) async throws(Failure) {
        let now = clock.now()
        state.withLock {
            $0.replicas[id.key, default: [:]][id] = ObservedReplica(
                id: id, revision: spec.revision, version: spec.version, phase: .ready,
                port: 9000 + Int(id.serial % 1000),
                startedAt: now)
        }
    }

    func stop(_ id: ReplicaID, ticket: Ticket) async throws(Failure) {
        let now = clock.now()
        state.withLock { $0.replicas[id.key]?[id]?.phase = .exited(ExitStatus(cause: .signal(15), at: now)) }
    }

    func forget(_ id: ReplicaID, ticket: Ticket) async throws(Failure) {
        state.withLock { $0.replicas[id.key]?[id] = nil }
    }

    func unneeded(keeping: [RevisionSpec]) async throws(Failure) -> [CachedItem] { [] }

    func collect(_ items: [CachedItem], ticket: Ticket) async throws(Failure) -> [CachedItem] { items }
}

/// A gateway that takes up each table at once.
final class ObedientGateway: GatewayControl {
    private let current = Mutex(GatewayStatus(generation: 0, pid: 1, address: "127.0.0.1:8080", build: "bench"))

    func status() async -> GatewayStatus? { current.withLock { $0 } }

    func counts(of key: DeploymentKey) async -> GatewayCounts? { nil }

    func publish(_ table: RouteTable, ticket: Ticket) async throws(Failure) {
        let rotation = Dictionary(
            table.routes.map { ("\($0.environment)/\($0.deployment)", $0.backends.map(\.replica)) },
            uniquingKeysWith: { first, _ in first })
        current.withLock { status in
            status.generation = table.generation
            status.rotation = rotation
        }
    }
}
