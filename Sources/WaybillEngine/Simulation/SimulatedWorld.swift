import WaybillCore

/// The target and the gateway of a simulation: what is, not what was asked.
struct SimulatedWorld: Sendable {
    struct Replica: Sendable {
        var revision: Revision
        var version: VersionID
        var phase: ObservedReplica.Phase
        var startedAt: Timestamp
        var drift: String?
    }

    var replicas: [ReplicaID: Replica] = [:]
    /// Every number that was ever given to a replica.
    var everStarted: Set<ReplicaID> = []
    /// The highest number of a replica that nothing here started.
    var highestRogue: UInt64 = 0
    var preparations: [DeploymentKey: [Revision: Preparation]] = [:]
    /// The table as published; a key without replicas answers 503.
    var table: [DeploymentKey: [ReplicaID]] = [:]
    /// The shares published and taken up with it.
    var shares: [DeploymentKey: [TrafficShare]] = [:]
    var sharesInForce: [DeploymentKey: [TrafficShare]] = [:]
    /// The table that the gateway has taken up.
    var inForce: [DeploymentKey: [ReplicaID]] = [:]
    var isGatewayRunning = true
    var counts = SimulatedCounts()
    var outstanding: [ReplicaID: Int] = [:]
    /// When a replica left the rotation in force, in the simulation's true time.
    var leftRotationAt: [ReplicaID: Int64] = [:]

    var knownKeys: Set<DeploymentKey> { Set(replicas.keys.map(\.key)).union(table.keys) }

    func isReady(_ id: ReplicaID) -> Bool { replicas[id]?.phase == .ready }
    func isServing(_ key: DeploymentKey) -> Bool { (inForce[key] ?? []).contains(where: isReady) }

    func observe(_ key: DeploymentKey, specs: [RevisionSpec], at time: Timestamp) -> Observation {
        let found = replicas.filter { $0.key.key == key }.map { id, replica in
            ObservedReplica(
                id: id, revision: replica.revision, version: replica.version, phase: replica.phase, port: 9000,
                startedAt: replica.startedAt, drift: replica.drift)
        }
        var prepared: [Revision: Preparation] = [:]
        for spec in specs { prepared[spec.revision] = preparations[key]?[spec.revision] ?? .missing }
        let flying = outstanding.filter { $0.key.key == key && $0.value > 0 }
        let route =
            isGatewayRunning
            ? ObservedRoute(
                replicas: Set(inForce[key] ?? []), outstanding: flying, hasRoute: inForce[key] != nil,
                isCurrent: table[key] == inForce[key] && shares[key] == sharesInForce[key])
            : ObservedRoute(isGatewayRunning: false)
        return Observation(
            replicas: found.sorted { $0.id < $1.id }, preparations: prepared, route: route, time: time)
    }
}

/// The ledger of a simulation: durable across crashes, sometimes not there.
struct SimulatedLedger: Sendable {
    private(set) var entries: [Event] = []
    /// The fold over all entries.
    private(set) var facts = Facts()
    var isAvailable = true

    /// Nil when it takes nothing.
    mutating func append(_ event: Event) -> LedgerIndex? {
        guard isAvailable else { return nil }
        entries.append(event)
        let index = LedgerIndex(entries.count - 1)
        facts.fold(index, event)
        return index
    }

    /// Whether an earlier intent named replicas of `revision` as rotation since another one was.
    func hasRouted(_ key: DeploymentKey, _ revision: Revision, before index: LedgerIndex) -> Bool {
        let last = entries.prefix(Int(index)).last { event in
            event.type == .routesChanged && event.phase == .intent && event.subject == key.description
        }
        return last?.body["revision"]?.string == revision.description
    }

    /// Intents with neither outcome nor reconciliation, in words.
    var unfinished: [String] {
        facts.dangling.sorted { $0.key < $1.key }.map { "intent \($0.key) (\($0.value.type.rawValue)) has no outcome" }
    }
}
