/// Plans for two revisions of which one earns the other's traffic: each is planned for as if it were alone, and the rotation joins
/// them by their shares.
struct RolloutPlanning {
    let desired: DesiredDeployment
    let observed: Observation
    let context: PlanContext
    let rollout: RolloutView

    mutating func plan() -> KeyPlan {
        let stable = stablePlan()
        // At 100 the old revision leaves, and at any share while none of it is ready: what answers goes before what is earned.
        let ready = Set(observed.replicas.filter { $0.phase == .ready }.map(\.id))
        let isAlone = stable.rotation.allSatisfy { !ready.contains($0) }
        let candidate = candidatePlan(after: stable.plan.serialsUsed, isAlone: isAlone)
        let hasAll =
            !candidate.rotation.isEmpty && (rollout.weight >= 100 || isAlone)
        let rotation = (hasAll ? [] : stable.rotation) + candidate.rotation
        let shares = hasAll ? [] : shares(stable.rotation, candidate.rotation)
        var retirement = RetirementPlanning(
            observed: observed, context: context, drain: desired.drain, rotation: Set(rotation), shares: shares)
        let now =
            retirement.setRotation(reason: rollout.words) ?? retirement.setRecording(to: desired.recording)
        var plan = candidate.plan
        plan.from = rollout.stableRevision ?? plan.from
        plan.actions = [now].compactMap(\.self) + stable.plan.actions.filter(\.isOfOnePart)
        plan.actions += candidate.plan.actions.filter(\.isOfOnePart)
        plan.actions += ahead(stable.rotation, candidate.plan)
        plan.drift = drift(stable.plan, candidate.plan)
        plan.isGoalServed = false
        plan.serialsUsed += stable.plan.serialsUsed
        plan.wakeAt = [stable.plan.wakeAt, candidate.plan.wakeAt, retirement.wakeAt].compactMap(\.self).min()
        return plan
    }

    private typealias Part = (plan: KeyPlan, rotation: [ReplicaID])

    /// Everything but the new revision, as if nothing new were asked for.
    private func stablePlan() -> Part {
        let mine = { (id: ReplicaID) in id.revisionShort != desired.revision.short }
        let seen = observed.only(mine)
        guard let old = rollout.stable else {
            return (KeyPlan(key: desired.key, goal: .absent), leftAsItIs(seen.replicas))
        }
        var its = context.only(mine, of: old.revision, isDesired: false)
        its.isAdmitted = true
        var planning = ServePlanning(desired: old, observed: seen, context: its)
        return (planning.plan(), planning.rotation)
    }

    /// Of what cannot be planned for: the ready replicas of what served, or else whatever of the published rotation is there.
    private func leftAsItIs(_ replicas: [ObservedReplica]) -> [ReplicaID] {
        let published = context.lastRotation ?? observed.route.replicas
        let sound = replicas.filter { $0.isAlive && $0.phase != .stopping && $0.failure == nil }
        let ready = sound.filter { $0.phase == .ready }
        let choices = [
            ready.filter { $0.revision == rollout.stableRevision }, ready.filter { published.contains($0.id) },
            sound.filter { published.contains($0.id) },
        ]
        return (choices.first { !$0.isEmpty } ?? []).map(\.id).sorted()
    }

    /// The new revision alone. Taken back, it is to have no replica.
    ///
    /// - Parameter isAlone: nothing else is ready.
    private func candidatePlan(after serials: Int, isAlone: Bool) -> Part {
        let mine = { (id: ReplicaID) in id.revisionShort == desired.revision.short }
        var its = context.only(mine, of: desired.revision, isDesired: true)
        its.reservedSerials = Array(context.reservedSerials.dropFirst(serials))
        its.nextSerial += UInt64(max(0, serials - context.reservedSerials.count))
        var goal = desired
        if rollout.isTakenBack { goal.replicas = 0 }
        let seen = observed.only(mine)
        var planning = ServePlanning(desired: goal, observed: seen, context: its)
        var plan = planning.plan()
        plan.goal = .serve(desired.revision, replicas: desired.replicas)
        if rollout.isTakenBack { plan.actions = plan.actions.map(takenBack) }
        let ready = Set(seen.replicas.filter { $0.phase == .ready }.map(\.id))
        return (plan, planning.rotation.filter { ready.contains($0) && mayServe($0, isAlone: isAlone) })
    }

    /// With a share it serves. Without one only what answers everything already, and until something else can: a person who lets a rollout
    /// begin again asks for no gap.
    private func mayServe(_ id: ReplicaID, isAlone: Bool) -> Bool {
        rollout.weight > 0 || (isAlone && !rollout.isTakenBack && observed.route.replicas.contains(id))
    }

    private func takenBack(_ planned: PlannedAction) -> PlannedAction {
        guard case .stopReplica = planned.action else { return planned }
        var planned = planned
        planned.reason = "revision \(desired.revision.short) was taken back: \(rollout.words)"
        return planned
    }

    private func shares(_ stable: [ReplicaID], _ candidate: [ReplicaID]) -> [TrafficShare] {
        guard !stable.isEmpty, !candidate.isEmpty, let old = revision(of: stable) else { return [] }
        return [TrafficShare(old, 100 - rollout.weight), TrafficShare(desired.revision, rollout.weight)]
    }

    private func revision(of ids: [ReplicaID]) -> Revision? {
        observed.replicas.filter { ids.contains($0.id) }.map(\.revision).min()
    }

    /// The next share, and the end of what serves: shown, not done yet.
    private func ahead(_ stable: [ReplicaID], _ candidate: KeyPlan) -> [PlannedAction] {
        guard !rollout.isTakenBack else { return [] }
        let starts = candidate.actions.compactMap { planned -> ReplicaID? in
            if case .startReplica(let id, _) = planned.action { id } else { nil }
        }
        let running = observed.replicas.filter {
            $0.revision == desired.revision && $0.isAlive && $0.phase != .stopping && $0.failure == nil
        }
        let new = (running.map(\.id) + starts).sorted()
        var planned: [PlannedAction] = []
        if let next = rollout.next, !new.isEmpty, next.weight > 0 {
            let old = next.weight >= 100 ? nil : rollout.stableRevision
            let shares = old.map {
                [TrafficShare($0, 100 - next.weight), TrafficShare(desired.revision, next.weight)]
            }
            planned.append(
                PlannedAction(
                    .setRoute(((old == nil ? [] : stable) + new).sorted(), shares: shares ?? []),
                    reason: "\(next.weight) % of the traffic for \(desired.spec.version)", waitsFor: next.waitsFor))
        }
        return planned
            + stable.map {
                PlannedAction(
                    .stopReplica($0), reason: "revision \($0.revisionShort) is no longer desired",
                    waitsFor: "the last step of the rollout")
            }
    }

    private func drift(_ parts: KeyPlan...) -> [Drift] {
        let own = parts.flatMap(\.drift).filter { $0.what != .rotationDiffers && $0.what != .gatewayStopped }
        var seen: Set<Drift.Identity> = []
        let whole = ServePlanning(desired: desired, observed: observed, context: context).gatewayDrift
        return (own + whole).filter { seen.insert($0.identity).inserted }
    }
}

extension PlannedAction {
    /// Rotations are made of both parts.
    fileprivate var isOfOnePart: Bool { if case .setRoute = action { false } else { true } }
}

extension Observation {
    /// What there is of the replicas that `isMine` names.
    fileprivate func only(_ isMine: (ReplicaID) -> Bool) -> Observation {
        var part = self
        part.replicas = replicas.filter { isMine($0.id) }
        part.route.replicas = route.replicas.filter(isMine)
        part.route.outstanding = route.outstanding.filter { isMine($0.key) }
        return part
    }
}

extension PlanContext {
    fileprivate func only(_ isMine: (ReplicaID) -> Bool, of revision: Revision, isDesired: Bool) -> PlanContext {
        var part = self
        (part.standIn, part.rollout) = (nil, nil)
        part.lastRotation = lastRotation.map { $0.filter(isMine) }
        part.lastShares = []
        part.started = started.map { $0.filter(isMine) }
        part.crashed = crashed.filter(isMine)
        part.lastServed = lastServed == revision.short ? lastServed : nil
        let isExited = exitedRevision.map { $0 == revision } ?? isDesired
        if !isExited { (part.startNotBefore, part.exits, part.keepsLastUntil) = (nil, 0, nil) }
        return part
    }
}
