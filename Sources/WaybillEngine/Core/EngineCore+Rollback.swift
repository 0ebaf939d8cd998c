import WaybillCore

// Going back to what served before. The revision that was left is quarantined: while git asks for it, the one before stands in.
extension EngineCore {
    func isQuarantined(_ desired: DesiredDeployment, _ key: DeploymentKey) -> Bool {
        facts.keys[key]?.quarantined[desired.revision.description] != nil
    }

    // MARK: Commands

    mutating func rollback(_ key: DeploymentKey, to version: SemanticVersion?, _ command: OperatorCommand) {
        guard knows(key, command) else { return }
        let known = facts.keys[key] ?? KeyFacts()
        guard let left = states[key]?.desired else {
            return refuse(command, "git does not ask for \(key), so there is nothing to roll back")
        }
        if known.isPaused {
            return refuse(command, "\(key) is paused, so nothing of it is changed; 'waybill resume \(key)' first")
        }
        let able = known.served.filter {
            $0.revision != left.revision.description && known.mayServeAgain($0)
        }
        guard let standIn = able.last(where: { version == nil || $0.version?.version == version }) else {
            return refuse(command, Self.nothingToGoBackTo(key, version, able))
        }
        record(
            command, key,
            "\(key) goes back from \(left.spec.version) to \(standIn.words); the revision \(left.revision.short) is "
                + "quarantined until 'waybill lift \(key)'",
            adding: ["quarantine": .string(left.revision.description), "standIn": standIn.value])
    }

    private static func nothingToGoBackTo(
        _ key: DeploymentKey, _ version: SemanticVersion?, _ able: [ServedState]
    ) -> String {
        guard let version, !able.isEmpty else { return "nothing else has served \(key) that it could go back to" }
        let words = able.map(\.words).joined(separator: ", ")
        return "\(version) has not served \(key), or is quarantined; it could go back to \(words)"
    }

    mutating func lift(_ key: DeploymentKey, _ command: OperatorCommand) {
        guard knows(key, command) else { return }
        let known = facts.keys[key]?.quarantined.keys.sorted() ?? []
        if known.isEmpty { return answer(command, "nothing of \(key) is quarantined") }
        record(
            command, key, "\(known.count) revision\(known.count == 1 ? "" : "s") of \(key) may serve again",
            adding: ["revisions": .list(known.map { .string($0) })])
    }

    /// A rollback is durable.
    mutating func beginStandIn(_ key: DeploymentKey) {
        guard let state = states[key], let left = state.desired, let commit = state.commit ?? commit else { return }
        standIn(for: state.asked ?? Asked(desired: left, commit: commit), key)
    }

    /// The quarantine is lifted: what git asks for is wanted again, under the rules that hold for any change.
    mutating func takeUpAsked(_ key: DeploymentKey) {
        guard let asked = states[key]?.asked else { return }
        forgetStandIn(key)
        // What waits is git's newer word.
        if states[key]?.wait != nil { return judgeAgain(key) }
        want(asked.desired, key, at: asked.commit)
    }

    // MARK: What stands in

    /// Git asks for a quarantined revision: what stands in for it is the goal, or is what served last before it.
    mutating func standIn(for asked: Asked, _ key: DeploymentKey) {
        states[key]?.asked = asked
        states[key]?.isRecalling = false
        if facts.keys[key]?.standIn == nil, let choice = choice(key) {
            note(
                makes(key).quarantined(
                    choice, message: "git asks for \(asked.desired.spec.version), which was rolled back",
                    commit: asked.commit))
        }
        recall(key)
    }

    /// What is pursued already; or else what served last.
    private func choice(_ key: DeploymentKey) -> ServedState? {
        let known = facts.keys[key] ?? KeyFacts()
        if let state = states[key], state.mode == .desired, let desired = state.desired, let commit = state.commit,
            !isQuarantined(desired, key)
        {
            return ServedState(
                revision: desired.revision.description, rendering: desired.rendering.digest.description,
                commit: commit, version: desired.spec.version)
        }
        return known.served.last(where: known.mayServeAgain)
    }

    private mutating func recall(_ key: DeploymentKey) {
        guard let standIn = facts.keys[key]?.standIn, let state = states[key], state.asked != nil, !state.isRecalling
        else { return }
        if state.mode == .desired, state.desired?.rendering.digest.description == standIn.rendering {
            return trigger(key)
        }
        states[key]?.isRecalling = true
        effects.append(.recall(key, standIn.commit))
    }

    /// Asks again for what could not be had, once its back-off is over.
    mutating func recallAgain(_ key: DeploymentKey) {
        guard let row = states[key]?.recallFailure, !row.blocks(at: now) else { return }
        if states[key]?.asked == nil { recallInForce(key) } else { recall(key) }
    }

    mutating func recalled(_ key: DeploymentKey, _ commit: CommitID, _ result: Result<DesiredDeployment, Failure>) {
        recalledStable(key, commit, result)
        states[key]?.isRecalling = false
        guard let wanted = recalledRendering(key, commit) else { return }
        switch result {
        case .success(let desired) where desired.rendering.digest.description == wanted:
            states[key]?.recallFailure = nil
            pursue(desired, key, at: commit)
        case .success:
            recallFailed(
                key,
                Failure(
                    .retry, reason: "RecallDiffers",
                    message: "commit \(commit.short) asks for something else than what served with it"))
        case .failure(let failure): recallFailed(key, failure)
        }
    }

    /// Which rendering of `commit` was asked for: of what stands in, or of what is in force while a change waits.
    private func recalledRendering(_ key: DeploymentKey, _ commit: CommitID) -> String? {
        guard let state = states[key] else { return nil }
        if state.asked != nil, let standIn = facts.keys[key]?.standIn {
            return standIn.commit == commit ? standIn.rendering : nil
        }
        guard state.wait != nil, state.mode == .undecided, let inForce = inForce(key) else { return nil }
        return inForce.commit == commit ? inForce.rendering : nil
    }

    private mutating func recallFailed(_ key: DeploymentKey, _ failure: Failure) {
        let count = (states[key]?.recallFailure?.count ?? 0) + 1
        let until = now + policy.backOff(afterFailures: count, jitter: chance.unit())
        states[key]?.recallFailure = FailureRow(failure: failure, count: count, notBefore: until)
        if inFlight[key] == nil { queue.schedule(key, at: until) }
        summarise(key)
    }

    /// Nothing needs to stand in any more.
    mutating func endStandIn(_ key: DeploymentKey, because reason: String) {
        forgetStandIn(key)
        guard facts.keys[key]?.standIn != nil else { return }
        note(makes(key).released(.quarantined, message: reason, commit: commit))
        if states[key] != nil { trigger(key) }
    }

    private mutating func forgetStandIn(_ key: DeploymentKey) {
        states[key]?.asked = nil
        states[key]?.isRecalling = false
        states[key]?.recallFailure = nil
    }
}

extension ServedState {
    fileprivate var words: String { version?.description ?? "revision \(short)" }
}
