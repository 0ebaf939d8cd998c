import WaybillCore

/// When what preparations left on the machine is looked through for what nothing needs.
struct Collection: Sendable {
    /// Nil: nothing has changed since the last time.
    var dueAt: Timestamp?
    var underWay: EffectID?
    var failures = 0
    /// Deployments that wait for its end.
    var waiting: Set<DeploymentKey> = []
}

// Files and environments that nothing needs any more.
extension EngineCore {
    /// Something may have become unneeded: a revision or a replica is gone, or a controller has just started.
    mutating func mayCollect() {
        if collection.dueAt == nil { collection.dueAt = now + policy.collectDelay }
    }

    /// Asks for what is unneeded to be removed. Never while the desired state is not known whole, and never beside a
    /// preparation or a start, whose files it could take away.
    mutating func collectIfDue() {
        guard let due = collection.dueAt, due <= now, mayBeginCollecting else { return }
        if inFlight.values.contains(where: { $0.act?.action.needsFiles ?? false }) {
            collection.dueAt = now + policy.pollBase
            return
        }
        guard knowsWhatIsNeeded else {
            collection.dueAt = now + policy.backOffCap
            return
        }
        collection.dueAt = nil
        let id = takeEffectID()
        collection.underWay = id
        effects.append(.collect(CollectRequest(id: id, keeping: neededSpecs)))
    }

    /// The moment at which to look at it again, if it waits for nothing but time.
    var collectAt: Timestamp? { mayBeginCollecting ? collection.dueAt : nil }

    private var mayBeginCollecting: Bool {
        collection.underWay == nil && isLoaded && !isLedgerLost && !isStopping
    }

    mutating func collected(_ id: EffectID, _ failure: Failure?) {
        guard collection.underWay == id else { return }
        collection.underWay = nil
        if failure == nil {
            collection.failures = 0
        } else {
            collection.failures += 1
            let delay = policy.backOff(afterFailures: collection.failures, jitter: chance.unit())
            collection.dueAt = now + max(delay, policy.waitDelay)
        }
        // What was seen before the removal may be gone.
        for (key, flight) in inFlight where flight.act == nil { states[key]?.generation += 1 }
        for key in collection.waiting.sorted() { trigger(key) }
        collection.waiting = []
    }

    /// True when `planned` must wait for the end of a collection; its deployment is woken then.
    mutating func waitsForCollection(_ planned: PlannedAction, _ key: DeploymentKey) -> Bool {
        guard collection.underWay != nil, planned.action.needsFiles else { return false }
        collection.waiting.insert(key)
        return true
    }

    /// What a deployment held at its last good state was, is not known after a restart while its manifest is broken.
    private var knowsWhatIsNeeded: Bool {
        !states.contains { key, state in
            if let rollout = rollout(of: key), rollout.stable != state.standIn?.revision, rollout.stable != nil {
                return true
            }
            return (!state.held.isEmpty || state.wait != nil) && state.desired == nil
                && facts.keys[key]?.decided.map { $0.to != KeyFacts.absent } ?? false
        }
    }

    private var neededSpecs: [RevisionSpec] {
        states.values.flatMap { state in
            state.mode == .orphaned ? [state.previous?.spec].compactMap { $0 } : state.specs
        }
    }
}

extension Action {
    /// Puts files in place or begins to use them.
    var needsFiles: Bool {
        switch self {
        case .prepare, .validate, .startReplica: true
        case .stopReplica, .setRoute, .forgetReplica: false
        }
    }
}
