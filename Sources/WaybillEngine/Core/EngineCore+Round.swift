import WaybillCore

// One look at one deployment: what is new in it, what follows, what is done next.
extension EngineCore {
    mutating func take(_ observation: Observation, of key: DeploymentKey, begunAt generation: UInt64) {
        guard let known = states[key] else { return }
        let isFirst = known.observation == nil
        remember(observation, key)
        if isFirst { welcome(key) }
        judgeAgain(key)
        noteFailures(key)
        noteExits(key, whileAway: isFirst)
        recallAgain(key)
        moveRollout(key)
        guard decidePlan(key, isFirst: isFirst) else { return rest(key) }
        let isCurrent = states[key]?.generation == generation
        if isCurrent, let act = nextAct(key) {
            perform(act, key)
        } else if !isCurrent || states[key]?.isDirty == true {
            queue.schedule(key, at: now)
        }
        builderPromises.remove(key)
        rest(key)
    }

    private mutating func remember(_ observation: Observation, _ key: DeploymentKey) {
        guard var state = states[key] else { return }
        var seen = observation
        if seen.route.isGatewayRunning, state.seenRotation != seen.route.replicas {
            state.seenRotation = seen.route.replicas
            state.rotationChangedAt = now
        }
        seen.route.changedAt = state.rotationChangedAt
        for index in seen.replicas.indices {
            seen.replicas[index].condemn(facts.keys[key]?.replicas[seen.replicas[index].id])
        }
        if let highest = seen.replicas.map(\.id.serial).max() { nextSerial = max(nextSerial, highest + 1) }
        let present = Set(seen.replicas.map(\.id.serial))
        state.reservedSerials.removeAll { present.contains($0) }
        state.observation = seen
        states[key] = state
    }

    /// The first look after a start: unfinished acts are reconciled, what runs is adopted.
    private mutating func welcome(_ key: DeploymentKey) {
        guard let observation = states[key]?.observation else { return }
        let makes = makes(key)
        for (index, intent) in facts.dangling.filter({ $0.value.subject == key.description }).sorted(by: {
            $0.key < $1.key
        }) {
            note(
                intent.reconciled(
                    at: index, decision: makes.decision, time: makes.time, found: observation.finding(for: intent)))
        }
        for replica in observation.replicas.sorted(by: { $0.id < $1.id }) where replica.isAlive {
            note(makes.adopted(replica))
        }
    }

    /// What a probe condemned is written down once; it counts as an exit, so that what replaces it backs off.
    private mutating func noteFailures(_ key: DeploymentKey) {
        guard let observation = states[key]?.observation else { return }
        for replica in observation.replicas.sorted(by: { $0.id < $1.id }) {
            let known = facts.keys[key]?.replicas[replica.id]
            guard let reason = replica.failure, known?.failure == nil, known?.isStopAsked != true else { continue }
            note(makes(key).failed(replica, reason))
            backOff(key)
        }
    }

    private mutating func noteExits(_ key: DeploymentKey, whileAway: Bool) {
        guard let observation = states[key]?.observation else { return }
        for replica in observation.replicas.sorted(by: { $0.id < $1.id }) {
            let known = facts.keys[key]?.replicas[replica.id]
            guard let status = replica.exit, known?.hasExited != true, known?.isStopAsked != true else { continue }
            note(makes(key).exited(replica, status, whileAway: whileAway))
            if known?.failure == nil { backOff(key) }
        }
    }

    private mutating func backOff(_ key: DeploymentKey) {
        guard let exits = facts.keys[key]?.exits else { return }
        let delay = policy.backOff(afterFailures: exits.count, jitter: chance.unit())
        let (moment, until) = (now, now + delay)
        states[key]?.exitSeenAt = moment
        states[key]?.startNotBefore = until
    }

    mutating func resumeBackOff(_ key: DeploymentKey, _ exits: ExitRow) {
        let delay = policy.backOff(afterFailures: exits.count, jitter: chance.unit())
        let until = min(exits.lastAt, now) + delay
        states[key]?.startNotBefore = until
        let seenAt = min(exits.lastAt, now)
        states[key]?.exitSeenAt = seenAt
    }

    // MARK: The plan

    /// Plans anew and writes down what is new in it. False when nothing is known that could be planned for.
    private mutating func decidePlan(_ key: DeploymentKey, isFirst: Bool) -> Bool {
        guard var plan = makePlan(key) else { return false }
        let watermark = facts.keys[key]?.replaceSerialsBelow
        noteDrift(plan.drift, key, isFirst: isFirst)
        if facts.keys[key]?.replaceSerialsBelow != watermark, let again = makePlan(key) { plan = again }
        let isNews = states[key]?.plan != plan
        if isNews { states[key]?.idleLooks = 0 } else { states[key]?.idleLooks += 1 }
        states[key]?.plan = plan
        if plan.isEmpty, plan.isGoalServed, let reached = states[key]?.desired { states[key]?.previous = reached }
        reserveSerials(plan, key)
        noteAltered(key)
        noteDecision(plan, key)
        return true
    }

    private func makePlan(_ key: DeploymentKey) -> KeyPlan? {
        guard let state = states[key], let observation = state.observation else { return nil }
        let context = context(state, key)
        var plan: KeyPlan?
        switch state.mode {
        case .undecided: break
        case .desired where state.desired == nil: break
        case .desired, .absent, .orphaned:
            plan = Planner.plan(key, desired: state.desired, observed: observation, context: context)
        }
        guard let candidate = state.candidate else { return plan }
        return self.plan(plan, ahead: candidate, of: key, context)
    }

    private func context(_ state: KeyState, _ key: DeploymentKey) -> PlanContext {
        let known = facts.keys[key] ?? KeyFacts()
        let isAdmitted = state.desired.map { known.isAdmitted($0.revision) } ?? false
        let standIn = isAdmitted ? nil : state.standIn.flatMap { $0.revision.short == known.lastServed ? $0 : nil }
        let rollout = rolloutView(state, key)
        let revisions = [state.desired?.revision, standIn?.revision, rollout?.stableRevision].compactMap(
            \.?.description)
        let exits = known.exits.flatMap { revisions.contains($0.revision) ? $0 : nil }
        var context = PlanContext(
            now: now, reservedSerials: state.reservedSerials.filter { $0 >= known.replaceSerialsBelow },
            nextSerial: nextSerial, startNotBefore: exits == nil ? nil : state.startNotBefore,
            exits: exits?.count ?? 0, replaceSerialsBelow: known.replaceSerialsBelow, lastServed: known.lastServed,
            lastRotation: known.rotation, started: known.started, drain: state.previous?.drain ?? .seconds(30),
            isOrphaned: state.mode == .orphaned,
            keepsLastUntil: exits == nil ? nil : state.exitSeenAt.map { $0 + KeyFacts.exitWindow },
            crashed: known.crashed)
        (context.isAdmitted, context.verdict, context.standIn) = (isAdmitted, known.verdict, standIn)
        (context.rollout, context.lastShares) = (rollout, known.shares)
        context.exitedRevision = exits.flatMap { try? Digest(parsing: $0.revision) }.map { Revision($0) }
        return context
    }

    private mutating func reserveSerials(_ plan: KeyPlan, _ key: DeploymentKey) {
        let used = plan.actions.compactMap { planned -> UInt64? in
            if case .startReplica(let id, _) = planned.action { id.serial } else { nil }
        }
        guard !used.isEmpty else { return }
        states[key]?.reservedSerials = used
        nextSerial = max(nextSerial, (used.max() ?? 0) + 1)
    }

    private mutating func noteDrift(_ drift: [Drift], _ key: DeploymentKey, isFirst: Bool) {
        // A stopped gateway is one event of the fleet, not one for each deployment: see `loseGateway`.
        let drift = drift.filter { $0.what != .gatewayStopped }
        let noted = states[key]?.notedDrift ?? []
        let open = facts.keys[key]?.openDrift ?? []
        for found in drift where !noted.contains(found.identity) && !(isFirst && open.contains(found.what)) {
            note(makes(key).found(found))
        }
        states[key]?.notedDrift = Set(drift.map(\.identity))
        for what in open.subtracting(drift.map(\.what)).sorted(by: { $0.rawValue < $1.rawValue }) {
            note(makes(key).corrected(what))
        }
    }

    /// Writes the plan down unless it is what remains of the one last written.
    private mutating func noteDecision(_ plan: KeyPlan, _ key: DeploymentKey) {
        guard let state = states[key], state.mode != .orphaned, state.mode != .undecided else { return }
        let rendering = state.desired?.rendering.digest
        let to = plan.to?.description ?? KeyFacts.absent
        let actions = Set(
            plan.actions.prefix(FactEvents.longestList).filter { !isPublished($0, key) }.map(\.action.description))
        if let last = facts.keys[key]?.decided, last.to == to, last.rendering == rendering?.description,
            actions.isSubset(of: last.actions)
        {
            return
        }
        if plan.isEmpty && plan.goal == .absent && facts.keys[key]?.decided == nil { return }
        states[key]?.decision = DecisionID(chance.next())
        note(
            makes(key).planDecided(
                plan, commit: state.commit ?? commit, desired: state.desired, diff: changes(of: key)))
    }

    /// Which fields differ between what was reached last and what is desired. Empty when a controller that has just started
    /// does not know what was desired before it.
    func changes(of key: DeploymentKey) -> [FieldChange] {
        guard let state = states[key], let plan = state.plan, plan.goal != .orphaned else { return [] }
        if state.previous == nil, plan.from != nil || state.desired == nil { return [] }
        return diff(state.previous, state.desired)
    }

    /// A rotation that was set and that the gateway has not taken up yet is no news.
    private func isPublished(_ planned: PlannedAction, _ key: DeploymentKey) -> Bool {
        guard case .setRoute(let ids, let shares) = planned.action, planned.waitsFor != nil else { return false }
        return facts.keys[key]?.rotation == Set(ids) && facts.keys[key]?.shares == shares
    }

    // MARK: Acting

    /// The first act of the plan that may be done now; nil when there is none.
    private mutating func nextAct(_ key: DeploymentKey) -> PlannedAction? {
        guard isLoaded, !isLedgerLost, !isStopping, facts.keys[key]?.isPaused != true, let state = states[key],
            let plan = state.plan
        else { return nil }
        for planned in plan.runnable {
            if state.failures[ActionClass(planned.action)]?.blocks(at: now) == true { continue }
            if waitsForCollection(planned, key) { continue }
            guard planned.action.isPreparation else { return planned }
            let others = builderPromises.subtracting([key]).count
            if busyBuilders + others < policy.builders { return planned }
            if !builderQueue.contains(key) { builderQueue.append(key) }
        }
        return nil
    }

    /// By the rules of what serves while the desired revision may not start yet.
    private func recording(of state: KeyState, _ key: DeploymentKey) -> RecordingPolicy {
        (context(state, key).standIn ?? state.desired)?.recording ?? .off
    }

    private mutating func perform(_ planned: PlannedAction, _ key: DeploymentKey) {
        noteAdmission(planned.action, key)
        guard let state = states[key] else { return }
        let request = ActRequest(
            id: takeEffectID(), key: key, action: planned.action, spec: state.spec(for: planned.action),
            commit: state.commit, decision: decision(key), reason: planned.reason,
            question: question(planned.action, key), origins: facts.keys[key]?.origins ?? [:],
            recording: recording(of: state, key))
        var flight = InFlight(
            id: request.id, act: request, deadline: now, before: facts.keys[key], generation: state.generation)
        fold(request.intent(at: wallNow))
        states[key]?.isDirty = false
        flight.deadline = now + (flight.isPreparation ? policy.prepareDeadline : policy.quickDeadline)
        inFlight[key] = flight
        effects.append(.perform(request))
    }

    /// Ends a look: what is known is summarised, and the next look has its time.
    private mutating func rest(_ key: DeploymentKey) {
        if isGone(key) {
            states[key] = nil
            queue.remove(key)
            effects.append(.forgetKey(key))
            return
        }
        if inFlight[key] == nil { queue.schedule(key, at: nextLook(key)) }
        summarise(key)
    }

    private func isGone(_ key: DeploymentKey) -> Bool {
        guard let state = states[key], state.mode == .absent, state.wait == nil, inFlight[key] == nil,
            let plan = state.plan
        else {
            return false
        }
        return plan.goal == .absent && plan.isEmpty && plan.isGoalServed && state.held.isEmpty
    }

    private mutating func nextLook(_ key: DeploymentKey) -> Timestamp {
        let regular = (now + policy.resync * (0.75 + chance.unit() / 2)).roundedUp(to: policy.resyncGrain)
        // A change that waits for a moment is judged again then.
        let judged = states[key]?.wait?.until.map { now + max(.seconds(1), $0 - wallNow) }
        let resync = min(regular, judged ?? regular)
        guard let state = states[key], let plan = state.plan, facts.keys[key]?.isPaused != true else { return resync }
        let runnable = plan.runnable.map { state.failures[ActionClass($0.action)] }
        let retries = runnable.compactMap { $0?.notBefore }.filter { $0 > now }
        let isUnderWay = !plan.isGoalServed || plan.actions.contains { $0.waitsFor != nil } || runnable.contains(nil)
        let isStalled = !runnable.isEmpty && runnable.allSatisfy { $0.map { $0.notBefore == nil } ?? false }
        let polls = isUnderWay && !isStalled ? [now + policy.poll(afterLooks: state.idleLooks)] : []
        let wait = state.rolloutWait
        let recall = [state.recallFailure?.notBefore, wait?.wakeAt, wait?.lookAt].compactMap { $0 }.filter { $0 > now }
        return ([resync] + recall + [plan.wakeAt].compactMap { $0 }.filter { $0 > now } + retries + polls).min()
            ?? resync
    }

    // MARK: Notes

    func makes(_ key: DeploymentKey) -> FactEvents {
        FactEvents(key: key, decision: states[key]?.decision ?? DecisionID(nextEffect), time: wallNow)
    }

    private mutating func decision(_ key: DeploymentKey) -> DecisionID {
        if let decision = states[key]?.decision { return decision }
        let decision = DecisionID(chance.next())
        states[key]?.decision = decision
        return decision
    }

    /// Asks for a fact to be written, or keeps it until there is a ledger again.
    mutating func note(_ event: Event) {
        fold(event)
        if isLedgerLost { unwritten.append(event) } else { effects.append(.note(event)) }
    }
}
