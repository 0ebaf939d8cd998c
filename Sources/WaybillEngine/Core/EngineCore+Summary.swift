package import WaybillCore

// The one place that writes conditions.
extension EngineCore {
    /// Tells what is known of `key`, when it is news.
    mutating func summarise(_ key: DeploymentKey) {
        guard let summary = currentSummary(of: key) else { return }
        let isNews = states[key]?.summary.map { !$0.saysTheSame(as: summary) } ?? true
        states[key]?.summary = summary
        states[key]?.conditions = summary.conditions
        if isLookedAt(key) { states[key]?.earlier = nil }
        if isNews { effects.append(.summarise(summary)) }
    }

    private func isLookedAt(_ key: DeploymentKey) -> Bool {
        states[key].map { $0.mode != .undecided && $0.plan != nil } ?? false
    }

    /// What is known of `key` now, also before it is next looked at: a deployment that a commit has just changed is never
    /// said to be ready for that commit's sake.
    package func currentSummary(of key: DeploymentKey) -> KeySummary? {
        guard var state = states[key] else { return nil }
        if let earlier = state.earlier, isLookedAt(key) { state.conditions = earlier }
        let known = facts.keys[key] ?? KeyFacts()
        let view = KeyView(
            state: state, facts: known, fleetHold: fleetHold, isLedgerLost: isLedgerLost,
            isGatewayLost: gatewayProblem != nil, policy: policy, now: now, isActing: inFlight[key]?.act != nil,
            rollout: rolloutSummary(of: key))
        view.write(into: &state.conditions, at: wallNow, commit: commit)
        return KeySummary(
            key: key, conditions: state.conditions, commit: state.commit, desired: state.desired?.revision,
            version: (state.asked?.desired ?? state.desired)?.spec.version,
            standIn: state.asked == nil ? nil : known.standIn?.version, runtime: state.desired?.spec.runtime,
            servingProtocol: state.desired?.spec.protocolName, wantedReplicas: state.desired?.replicas ?? 0,
            serving: state.observation.map { $0.servedRevisions } ?? [],
            replicas: state.observation?.replicas.sorted { $0.id < $1.id } ?? [],
            rotation: state.observation?.route.replicas ?? [], pending: state.plan?.actions ?? [],
            nextLook: queue.time(of: key).map(clock.wall), observedAt: state.observation?.time,
            rollout: rolloutSummary(of: key))
    }

    private func rolloutSummary(of key: DeploymentKey) -> RolloutSummary? {
        guard let rollout = rollout(of: key), let state = states[key] else { return nil }
        let until = state.rolloutWait?.wakeAt.map { clock.wall($0) }
        return RolloutSummary(
            state: rollout, version: state.desired?.spec.version, stableVersion: facts.keys[key]?.stable?.version,
            waitsFor: state.rolloutWait?.waitsFor ?? "", until: until, analysis: analysisRecord(rollout, state),
            patience: state.rolloutWait?.patience.map { clock.wall($0) })
    }
}

extension KeySummary {
    /// True when `other` differs at most in when things were looked at.
    func saysTheSame(as other: KeySummary) -> Bool {
        var mine = self
        mine.nextLook = other.nextLook
        mine.observedAt = other.observedAt
        return mine == other
    }
}

extension Observation {
    var servedRevisions: [Revision] {
        Set(replicas.filter { route.replicas.contains($0.id) && $0.isAlive }.map(\.revision)).sorted()
    }
}
