import WaybillCore

// A revision that earns its traffic step by step beside the one that serves.
extension EngineCore {
    /// Takes the rollout of `key` as far as it goes by what is seen; each transition is written down before anything follows from it.
    mutating func moveRollout(_ key: DeploymentKey) {
        guard isLoaded, !isLedgerLost, !isStopping else { return }
        recallStable(key)
        // A word that is being written down comes first: what it says must not be overtaken by what was seen before it.
        if pending?.event.subject == key.description { return }
        states[key]?.rolloutWait = nil
        // Time that nobody watched, as after a restart or while nothing could be seen, proves nothing: it counts from now on.
        if states[key]?.rolloutSince == nil, facts.keys[key]?.rollout?.countsSince != nil {
            let begun = now
            states[key]?.rolloutSince = begun
        }
        if facts.keys[key]?.isPaused != true {
            watchAnswers(key)
            for _ in 0..<Self.mostMoves {
                guard let next = nextRollout(key) else { break }
                note(makes(key).moved(next.state, stable: next.stable, record: next.record))
                beginCounting(key)
                // What the gateway counts was not asked for in this look.
                if next.state.analysis?.tries == 0 { states[key]?.isDirty = true }
                // Another rotation is asked for: what kept the one before from being set is no reason to wait.
                states[key]?.failures[.route] = nil
                let since = next.state.countsSince == nil ? nil : now
                states[key]?.rolloutSince = since
            }
        }
        let isLive = rollout(of: key)?.isLive ?? false
        states[key]?.isRollingOut = isLive
        if !isLive { states[key]?.analysis = nil }
    }

    /// More transitions than one look can lead to.
    private static let mostMoves = 6

    /// The rollout under way to what is desired; nil when it takes over in any other way.
    func rollout(of key: DeploymentKey) -> RolloutState? {
        guard let state = states[key], state.mode == .desired, let desired = state.desired,
            let rollout = facts.keys[key]?.rollout, rollout.isLive, rollout.revision == desired.revision
        else { return nil }
        return rollout
    }

    /// A transition, and what an analysis found that led to it.
    private struct Next {
        var state: RolloutState
        var stable: ServedState?
        var record: AnalysisRecord?
    }

    private mutating func nextRollout(_ key: DeploymentKey) -> Next? {
        guard let state = states[key], let observation = state.observation else { return nil }
        let known = facts.keys[key] ?? KeyFacts()
        switch state.mode {
        case .undecided, .orphaned: return nil
        case .absent: return known.rollout.flatMap { ended($0, known, "git no longer names the deployment") }
        case .desired: break
        }
        guard let desired = state.desired else { return nil }
        guard let current = known.rollout, current.isLive else { return begun(desired, state, known) }
        if let left = Self.left(current, for: desired, state, known) { return ended(current, known, left) }
        guard current.revision == desired.revision else { return superseded(current, by: desired, known) }
        if known.quarantined[desired.revision.description] != nil {
            guard !current.isTakenBack else { return nil }
            var next = current
            (next.status, next.weight, next.countsSince) = (.aborted, 0, nil)
            next.reason = "it was rolled back"
            return Next(state: next, stable: known.stable)
        }
        if let anew = takenUp(current, desired, known) {
            return Next(state: anew, stable: known.stable)
        }
        var seen = sight(desired, current, observation, known)
        seen.analysis = analysisSight(key, current, observation.route)
        var decision = clocked(current, state).decide(seen)
        if let next = decision.next, next.status == .progressing || next.status == .finished, isAskedForOther(state) {
            decision = RolloutDecision(waitsFor: "the words that what git asks for by now waits for")
        }
        states[key]?.rolloutWait = decision.next == nil ? decision : nil
        return decision.next.map { Next(state: $0, stable: known.stable, record: decision.record) }
    }

    /// Git asks for another revision, or for none, that may not begin yet: until then no step is taken, and failures are still heard
    /// of.
    private func isAskedForOther(_ state: KeyState) -> Bool {
        state.wait.map { $0.desired?.revision != state.desired?.revision } ?? false
    }

    /// Why a rollout ends without having come to its end; nil while it is what `desired` asks for, or another one is.
    private static func left(
        _ current: RolloutState, for desired: DesiredDeployment, _ state: KeyState, _ known: KeyFacts
    ) -> String? {
        if desired.revision == current.stable, desired.revision != current.revision {
            return "git asks for what served before"
        }
        if state.asked != nil, known.quarantined[desired.revision.description] == nil {
            return "what was rolled back is replaced at once"
        }
        if desired.replicas == 0 { return "no replica is asked for" }
        if desired.rollout.path.isEmpty,
            !current.isTakenBack || current.rendering != desired.rendering.digest.description
        {
            return "the strategy is 'replace'"
        }
        return nil
    }

    private func ended(_ current: RolloutState, _ known: KeyFacts, _ reason: String) -> Next? {
        guard current.isLive else { return nil }
        var next = current
        (next.status, next.countsSince, next.reason) = (.ended, nil, reason)
        return Next(state: next, stable: known.stable)
    }

    /// A commit, or a person's word, that lets the same revision begin anew or under another rendering.
    private func takenUp(_ current: RolloutState, _ desired: DesiredDeployment, _ known: KeyFacts) -> RolloutState? {
        let rendering = desired.rendering.digest.description
        let mayBeginAgain = current.isTakenBack && known.takenBack[rendering] == nil
        if mayBeginAgain || (!current.isTakenBack && current.steps != desired.rollout.path) {
            return RolloutState(
                revision: desired.revision, rendering: rendering, stable: current.stable, steps: desired.rollout.path,
                reason: mayBeginAgain ? "it may begin again" : "its steps are others: it begins anew")
        }
        guard current.rendering != rendering, !current.isTakenBack else { return nil }
        var next = current
        next.rendering = rendering
        next.reason = "git asks for it with another rendering: it goes on"
        return next
    }

    // MARK: Beginning

    private func begun(_ desired: DesiredDeployment, _ state: KeyState, _ known: KeyFacts) -> Next? {
        guard desired.replicas > 0, state.asked == nil, !desired.rollout.path.isEmpty else { return nil }
        // What served before, and is whole still, comes back at once.
        if let last = known.rollout, last.status == .ended, last.stable == desired.revision,
            last.revision.short == known.lastServed,
            state.observation?.replicas.contains(where: { $0.revision == last.stable && $0.phase == .ready }) ?? false
        {
            return nil
        }
        let stable = known.served.last { $0.short == known.lastServed }
        let isAdmitted =
            Admission.decide(
                desired, isServing: known.isAdmitted(desired.revision), verdict: known.verdict) == .admitted
        return begin(desired, over: stable, known, isAdmitted: isAdmitted)
    }

    /// Git asks for another revision on the way: what serves stays, and the new one begins.
    private func superseded(
        _ current: RolloutState, by desired: DesiredDeployment, _ known: KeyFacts
    ) -> Next? {
        let hasAll =
            current.status == .progressing && current.weight == 100 && known.lastServed == current.revision.short
        let stable = hasAll ? known.served.last { $0.short == known.lastServed } : known.stable
        // Its gates are asked on the way: what has earned nothing must not be left in rotation without a rollout that says so.
        return begin(desired, over: stable, known, isAdmitted: true)
            ?? ended(current, known, "git asks for revision \(desired.revision.short)")
    }

    private func begin(
        _ desired: DesiredDeployment, over stable: ServedState?, _ known: KeyFacts, isAdmitted: Bool
    ) -> Next? {
        let rendering = desired.rendering.digest.description
        let from = stable.flatMap { try? Digest(parsing: $0.revision) }.map { Revision($0) }
        if let why = known.takenBack[rendering], from != desired.revision {
            let state = RolloutState(
                revision: desired.revision, rendering: rendering, stable: from, steps: desired.rollout.path,
                status: .failed, reason: "it was taken back before: \(why)")
            return Next(state: state, stable: stable)
        }
        guard let stable, let from, from != desired.revision, isAdmitted,
            (known.rotation ?? []).contains(where: { $0.revisionShort == from.short })
        else { return nil }
        let served = stable.version?.description ?? "revision \(from.short)"
        let state = RolloutState(
            revision: desired.revision, rendering: rendering, stable: from, steps: desired.rollout.path,
            reason: "\(desired.spec.version) is to take over from \(served) by \(desired.rollout.path.count) steps")
        return Next(state: state, stable: stable)
    }

    // MARK: Seeing

    /// With its time on the core's own clock, which never runs backwards.
    private func clocked(_ rollout: RolloutState, _ state: KeyState) -> RolloutState {
        var clocked = rollout
        clocked.countsSince = rollout.countsSince.map { state.rolloutSince ?? min($0, now) }
        return clocked
    }

    private func sight(
        _ desired: DesiredDeployment, _ rollout: RolloutState, _ seen: Observation, _ known: KeyFacts
    ) -> RolloutSight {
        func ready(_ revision: Revision?) -> Int {
            seen.replicas.count { $0.revision == revision && $0.phase == .ready && !known.crashed.contains($0.id) }
        }
        return RolloutSight(
            wanted: desired.replicas, ready: ready(desired.revision), stableReady: ready(rollout.stable),
            isGatewayRunning: seen.route.isGatewayRunning, dividesTraffic: seen.route.dividesTraffic,
            inForce: seen.route.share(of: desired.revision, published: known.rotation, known.shares),
            onFailure: desired.rollout.onFailure, onInconclusive: desired.rollout.onInconclusive, now: now)
    }

    /// What a plan needs to know of the rollout of `key`.
    func rolloutView(_ state: KeyState, _ key: DeploymentKey) -> RolloutView? {
        guard let rollout = rollout(of: key) else { return nil }
        var stable = state.standIn.flatMap { $0.revision == rollout.stable ? $0 : nil }
        if stable?.replicas == 0 {
            // Git once asked for none of it; what serves all the same is kept until the new one has taken over.
            let serving = state.observation?.replicas.count { $0.revision == rollout.stable && $0.isAlive } ?? 0
            stable?.replicas = max(1, serving)
        }
        let share = rollout.steps.dropFirst(rollout.step).lazy.compactMap { step in
            if case .weight(let share) = step, share > rollout.weight { share } else { nil }
        }.first
        let wait = state.rolloutWait?.waitsFor ?? "the steps before"
        return RolloutView(
            stable: stable, stableRevision: rollout.stable, weight: rollout.weight, isTakenBack: rollout.isTakenBack,
            words: rollout.isTakenBack ? rollout.reason : rollout.place,
            next: share.map { .init(weight: $0, waitsFor: wait) })
    }

    // MARK: What serves, after a restart

    /// Asks what the commit of the stable revision asked for, when this controller does not know it.
    private mutating func recallStable(_ key: DeploymentKey) {
        guard let rollout = rollout(of: key), let stable = facts.keys[key]?.stable, let state = states[key],
            state.standIn?.revision != rollout.stable, !state.isRecallingStable,
            state.stableFailure?.blocks(at: now) != true
        else { return }
        states[key]?.isRecallingStable = true
        effects.append(.recall(key, stable.commit))
    }

    /// Takes in what the stable revision was.
    mutating func recalledStable(
        _ key: DeploymentKey, _ commit: CommitID, _ result: Result<DesiredDeployment, Failure>
    ) {
        guard states[key]?.isRecallingStable == true, let stable = facts.keys[key]?.stable, stable.commit == commit
        else { return }
        states[key]?.isRecallingStable = false
        if case .success(let deployment) = result, deployment.revision.description == stable.revision {
            states[key]?.standIn = deployment
            states[key]?.stableFailure = nil
            states[key]?.generation += 1
            return trigger(key)
        }
        let failure: Failure =
            if case .failure(let failure) = result { failure } else {
                Failure(
                    .retry, reason: "RecallDiffers",
                    message: "commit \(commit.short) asks for something else than what served with it")
            }
        let count = (states[key]?.stableFailure?.count ?? 0) + 1
        let until = now + policy.backOff(afterFailures: count, jitter: chance.unit())
        states[key]?.stableFailure = FailureRow(failure: failure, count: count, notBefore: until)
        if inFlight[key] == nil { queue.schedule(key, at: until) }
    }
}

extension ObservedRoute {
    /// What the gateway is known to give to `revision`, in whole percent; nil while it has not taken up what was published.
    func share(of revision: Revision, published: Set<ReplicaID>?, _ shares: [TrafficShare]?) -> Int? {
        guard isGatewayRunning, isCurrent, let shares, let published, published == replicas else { return nil }
        if let share = shares.first(where: { $0.revision == revision }) { return share.weight }
        let isIn = published.contains { $0.revisionShort == revision.short }
        guard isIn else { return published.isEmpty ? nil : 0 }
        return published.allSatisfy { $0.revisionShort == revision.short } ? 100 : nil
    }
}
