import WaybillCore

// The promotion path: what an environment takes only after another one has served it, and when it takes nothing.
extension EngineCore {
    /// What is in the way of `desired` beside words that are missing.
    func obstacles(_ desired: DesiredDeployment?, _ key: DeploymentKey, _ known: KeyFacts) -> [Obstacle] {
        guard let rules = board.promotions[key.environment] else { return [] }
        let order = desired.flatMap { wanted in
            rules.path.flatMap { path in
                rules.order(
                    wanted.spec.version, of: key, served: known.versionsServed,
                    upstream: upstream(DeploymentKey(environment: path.from, name: key.name)), now: judgedAt)
            }
        }
        // A freeze is about the clock that people look at, which may be mended.
        return [order, rules.freeze(at: wallNow, zones)].compactMap(\.self)
    }

    private func upstream(_ key: DeploymentKey) -> Upstream {
        guard let known = facts.keys[key] else { return Upstream(isKnown: states[key] != nil) }
        let rolledBack = known.served.compactMap { state -> (VersionID, String)? in
            guard let version = state.version else { return nil }
            if let row = known.quarantined[state.revision] { return (version, "\(row.by): \(row.reason)") }
            return known.takenBack[state.rendering].map { (version, $0) }
        }
        return Upstream(
            isKnown: true, stays: known.stays,
            rolledBack: Dictionary(rolledBack, uniquingKeysWith: { _, last in last }))
    }

    /// What serves in one environment may be what another one waits for.
    mutating func judgeDownstream(of key: DeploymentKey) {
        for (environment, rules) in board.promotions.sorted(by: { $0.key < $1.key })
        where rules.path?.from == key.environment {
            let other = DeploymentKey(environment: environment, name: key.name)
            if states[other]?.wait != nil { judgeAgain(other) }
        }
    }

    // MARK: After a restart

    /// A controller that starts while a change waits finds what is in force where git last asked for it, and cares for it.
    mutating func recallInForce(_ key: DeploymentKey) {
        guard let state = states[key], state.mode == .undecided, state.asked == nil, !state.isRecalling,
            state.recallFailure.map({ !$0.blocks(at: now) }) ?? true, let commit = inForce(key)?.commit
        else { return }
        states[key]?.isRecalling = true
        effects.append(.recall(key, commit))
    }

    /// What git last asked for that was begun; nil when that is nothing.
    func inForce(_ key: DeploymentKey) -> DecidedPlan? {
        guard let known = facts.keys[key], let decided = known.decided, decided.to != KeyFacts.absent,
            known.inForce == decided.rendering
        else { return nil }
        return decided
    }
}

extension KeyFacts {
    /// Versions that this deployment served itself, and that nobody rolled back here.
    fileprivate var versionsServed: Set<VersionID> { Set(served.filter(mayServeAgain).compactMap(\.version)) }

    /// Whether nobody rolled it back and no rollout of it was taken back.
    func mayServeAgain(_ state: ServedState) -> Bool {
        quarantined[state.revision] == nil && takenBack[state.rendering] == nil
    }
}
