import WaybillCore

// The queue, the workers and the answers.
extension EngineCore {
    /// Begins to look after `key`. Safe to repeat.
    mutating func track(_ key: DeploymentKey) {
        guard states[key] == nil else { return }
        states[key] = KeyState()
        states[key]?.earlier = earlier.removeValue(forKey: key)
        if let exits = facts.keys[key]?.exits { resumeBackOff(key, exits) }
        queue.schedule(key, at: now)
    }

    /// Something about `key` was reported: it is looked at now, or again once what is under way is answered.
    mutating func trigger(_ key: DeploymentKey) {
        guard states[key] != nil else { return found(key) }
        states[key]?.idleLooks = 0
        if inFlight[key] != nil { states[key]?.isDirty = true } else { queue.schedule(key, at: now) }
    }

    mutating func found(_ key: DeploymentKey) {
        let isNew = states[key] == nil
        track(key)
        if isNew && isLoaded { decideUnnamed(key) }
    }

    mutating func resyncAll() {
        let keys = states.keys.sorted()
        for (index, key) in keys.enumerated() {
            queue.schedule(key, at: now + policy.resyncSpread * (Double(index) / Double(keys.count)))
        }
    }

    /// Starts due work while workers are free.
    mutating func dispatch() {
        guard !isStopping else { return }
        startBuilds()
        while busyWorkers < policy.workers, let key = queue.take(dueAt: now) {
            guard states[key] != nil else { continue }
            if inFlight[key] != nil {
                states[key]?.isDirty = true
            } else {
                observe(key)
            }
        }
    }

    /// Promises free builders to those that wait longest; each looks again first, as its plan may be old.
    private mutating func startBuilds() {
        while busyBuilders + builderPromises.count < policy.builders, !builderQueue.isEmpty {
            let key = builderQueue.removeFirst()
            guard states[key] != nil else { continue }
            builderPromises.insert(key)
            queue.schedule(key, at: now)
        }
    }

    private mutating func observe(_ key: DeploymentKey) {
        guard let state = states[key] else { return }
        states[key]?.isDirty = false
        let id = takeEffectID()
        inFlight[key] = InFlight(
            id: id, act: nil, deadline: now + policy.quickDeadline, generation: state.generation)
        effects.append(
            .observe(ObserveRequest(id: id, key: key, specs: state.specs, wantsCounts: isAnalysing(key))))
    }

    mutating func takeEffectID() -> EffectID {
        defer { nextEffect += 1 }
        return EffectID(nextEffect)
    }

    /// Cancels what takes too long; it goes on occupying its deployment until it is answered.
    mutating func expire() {
        let late = inFlight.filter { $0.value.deadline <= now && !$0.value.isCancelled }.keys
        for key in late.sorted() { cancel(key) }
    }

    /// Gives the preparations of `revision` their whole time again.
    mutating func progressed(_ revision: Revision) {
        let deadline = now + policy.prepareDeadline
        for (key, flight) in inFlight
        where flight.act?.action == .prepare(revision) || flight.act?.action == .validate(revision) {
            inFlight[key]?.deadline = deadline
        }
    }

    /// - Parameter isNeeded: false when nobody needs it any more: that it did not succeed then is no failure.
    mutating func cancel(_ key: DeploymentKey, isNeeded: Bool = true) {
        if !isNeeded { inFlight[key]?.isNeeded = false }
        guard let flight = inFlight[key], !flight.isCancelled else { return }
        inFlight[key]?.isCancelled = true
        effects.append(.cancel(flight.id, key))
    }

    /// Asks to be woken for the next due deployment or deadline, when that moment is new.
    mutating func requestWake() {
        guard !isStopping || !inFlight.isEmpty else { return }
        let isFull = busyWorkers >= policy.workers
        let due = isStopping || isFull ? nil : queue.earliest()
        let deadlines = inFlight.values.filter { !$0.isCancelled }.map(\.deadline)
        guard let next = (deadlines + [due, collectAt].compactMap { $0 }).min() else { return }
        let moment = max(clock.wall(next), wallNow)
        if lastWake == moment { return }
        lastWake = moment
        effects.append(.wake(at: moment))
    }

    // MARK: Answers

    mutating func observed(_ id: EffectID, _ key: DeploymentKey, _ result: Result<Observation, Failure>) {
        guard let flight = inFlight[key], flight.id == id, flight.act == nil else { return }
        inFlight[key] = nil
        switch result {
        case .success(let observation):
            states[key]?.observeFailure = nil
            take(observation, of: key, begunAt: flight.generation)
        case .failure(let failure):
            builderPromises.remove(key)
            let row = row(after: states[key]?.observeFailure, failure)
            states[key]?.observeFailure = row
            states[key]?.rolloutSince = nil
            queue.schedule(key, at: row.notBefore ?? now + policy.resync)
            if states[key]?.isDirty == true { queue.schedule(key, at: now + policy.backOffBase) }
            summarise(key)
        }
    }

    /// - Parameter answer: of a validation that came to a verdict.
    mutating func performed(
        _ id: EffectID, _ key: DeploymentKey, _ failure: Failure?, _ answer: ValidationAnswer? = nil
    ) {
        guard let flight = inFlight[key], flight.id == id, let act = flight.act else { return }
        inFlight[key] = nil
        fold(act.outcome(failure, at: wallNow, adding: answer?.facts ?? [:]))
        // Its number is gone for good, also when the replica is never seen.
        if failure == nil, case .startReplica(let replica, _) = act.action {
            states[key]?.reservedSerials.removeAll { $0 == replica.serial }
        }
        let moment = now
        if case .setRoute = act.action {
            states[key]?.rotationChangedAt = moment
            judgeDownstream(of: key)
        }
        conclude(flight, act, act.gatesFailure(failure, answer))
    }

    /// Takes back what the intent said: it is in no ledger, and what it was about has not changed.
    mutating func refused(_ id: EffectID, _ key: DeploymentKey, _ failure: Failure) {
        guard let flight = inFlight[key], flight.id == id, let act = flight.act else { return }
        inFlight[key] = nil
        facts.keys[key]?.takeBackIntent(to: flight.before ?? KeyFacts())
        conclude(flight, act, failure)
    }

    private mutating func conclude(_ flight: InFlight, _ act: ActRequest, _ failure: Failure?) {
        let (key, kind) = (act.key, ActionClass(act.action))
        if var failure {
            if states[key]?.putsRight(act.action) ?? false, failure.disposition == .stall {
                failure.disposition = .retry
            }
            if flight.isNeeded {
                let row = row(after: states[key]?.failures[kind], failure)
                states[key]?.failures[kind] = row
            }
        } else {
            states[key]?.failures[kind] = nil
            if case .forgetReplica = act.action { mayCollect() }
        }
        queue.schedule(key, at: now)
    }

    private mutating func row(after old: FailureRow?, _ failure: Failure) -> FailureRow {
        switch failure.disposition {
        case .stall: return FailureRow(failure: failure, count: (old?.count ?? 0) + 1, notBefore: nil)
        case .wait:
            return FailureRow(failure: failure, count: old?.count ?? 0, notBefore: now + policy.waitDelay)
        case .retry:
            let count = (old?.count ?? 0) + 1
            let delay = policy.backOff(afterFailures: count, jitter: chance.unit())
            return FailureRow(failure: failure, count: count, notBefore: now + delay)
        }
    }
}
