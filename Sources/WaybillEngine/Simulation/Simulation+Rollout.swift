import WaybillCore

// Revisions that earn their traffic by steps, and what must hold of them.
extension Simulation {
    /// A strategy by chance; where nothing is rolled out, no chance is taken.
    mutating func newRollout() -> ModelDeployment.Rollout {
        guard profile.hasRollouts else { return ModelDeployment.Rollout() }
        let kept: Duration = happens(0.3) ? .seconds(Int(between(1, 60))) : .zero
        let onFailure: ModelDeployment.Rollout.OnFailure = happens(0.7) ? .rollback : .pause
        let onInconclusive = ModelDeployment.Rollout.OnInconclusive.allCases[Int(between(0, 2))]
        switch between(0, 9) {
        case 0, 1: return ModelDeployment.Rollout()
        case 2, 3:
            return .init(
                strategy: .blueGreen, steps: happens(0.5) ? [newPause()] : [], onFailure: onFailure, keepOld: kept)
        case _:
            let weights = (1...99).filter { _ in happens(0.03) } + [100]
            let steps = weights.flatMap { $0 < 100 && happens(0.7) ? [.weight($0), newHold()] : [.weight($0)] }
            return .init(
                strategy: .canary, steps: steps, onFailure: onFailure, keepOld: kept, onInconclusive: onInconclusive)
        }
    }

    private mutating func newHold() -> RolloutStep { happens(0.5) ? newAnalysis() : newPause() }

    private mutating func newPause() -> RolloutStep {
        happens(0.2) ? .pauseUntilResumed : .pause(.seconds(Int(between(1, 60))))
    }

    func isStable(_ revision: Revision, of key: DeploymentKey) -> Bool {
        ledger.facts.keys[key]?.rollout.map { $0.isLive && $0.stable == revision } ?? false
    }

    func isTakenBack(_ key: DeploymentKey) -> Bool { ledger.facts.keys[key]?.rollout?.isTakenBack ?? false }

    mutating func checkRollouts(_ core: EngineCore) {
        for (key, known) in core.facts.keys {
            for found in known.rollout?.violations ?? [] { violation("\(key): \(found)") }
        }
    }

    /// When the core asks for an act: later, a person may have said otherwise.
    mutating func check(asks request: ActRequest) {
        guard let core, let known = core.facts.keys[request.key], let desired = core.desired(of: request.key) else {
            return
        }
        let isFailed =
            known.takenBack[desired.rendering.digest.description] != nil && core.states[request.key]?.asked == nil
            && desired.replicas > 0
        switch request.action {
        case .startReplica(let id, let revision):
            if isFailed && revision == desired.revision && revision.short != known.lastServed {
                violation("\(id) is started though its revision was taken back")
            }
        case .setRoute(let ids, let shares):
            if isFailed, ids.contains(where: { $0.revisionShort == desired.revision.short }) {
                violation("\(request.key) is routed to revision \(desired.revision.short), which was taken back")
            }
            check(shares, of: ids, request.key)
            checkWeight(ids, shares, known, desired)
        case .stopReplica(let id): checkUntouched(id, known, core)
        case .prepare, .validate, .forgetReplica: break
        }
    }

    /// Weights sum to 100 over revisions with a ready replica in the rotation.
    private mutating func check(_ shares: [TrafficShare], of ids: [ReplicaID], _ key: DeploymentKey) {
        let named = Set(ids.map(\.revisionShort))
        if shares.isEmpty {
            let isTaken = ledger.facts.keys[key]?.rollout?.isLive ?? false
            if named.count > 1 && isTaken { violation("\(key) is routed to \(named.count) revisions without shares") }
            return
        }
        if shares.reduce(0, { $0 + $1.weight }) != 100 || shares.contains(where: { $0.weight <= 0 }) {
            violation("\(key) is split by \(shares.map(\.description))")
        }
        if named != Set(shares.map(\.revision.short)) {
            violation("\(key) has shares of other revisions than it is routed to")
        }
        let alive = Set(
            (checks.lastSeen[key]?.replicas ?? []).filter { $0.phase == .ready || $0.phase == .unready }.map(\.id))
        for share in shares
        where !ids.contains(where: { $0.revisionShort == share.revision.short && alive.contains($0) }) {
            violation("\(key) gives \(share) though no replica of it is ready")
        }
    }

    /// Nobody gets more than was decided, unless nothing else can answer.
    private mutating func checkWeight(
        _ ids: [ReplicaID], _ shares: [TrafficShare], _ known: KeyFacts, _ desired: DesiredDeployment
    ) {
        guard let rollout = known.rollout, rollout.isLive, rollout.revision == desired.revision,
            let key = ids.first?.key,
            ids.contains(where: { $0.revisionShort == rollout.revision.short })
        else { return }
        let share = shares.first { $0.revision == rollout.revision }?.weight
        if let share {
            if share != rollout.weight { violation("\(key) gives \(share) % where \(rollout.weight) % were decided") }
            return
        }
        let seen = checks.lastSeen[key]?.replicas ?? []
        let stable = seen.contains {
            $0.revision == rollout.stable && $0.phase == .ready && !known.crashed.contains($0.id)
        }
        // What answers everything goes on when a rollout begins anew and nothing else can.
        let goesOn = Set(ids).isSubset(of: checks.lastSeen[key]?.route.replicas ?? [])
        if (rollout.weight == 0 && !goesOn) || (rollout.weight < 100 && stable) {
            violation("\(key) gives all traffic to a revision that has earned \(rollout.weight) %")
        }
    }

    /// What serves is whole until the new revision has done all its steps.
    private mutating func checkUntouched(_ id: ReplicaID, _ known: KeyFacts, _ core: EngineCore) {
        guard let rollout = core.rollout(of: id.key), rollout.stable?.short == id.revisionShort,
            let standIn = core.states[id.key]?.standIn, standIn.revision == rollout.stable,
            let seen = checks.lastSeen[id.key], let replica = seen.replicas.first(where: { $0.id == id })
        else { return }
        let isSound = replica.failure == nil && replica.drift == nil && !known.crashed.contains(id)
        let count = seen.replicas.count { $0.revision == rollout.stable && $0.isAlive && $0.phase != .stopping }
        if isSound && id.serial >= known.replaceSerialsBelow && count <= standIn.replicas {
            violation("\(id) is stopped while \(rollout.revision.short) has not done its steps")
        }
    }
}
