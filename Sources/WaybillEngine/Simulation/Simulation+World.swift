import WaybillCore

// What acts do to the world, and what the world does by itself.
extension Simulation {
    mutating func apply(_ request: ActRequest) {
        report.acts += 1
        check(act: request)
        switch request.action {
        case .prepare(let revision): world.preparations[request.key, default: [:]][revision] = .prepared
        case .validate: validate(request)
        case .startReplica(let id, let revision): startReplica(id, revision, request)
        case .stopReplica(let id): stopReplica(id)
        case .setRoute(let ids, let shares):
            world.table[request.key] = ids.isEmpty && request.spec == nil ? nil : ids
            world.shares[request.key] = shares
            later(.tableTaken, 1, 1000)
        case .forgetReplica(let id): world.replicas[id] = nil
        }
    }

    private mutating func startReplica(_ id: ReplicaID, _ revision: Revision, _ request: ActRequest) {
        guard world.replicas[id] == nil, let spec = request.spec else { return }
        world.everStarted.insert(id)
        world.replicas[id] = SimulatedWorld.Replica(
            revision: revision, version: spec.version, phase: .starting, startedAt: wall)
        if profile.hasBadRevision, spec.command.last?.hasSuffix("9") == true {
            later(.crashes(id), 100, 5000)
        } else {
            later(.ready(id), 500, 15_000)
        }
    }

    /// Gates find the same each time, unless measuring fails.
    private mutating func validate(_ request: ActRequest) {
        guard let question = request.question else { return violation("\(request.action) asks nothing") }
        guard let deployment = fleet.deployment(question) else {
            return violation("\(request.action) asks what no commit does")
        }
        let isBroken = profile.effectsFail && !isQuiet && happens(0.15)
        flights[request.id]?.answer = deployment.answer(isBroken ? .errored : deployment.verdict)
    }

    private mutating func stopReplica(_ id: ReplicaID) {
        guard let replica = world.replicas[id] else { return }
        if case .exited = replica.phase { return }
        world.replicas[id]?.phase = .stopping
        later(.ended(id), 100, 10_000)
    }

    mutating func becomeReady(_ id: ReplicaID) {
        guard let phase = world.replicas[id]?.phase, phase == .starting || phase == .unready else { return }
        world.replicas[id]?.phase = .ready
        trace("world: \(id) is ready")
        notice(id.key)
    }

    mutating func end(_ id: ReplicaID, _ cause: ExitStatus.Cause) {
        guard let replica = world.replicas[id] else { return }
        if case .exited = replica.phase { return }
        let status = ExitStatus(cause: cause, at: wall, lastLines: ["the end"])
        world.replicas[id]?.phase = .exited(status)
        world.outstanding[id] = nil
        trace("world: \(id) ended")
        notice(id.key)
    }

    mutating func takeTable() {
        countAnswers()
        guard world.isGatewayRunning else { return }
        let before = Set(world.inForce.values.joined())
        let after = Set(world.table.values.joined())
        let keys = Set(world.inForce.keys).union(world.table.keys).filter { world.inForce[$0] != world.table[$0] }
        world.inForce = world.table
        let moved = Set(world.shares.keys).filter { world.shares[$0] != world.sharesInForce[$0] }
        world.sharesInForce = world.shares
        for id in before.subtracting(after).sorted() where world.isReady(id) {
            world.leftRotationAt[id] = time
            world.outstanding[id] = Int(between(0, 3))
            later(.requestsEnd(id), 0, 25_000)
        }
        for id in after { world.leftRotationAt[id] = nil }
        for key in moved.subtracting(keys).sorted() {
            trace("world: the gateway splits \(key) by \((world.shares[key] ?? []).map(\.description))")
            notice(key)
        }
        for key in keys.sorted() {
            trace("world: the gateway routes \(key) to \((world.inForce[key] ?? []).map(\.description))")
            notice(key)
        }
    }

    mutating func startGateway() {
        guard !world.isGatewayRunning else { return }
        world.isGatewayRunning = true
        world.inForce = [:]
        world.counts.beginAnew(at: time)
        trace("world: the gateway is back")
        takeTable()
        send(.resync)
        send(.gatewayBack(found: "it answers"))
    }

    /// Tells the core that something of `key` changed, if that is not lost; sometimes twice.
    mutating func notice(_ key: DeploymentKey) {
        if profile.triggersAreLost && !isQuiet && happens(0.4) { return }
        send(.replicaChanged(key))
        if profile.triggersAreLost && happens(0.1) { send(.replicaChanged(key)) }
    }
}
