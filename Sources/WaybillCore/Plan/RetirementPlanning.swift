/// The way out of rotation and off the machine, the same for every replica that is to go.
struct RetirementPlanning {
    let observed: Observation
    let context: PlanContext
    let drain: Duration
    /// The rotation that should be in force now.
    let rotation: Set<ReplicaID>
    /// The shares that should be in force with it.
    let shares: [TrafficShare]
    private(set) var wakeAt: Timestamp?

    init(
        observed: Observation, context: PlanContext, drain: Duration, rotation: Set<ReplicaID>,
        shares: [TrafficShare] = []
    ) {
        self.shares = shares
        self.observed = observed
        self.context = context
        self.drain = drain
        self.rotation = rotation
    }

    /// Every replica that a table in force may name.
    var mayBeRouted: Set<ReplicaID> { observed.route.replicas.union(context.lastRotation ?? []) }

    /// Stops `replica` once it has drained; `keptFor` says what it must still serve for, if anything.
    mutating func stop(_ replica: ObservedReplica, reason: String, keptFor: String? = nil) -> PlannedAction {
        PlannedAction(.stopReplica(replica.id), reason: reason, waitsFor: keptFor ?? drainWait(replica.id))
    }

    /// Stops a replica whose requests are not worth waiting for, once no table names it.
    func stopAtOnce(_ replica: ObservedReplica, reason: String) -> PlannedAction {
        PlannedAction(.stopReplica(replica.id), reason: reason, waitsFor: rotationWait(replica.id))
    }

    private mutating func drainWait(_ id: ReplicaID) -> String? {
        if let wait = rotationWait(id) { return wait }
        let inFlight = observed.route.outstanding[id] ?? 0
        guard inFlight > 0 else { return nil }
        guard let since = observed.route.changedAt else { return "\(inFlight) requests in flight to end" }
        let bound = since + drain
        guard context.now < bound else { return nil }
        wakeAt = [wakeAt, bound].compactMap { $0 }.min()
        return "\(inFlight) request\(inFlight == 1 ? "" : "s") in flight to end, at most \(drain.words)"
    }

    /// What keeps `id` reachable for traffic; nil when no table that may be in force names it.
    private func rotationWait(_ id: ReplicaID) -> String? {
        if !observed.route.isGatewayRunning { return "the gateway to say what it routes" }
        if mayBeRouted.contains(id) { return "the gateway to take it out of rotation" }
        return nil
    }

    /// Forgets what has ended, and shows that what stops will be forgotten.
    func forget(stopped: [ObservedReplica], except kept: ReplicaID? = nil) -> [PlannedAction] {
        let ended = observed.replicas.compactMap { replica -> PlannedAction? in
            guard let status = replica.exit, replica.id != kept else { return nil }
            return PlannedAction(
                .forgetReplica(replica.id), reason: "it \(status)", waitsFor: rotationWait(replica.id))
        }
        let ending = observed.replicas.filter { $0.phase == .stopping || stopped.contains($0) }.map { replica in
            PlannedAction(.forgetReplica(replica.id), reason: "it was told to stop", waitsFor: "it to end")
        }
        return (ended + ending).sorted(by: Self.byReplica)
    }

    /// Sets the rotation, when what is or may be in force differs from it.
    mutating func setRotation(reason: String) -> PlannedAction? {
        let route = observed.route
        if let last = context.lastRotation, last != rotation || context.lastShares != shares {
            return set(reason, isPublished: false)
        }
        if !route.isGatewayRunning && (context.lastRotation != nil || rotation.isEmpty) { return nil }
        if route.isGatewayRunning && route.replicas == rotation { return nil }
        return set(reason, isPublished: context.lastRotation != nil)
    }

    /// Sets what is recorded, when the published table says something else.
    mutating func setRecording(to wanted: RecordingPolicy) -> PlannedAction? {
        guard observed.route.hasRoute, let published = observed.route.recording, published != wanted else { return nil }
        return set("what is recorded of its predictions changes", isPublished: false)
    }

    private mutating func set(_ reason: String, isPublished: Bool) -> PlannedAction {
        PlannedAction(.setRoute(rotation.sorted(), shares: shares), reason: reason, waitsFor: publishWait(isPublished))
    }

    /// Takes a route away that names no replica any more.
    mutating func removeRoute(reason: String) -> PlannedAction? {
        if let set = setRotation(reason: reason) { return set }
        guard observed.route.isGatewayRunning, observed.route.hasRoute else { return nil }
        return set(reason, isPublished: context.lastRotation != nil)
    }

    private mutating func publishWait(_ isPublished: Bool) -> String? {
        guard observed.route.isGatewayRunning else { return "the gateway to answer" }
        guard isPublished, let since = observed.route.changedAt,
            context.now < since + Planner.routeGrace
        else { return nil }
        wakeAt = [wakeAt, since + Planner.routeGrace].compactMap { $0 }.min()
        return "the gateway to take up the published table"
    }

    private static func byReplica(_ left: PlannedAction, _ right: PlannedAction) -> Bool {
        guard case .forgetReplica(let left) = left.action, case .forgetReplica(let right) = right.action else {
            return false
        }
        return left < right
    }
}

extension Duration {
    /// For people: `30 s`, `5 min`, `250 ms`.
    package var words: String {
        let total = milliseconds
        if total >= 60_000, total % 60_000 == 0 { return "\(total / 60_000) min" }
        if total >= 1000 { return total % 1000 == 0 ? "\(total / 1000) s" : "\(Double(total / 100) / 10) s" }
        return "\(total) ms"
    }
}
