import WaybillCore

/// What the invariants of a simulation remember.
struct SimulationChecks: Sendable {
    /// Deployments that a fault of the world has touched and that have not wholly come right since: a gap in serving of any
    /// other is the controller's doing.
    var harmed: Set<DeploymentKey> = []
    /// The last observation that reached the core.
    var lastSeen: [DeploymentKey: Observation] = [:]
    /// Deployments that were said to be ready since they are desired.
    var ready: Set<DeploymentKey> = []
    /// Revisions that a plan asked for, the newest last.
    var planned: [DeploymentKey: [String]] = [:]
    /// Revisions in the last published rotation that named any.
    var lastRouted: [DeploymentKey: Set<String>] = [:]
    /// Commands that were answered with a failure.
    var refused: Set<UInt64> = []
    /// The core was told that the ledger is gone.
    var toldLedgerIsLost = false

    /// A new life of the controller.
    mutating func begin() {
        lastSeen = [:]
        toldLedgerIsLost = false
    }

    mutating func hear(_ event: EngineEvent) {
        if case .ledgerLost = event { toldLedgerIsLost = true }
        if case .ledgerBack = event { toldLedgerIsLost = false }
    }

    mutating func hear(_ answer: Result<String, Failure>, to command: UInt64) {
        if case .failure = answer { refused.insert(command) }
    }
}

extension Simulation {
    mutating func check(begins id: EffectID, _ key: DeploymentKey) {
        for (other, flight) in flights where (flight.observe?.key ?? flight.act?.key) == key {
            violation("\(key) is worked on twice at once, by \(other) and \(id)")
        }
        let quick = flights.values.count { flight in
            !(flight.act?.action.isPreparation ?? false)
        }
        if quick > policy.workers { violation("\(quick) effects are under way, \(policy.workers) are allowed") }
    }

    mutating func check(note: Event) {
        if !note.undeclaredMembers.isEmpty { violation("\(note.type.rawValue) has \(note.undeclaredMembers)") }
        checkAnalysis(note)
        guard note.type == .planDecided, let key = try? DeploymentKey(parsing: note.subject),
            let to = note.body["to"]?.string
        else { return }
        checkFreeze(note, key, to)
        checks.planned[key, default: []].append(to)
    }

    mutating func check(summary: KeySummary) {
        for found in summary.conditions.violations { violation("\(summary.key): \(found)") }
        if summary.conditions.isTrue(.ready), summary.wantedReplicas > 0, isWanted(summary.key) {
            checks.ready.insert(summary.key)
        }
    }

    func isWanted(_ key: DeploymentKey) -> Bool {
        (accepted.flatMap { fleet.states[$0] }?.deployments[key]?.replicas ?? 0) > 0
    }

    /// Once a deployment is ready, it serves for as long as it is wanted.
    mutating func checkServing() {
        for key in checks.harmed.sorted() where isWhole(key) { checks.harmed.remove(key) }
        for key in checks.ready.sorted() {
            if !isWanted(key) {
                checks.ready.remove(key)
            } else if !checks.harmed.contains(key) && !world.isServing(key) {
                violation("\(key) does not serve though it was ready and nothing failed but the controller")
            }
        }
    }

    /// Nothing is left of what harmed it: what runs is what the head in force asks for, ready, sound and in rotation.
    private func isWhole(_ key: DeploymentKey) -> Bool {
        guard world.isGatewayRunning, let core, let plan = core.plan(of: key), plan.isEmpty,
            let wanted = accepted.flatMap({ fleet.states[$0] })?.deployments[key]?.desired
        else { return false }
        let all = world.replicas.filter { $0.key.key == key }
        return all.count == wanted.replicas && Set(world.inForce[key] ?? []) == Set(all.keys)
            && world.preparations[key]?[wanted.revision] == .prepared
            && all.values.allSatisfy { $0.revision == wanted.revision && $0.phase == .ready && $0.drift == nil }
    }

    /// A due deployment waits at most for those before it, each of which is cut short at its deadline.
    mutating func checkStarvation() {
        guard !profile.clockJumps, let core, !core.isStopping else { return }
        let bound = policy.quickDeadline * Double(keys.count) + .seconds(5)
        for key in keys where core.inFlight[key] == nil {
            guard let due = core.queue.time(of: key) else { continue }
            let waited = wall - core.clock.wall(due)
            if waited > bound { violation("\(key) has been due for \(waited.milliseconds) ms") }
        }
    }

    mutating func check(act request: ActRequest) {
        switch request.action {
        case .prepare, .validate: break
        case .startReplica(let id, let revision): checkStart(id, revision, request)
        case .stopReplica(let id): checkStop(id)
        case .setRoute(let ids, _): checkRoute(ids, request)
        case .forgetReplica(let id): checkForget(id)
        }
    }

    private mutating func checkStart(_ id: ReplicaID, _ revision: Revision, _ request: ActRequest) {
        checkAdmission(id, revision, request)
        checkNumber(id, revision, request)
    }

    private mutating func checkNumber(_ id: ReplicaID, _ revision: Revision, _ request: ActRequest) {
        if world.everStarted.contains(where: { $0.serial == id.serial && $0 != id }) {
            violation("\(id) has a number that another replica had")
        }
        let isStandIn =
            checks.lastRouted[request.key, default: []].contains(revision.short)
            || isStable(revision, of: request.key)
        if checks.planned[request.key]?.last != revision.description && !isStandIn {
            violation("\(id) is started though the last plan asks for another revision")
        }
        if world.everStarted.contains(id) && world.replicas[id] == nil && !profile.replicasFail {
            violation("\(id) is started again though its number was used")
        }
        if world.preparations[request.key]?[revision] != .prepared && !profile.replicasFail {
            violation("\(id) is started though its revision is not prepared")
        }
    }

    private mutating func checkStop(_ id: ReplicaID) {
        if (world.table[id.key] ?? []).contains(id) || (world.inForce[id.key] ?? []).contains(id) {
            violation("\(id) is stopped while a table names it")
        }
        // Requests to what a probe condemned are not waited for.
        if checks.lastSeen[id.key]?.replicas.contains(where: { $0.id == id && isCondemned($0) }) ?? false { return }
        guard (world.outstanding[id] ?? 0) > 0, !profile.clockJumps, let since = world.leftRotationAt[id] else {
            return
        }
        if time - since < 10_000 { violation("\(id) is stopped with requests in flight after \(time - since) ms") }
    }

    private mutating func checkForget(_ id: ReplicaID) {
        if (world.table[id.key] ?? []).contains(id) || (world.inForce[id.key] ?? []).contains(id) {
            violation("\(id) is forgotten while a table names it")
        }
        guard let replica = world.replicas[id] else { return }
        if case .exited = replica.phase { return }
        violation("\(id) is forgotten while it runs")
    }

    private mutating func checkRoute(_ ids: [ReplicaID], _ request: ActRequest) {
        let revisions = Set(ids.map(\.revisionShort))
        let allowed = checks.lastRouted[request.key, default: []]
            .union((checks.planned[request.key] ?? []).suffix(1).map { String($0.dropFirst(7).prefix(12)) })
            .union((checks.lastSeen[request.key]?.route.replicas ?? []).map(\.revisionShort))
            .union([ledger.facts.keys[request.key]?.rollout?.stable?.short].compactMap(\.self))
        if !revisions.isSubset(of: allowed) {
            violation("\(request.key) is routed to a revision that no plan asks for")
        }
        // Until its success is known, what was routed before may be routed again.
        checks.lastRouted[request.key, default: []].formUnion(revisions)
        guard request.spec != nil, let seen = checks.lastSeen[request.key] else { return }
        checkCapacity(ids, request, seen)
        let ready = Set(seen.replicas.filter { $0.phase == .ready }.map(\.id))
        let isWanted = flights[request.id]?.wasWanted ?? true
        if isWanted && flights[request.id]?.wasTakenBack != true && !ready.isDisjoint(with: seen.route.replicas)
            && ready.isDisjoint(with: ids)
        {
            violation("\(request.key) loses its last ready replica to a new rotation")
        }
        for id in ids where !seen.replicas.contains(where: { $0.id == id && $0.isAlive }) {
            violation("\(request.key) is routed to \(id), which was not there")
        }
    }

    /// A new revision takes over with as many replicas as served, or as are asked for; and nobody leaves for nothing.
    private mutating func checkCapacity(_ ids: [ReplicaID], _ request: ActRequest, _ seen: Observation) {
        guard let flight = flights[request.id], flight.wasWanted, !flight.wasTakenBack else { return }
        let routed = seen.replicas.filter {
            seen.route.replicas.contains($0.id) && $0.isAlive && $0.phase != .stopping && !isCondemned($0)
        }
        if ids.isEmpty && !routed.isEmpty && !flight.hasSwitched {
            violation("\(request.key) loses its last replica to no rotation")
        }
        // What serves beside a rollout has its own number; what git left behind, or has not earned it, does not raise that.
        if let rollout = ledger.facts.keys[request.key]?.rollout, rollout.status != .finished,
            ids.allSatisfy({ $0.revisionShort == rollout.stable?.short })
        {
            return
        }
        let old = routed.filter { $0.phase == .ready && !ids.map(\.revisionShort).contains($0.revision.short) }
        if !flight.hasSwitched && ids.count < min(flight.wantedCount, old.count) {
            violation("\(request.key) has \(ids.count) replicas take over from \(old.count)")
        }
    }

    /// A verdict that is in the ledger counts until the replica is ready again.
    private func isCondemned(_ replica: ObservedReplica) -> Bool {
        let isKnown = ledger.facts.keys[replica.id.key]?.replicas[replica.id]?.failure != nil
        return replica.failure != nil || (isKnown && replica.phase != .ready)
    }

    /// Nothing is taken away under a preparation or a start.
    mutating func check(collected request: CollectRequest) {
        for (id, flight) in flights where flight.act?.action.needsFiles ?? false {
            violation("files are removed while \(id) puts some in place or begins to use them")
        }
    }

    mutating func check(succeeded request: ActRequest) {
        guard case .setRoute(let ids, _) = request.action, !ids.isEmpty else { return }
        checks.lastRouted[request.key] = Set(ids.map(\.revisionShort))
    }

    // MARK: The end

    mutating func checkEnd() {
        guard let core else { return violation("no controller runs at the end") }
        if accepted != fleet.head { violation("the last commit is not accepted though an operator accepted it") }
        checkRefusals()
        for key in keys { checkEnd(key, core) }
        for text in ledger.unfinished { violation(text) }
        checkFacts(core)
        if core.busyBuilders > 0 { violation("a preparation is under way an hour after the last fault") }
    }

    private mutating func checkEnd(_ key: DeploymentKey, _ core: EngineCore) {
        let alive = world.replicas.filter { $0.key.key == key }
        if let plan = core.plan(of: key), !plan.isEmpty {
            violation("\(key) has not converged: \(plan.actions.map { "\($0.action) \($0.waitsFor ?? "now")" })")
        }
        guard let wanted = fleet.headState.deployments[key]?.desired else {
            let isOrphaned = core.facts.keys[key]?.isOrphaned == true
            if !isOrphaned && (!alive.isEmpty || world.table[key] != nil) && !fleet.headState.broken.contains(key) {
                violation("\(key) is not wanted, yet \(alive.count) replicas are left of it")
            }
            return
        }
        let right = alive.filter { $0.value.revision == wanted.revision && $0.value.phase == .ready }
        if right.count != wanted.replicas || alive.count != wanted.replicas {
            violation("\(key) has \(alive.count) replicas, \(right.count) right ones; \(wanted.replicas) are wanted")
        }
        if Set(world.inForce[key] ?? []) != Set(right.keys) { violation("\(key) is not routed to its replicas") }
        if core.summary(of: key)?.conditions.isTrue(.ready) != true {
            violation(
                "\(key) serves as wanted but is not Ready: \(core.summary(of: key)?.conditions[.ready]?.message ?? "")")
        }
    }

    /// What the core remembers is what a restart would find.
    private mutating func checkFacts(_ core: EngineCore) {
        guard !profile.ledgerFails else { return }
        let found = ledger.facts
        for key in Set(found.keys.keys).union(core.facts.keys.keys).sorted()
        where found.keys[key] != core.facts.keys[key] {
            violation(
                "the ledger says of \(key): \(String(describing: found.keys[key])), "
                    + "the core remembers: \(String(describing: core.facts.keys[key]))")
        }
    }
}
