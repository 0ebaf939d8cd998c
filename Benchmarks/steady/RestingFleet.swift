import WaybillCore
import WaybillEngine

/// A core whose world does at once what it is told, in time of its own.
struct RestingFleet {
    let keys: [DeploymentKey]
    private(set) var looks = 0
    private(set) var acts = 0
    private var core: EngineCore
    private var now = Timestamp(milliseconds: 1_700_000_000_000)
    private var wakeAt: Timestamp?
    private var pending: [Effect] = []
    private var replicas: [DeploymentKey: [ReplicaID: ObservedReplica]] = [:]
    private var prepared: Set<Revision> = []
    private var rotations: [DeploymentKey: Set<ReplicaID>] = [:]
    private var decided = false
    private var commits: UInt64 = 0

    init(deployments: Int) {
        keys = (0..<deployments).compactMap { try? DeploymentKey(parsing: "production/model-\($0)") }
        core = EngineCore(facts: Facts(), seed: 1, now: now)
        let changed = keys.map { ($0, SimulatedDeployment(key: $0, setting: 1, replicas: 1).desired) }
        if let delta = delta(changed) { send(.desired(delta)) }
    }

    private mutating func delta(_ changed: [(DeploymentKey, DesiredDeployment)]) -> DesiredDelta? {
        commits += 1
        let text = String(commits, radix: 16)
        guard let commit = try? CommitID(parsing: String(repeating: "0", count: 40 - text.utf8.count) + text) else {
            return nil
        }
        return DesiredDelta(commit: commit, changed: Dictionary(changed, uniquingKeysWith: { first, _ in first }))
    }

    /// Until every deployment serves.
    mutating func settle() {
        while keys.contains(where: { core.summary(of: $0)?.conditions.isTrue(.ready) != true }) {
            rest(for: .seconds(60))
        }
    }

    /// Lets `time` pass.
    mutating func rest(for time: Duration) {
        let end = now + time
        carryOutAll()
        while let moment = wakeAt, moment <= end {
            now = max(now, moment)
            wakeAt = nil
            send(.wake)
            carryOutAll()
        }
        now = end
    }

    /// How long one deployment's change takes to be planned.
    mutating func change(_ index: Int) -> Duration {
        let key = keys[(index * 7919) % keys.count]
        guard let delta = delta([(key, SimulatedDeployment(key: key, setting: 2 + index, replicas: 1).desired)]) else {
            return .zero
        }
        decided = false
        let start = ContinuousClock.now
        send(.desired(delta))
        while !decided, !pending.isEmpty { carryOut(pending.removeFirst()) }
        let time = ContinuousClock.now - start
        rest(for: .seconds(60))
        return time
    }

    private mutating func send(_ event: EngineEvent) { pending += core.step(event, at: now) }

    private mutating func carryOutAll() {
        while !pending.isEmpty {
            let effects = pending
            pending = []
            for effect in effects { carryOut(effect) }
        }
    }

    private mutating func carryOut(_ effect: Effect) {
        switch effect {
        case .observe(let request):
            looks += 1
            send(.observed(request.id, request.key, .success(observation(of: request))))
        case .perform(let request):
            acts += 1
            apply(request)
            send(.performed(request.id, request.key, nil))
        case .collect(let request): send(.collected(request.id, nil))
        case .note(let event): decided = decided || event.type == .planDecided
        case .wake(let moment): wakeAt = moment
        case .record, .answer, .cancel, .summarise, .forgetKey, .reconsider, .parked: break
        }
    }

    private func observation(of request: ObserveRequest) -> Observation {
        Observation(
            replicas: (replicas[request.key] ?? [:]).values.map(\.self),
            preparations: Dictionary(
                request.specs.map { ($0.revision, prepared.contains($0.revision) ? .prepared : .missing) },
                uniquingKeysWith: { first, _ in first }),
            route: ObservedRoute(
                replicas: rotations[request.key] ?? [], hasRoute: rotations[request.key] != nil), time: now)
    }

    private mutating func apply(_ request: ActRequest) {
        switch request.action {
        case .prepare(let revision): prepared.insert(revision)
        case .validate: break
        case .startReplica(let id, let revision):
            guard let spec = request.spec else { return }
            replicas[request.key, default: [:]][id] = ObservedReplica(
                id: id, revision: revision, version: spec.version, phase: .ready, port: 9000, startedAt: now)
        case .stopReplica(let id):
            replicas[request.key]?[id]?.phase = .exited(ExitStatus(cause: .signal(15), at: now))
        case .forgetReplica(let id): replicas[request.key]?[id] = nil
        case .setRoute(let ids, _): rotations[request.key] = Set(ids)
        }
    }
}
