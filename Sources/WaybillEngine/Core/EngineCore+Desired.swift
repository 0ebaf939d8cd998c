import WaybillCore

// What git asks for.
extension EngineCore {
    /// Takes in an accepted commit. Deployments whose rendering is as before are not woken.
    mutating func accept(_ delta: DesiredDelta) {
        commit = delta.commit
        for (key, desired) in delta.changed.sorted(by: { $0.key < $1.key }) { want(desired, key, at: delta.commit) }
        for (key, diagnostics) in delta.held.sorted(by: { $0.key < $1.key }) {
            hold(key, diagnostics, at: delta.commit)
        }
        for key in delta.released.sorted() { releaseInvalid(key, at: delta.commit) }
        for key in delta.removed.sorted() {
            remove(key, isOrphaned: delta.orphaned.contains(key), at: delta.commit)
        }
        if !isLoaded || !delta.removed.isEmpty { mayCollect() }
        if isLoaded {
            if fleetHold != nil { release(reason: "commit \(delta.commit.short) was accepted") }
            return
        }
        isLoaded = true
        for key in states.keys.sorted() { decideUnnamed(key) }
    }

    mutating func want(_ desired: DesiredDeployment, _ key: DeploymentKey, at commit: CommitID) {
        track(key)
        if isQuarantined(desired, key) {
            states[key]?.wait = nil
            return standIn(for: Asked(desired: desired, commit: commit), key)
        }
        guard mayBegin(desired, key, at: commit) else { return }
        endStandIn(key, because: "git asks for another revision")
        pursue(desired, key, at: commit)
    }

    /// Makes `desired` the goal.
    mutating func pursue(_ desired: DesiredDeployment, _ key: DeploymentKey, at commit: CommitID) {
        guard var state = states[key] else { return }
        let isSame = state.mode == .desired && state.desired?.rendering == desired.rendering
        let asksTheSame = state.desired?.admission == desired.admission
        if isSame, !asksTheSame {
            state.failures[.validate(desired.revision)] = nil
            state.generation += 1
        }
        if !isSame {
            changeGoal(&state)
            // Another rendering begins without the back-off of what was, also one of the same revision.
            let before = facts.keys[key]?.decided?.rendering
            if let before, before != desired.rendering.digest.description { state.startNotBefore = nil }
            if let old = state.desired, old.revision.short == facts.keys[key]?.lastServed { state.standIn = old }
            if state.desired?.revision != desired.revision { state.reservedSerials = [] }
            state.previous = state.desired
            state.commit = originOfRendering(desired, key) ?? commit
        }
        state.mode = .desired
        state.desired = desired
        states[key] = state
        if facts.keys[key]?.isOrphaned == true {
            note(makes(key).released(.orphaned, message: "git names the deployment again", commit: commit))
        }
        if isSame && asksTheSame { return }
        mayCollect()
        endObsoletePreparation(key)
        trigger(key)
    }

    /// The commit that this rendering came with, when a plan for just it was decided before a restart.
    private func originOfRendering(_ desired: DesiredDeployment, _ key: DeploymentKey) -> CommitID? {
        guard !isLoaded, let decided = facts.keys[key]?.decided else { return nil }
        return decided.rendering == desired.rendering.digest.description ? decided.commit : nil
    }

    /// A new goal ends back-off and failures of the old one: the newest commit wins.
    private func changeGoal(_ state: inout KeyState) {
        state.generation += 1
        state.failures = [:]
        state.observeFailure = nil
        state.idleLooks = 0
    }

    mutating func endObsoletePreparation(_ key: DeploymentKey) {
        builderQueue.removeAll { $0 == key }
        let (desired, candidate) = (states[key]?.desired, states[key]?.candidate)
        switch inFlight[key]?.act?.action {
        case .prepare(candidate?.revision): return
        case .validate(candidate?.revision)
        where inFlight[key]?.act?.question?.checklist == candidate?.admission.checklist:
            return
        case .prepare(desired?.revision): return
        case .validate(desired?.revision)
        where inFlight[key]?.act?.question?.checklist == desired?.admission.checklist:
            return
        case .prepare?, .validate?: cancel(key, isNeeded: false)
        case .startReplica?, .stopReplica?, .setRoute?, .forgetReplica?, nil: return
        }
    }

    private mutating func hold(_ key: DeploymentKey, _ diagnostics: [Diagnostic], at commit: CommitID) {
        track(key)
        states[key]?.held = diagnostics
        if facts.keys[key]?.isInvalid != true {
            note(makes(key).held(.invalidManifest, message: diagnostics.summary, commit: commit))
        }
        trigger(key)
    }

    private mutating func releaseInvalid(_ key: DeploymentKey, at commit: CommitID) {
        states[key]?.held = []
        if facts.keys[key]?.isInvalid == true {
            note(makes(key).released(.invalidManifest, message: "its manifests are well-formed again", commit: commit))
        }
        if states[key] != nil { trigger(key) }
    }

    mutating func remove(_ key: DeploymentKey, isOrphaned: Bool, at commit: CommitID) {
        track(key)
        if isOrphaned {
            stopWaiting(key, "git no longer names the deployment, and it is left alone", at: commit)
        } else if !mayBegin(nil, key, at: commit) {
            return
        }
        if states[key]?.mode == .absent || states[key]?.mode == .orphaned { return }
        endStandIn(key, because: "git no longer names the deployment")
        guard var state = states[key] else { return }
        changeGoal(&state)
        state.previous = state.desired ?? state.previous
        state.standIn = nil
        state.desired = nil
        state.commit = commit
        state.held = []
        state.mode = isOrphaned ? .orphaned : .absent
        states[key] = state
        if isOrphaned, facts.keys[key]?.isOrphaned != true {
            note(makes(key).held(.orphaned, message: "removed from git with pruning disabled", commit: commit))
        }
        endObsoletePreparation(key)
        trigger(key)
    }

    /// What the whole desired state does not name is not wanted; what it holds is left as it is.
    mutating func decideUnnamed(_ key: DeploymentKey) {
        guard let state = states[key], state.mode == .undecided, state.held.isEmpty, state.wait?.desired == nil,
            state.asked == nil
        else { return }
        if let commit, facts.keys[key]?.isOrphaned != true, !mayBegin(nil, key, at: commit) { return }
        states[key]?.mode = facts.keys[key]?.isOrphaned == true ? .orphaned : .absent
        states[key]?.generation += 1
        trigger(key)
    }
}
