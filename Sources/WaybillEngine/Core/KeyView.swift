import WaybillCore

/// Everything that a deployment's conditions are derived from, and the derivation.
struct KeyView {
    let state: KeyState
    let facts: KeyFacts
    let fleetHold: FleetHold?
    let isLedgerLost: Bool
    let isGatewayLost: Bool
    let policy: EnginePolicy
    let now: Timestamp
    let isActing: Bool
    let rollout: RolloutSummary?

    /// A condition's reason and message.
    struct Word {
        var reason: String
        var message: String

        init(_ reason: Reason, _ message: String) { self.init(reason.rawValue, message) }
        init(_ reason: String, _ message: String) {
            self.reason = reason
            self.message = message
        }
    }

    /// Writes all conditions: `Ready` always, the others while they are true.
    func write(into conditions: inout Conditions, at time: Timestamp, commit: CommitID?) {
        let isReady = ready == nil
        let why = ready ?? Word(.serving, servingMessage)
        conditions.set(
            Condition(
                .ready, isTrue: isReady, reason: why.reason, message: why.message, changedAt: time,
                observedCommit: commit))
        let stall = isReady ? nil : stalled
        let words: [(Condition.Kind, Word?)] = [
            (.stalled, stall), (.reconciling, isReady || stall != nil ? nil : reconciling), (.held, held),
            (.paused, paused), (.overridden, overridden),
        ]
        for (kind, word) in words {
            guard let word else {
                conditions.remove(kind)
                continue
            }
            conditions.set(
                Condition(
                    kind, isTrue: true, reason: word.reason, message: word.message, changedAt: time,
                    observedCommit: commit))
        }
    }

    // MARK: Ready

    private var servingMessage: String {
        guard let desired = state.desired else { return "nothing is asked for" }
        let count = desired.replicas
        return "\(count) replica\(count == 1 ? "" : "s") of \(desired.spec.version) serve\(count == 1 ? "s" : "")"
    }

    /// Why it is not ready; nil when exactly what is desired serves.
    private var ready: Word? {
        if let failure = state.observeFailure?.failure { return Word(failure.reason, failure.message) }
        switch state.mode {
        case .undecided:
            if let wait = state.wait { return Word(wait.reason, wait.message) }
            return state.held.isEmpty
                ? Word(.notObserved, "nothing is known of it yet")
                : Word(.invalidManifest, state.held.summary)
        case .orphaned: return Word(.orphaned, "removed from git with pruning disabled; it is left alone")
        case .absent: return Word(.removing, "git no longer names it; what is left of it is being removed")
        case .desired: return notServing
        }
    }

    private var notServing: Word? {
        if isGatewayLost, let wanted = state.desired?.replicas, wanted > 0 {
            return Word(.gatewayStopped, "the gateway does not answer")
        }
        guard let plan = state.plan, let observation = state.observation, plan.to == state.desired?.revision else {
            return Word(.notObserved, "it is about to be looked at")
        }
        if plan.isGoalServed && state.desired.map({ plan.goal == .serve($0.revision, replicas: $0.replicas) }) ?? false
        {
            return stuck
        }
        if let altered { return altered }
        if let refused { return refused }
        if let rolloutFailed { return rolloutFailed }
        if let row = worstFailure { return Word(row.failure.reason, row.failure.message) }
        if !observation.route.isGatewayRunning { return Word(.gatewayStopped, "the gateway does not answer") }
        if facts.isPaused { return Word(.paused, "paused; \(plan.actions.count) actions wait") }
        if let exits = currentExits { return Word(exits.reason, exits.message) }
        if let rollout { return Word(.rollingOut, rollout.words) }
        if plan.isEmpty { return Word(.unready, "a replica's readiness probe fails") }
        return Word(.progressing, progress(plan))
    }

    private func progress(_ plan: KeyPlan) -> String {
        guard let next = plan.runnable.first ?? plan.actions.first else { return "under way" }
        let wait = next.waitsFor.map { "; waits for \($0)" } ?? ""
        return "\(next.action): \(next.reason)\(wait)"
    }

    // MARK: The others

    private var stalled: Word? {
        guard state.mode == .desired || state.mode == .absent, !facts.isPaused else { return nil }
        if let row = state.observeFailure, row.notBefore == nil { return Word(row.failure.reason, row.failure.message) }
        if let row = worstFailure, row.notBefore == nil { return Word(row.failure.reason, row.failure.message) }
        if let stuck, state.plan?.isTidying ?? false { return stuck }
        if let refused { return refused }
        if let rolloutFailed { return rolloutFailed }
        if let exits = facts.exits, currentExits != nil, exits.count >= policy.crashLoopExits {
            return Word(.crashLoop, exitMessage(exits))
        }
        return nil
    }

    private var reconciling: Word? {
        guard state.mode == .desired || state.mode == .absent, !facts.isPaused else { return nil }
        if isLedgerLost {
            return Word(.ledgerUnavailable, "the ledger takes no entries; nothing is changed until it does")
        }
        if altered != nil { return nil }
        if let row = state.observeFailure ?? worstFailure {
            return Word(.retrying, "attempt \(row.count) failed: \(row.failure.message)")
        }
        if let exits = currentExits { return exits }
        if let rollout { return Word(.rollingOut, rollout.words) }
        guard let plan = state.plan else { return Word(.progressing, "it is about to be looked at") }
        return Word(.progressing, progress(plan))
    }

    private var held: Word? {
        if !state.held.isEmpty { return Word(.invalidManifest, state.held.summary) }
        if let wait = state.wait { return Word(wait.reason, wait.message) }
        if state.mode == .orphaned { return Word(.orphaned, "removed from git with pruning disabled") }
        if let altered { return altered }
        if let quarantined { return quarantined }
        if let ban = state.desired?.ban, state.plan?.refusal == nil {
            return Word(.versionBanned, "\(ban); what serves it goes on")
        }
        return fleetHold.map { Word($0.cause.rawValue, $0.message) }
    }

    /// Git asks for what was rolled back.
    private var quarantined: Word? {
        guard let asked = state.asked, let row = facts.quarantined[asked.desired.revision.description] else {
            return nil
        }
        let standIn = facts.standIn.map { $0.version?.description ?? "revision \($0.short)" }
        let trouble = state.recallFailure.map { "; what it was cannot be read: \($0.failure.message)" } ?? ""
        return Word(
            .quarantined,
            "git asks for \(asked.desired.spec.version), which \(row.by) rolled back: \(row.reason); "
                + "\(standIn ?? "nothing") serves in its place until git asks for another revision, or until "
                + "'waybill lift'\(trouble)")
    }

    private var paused: Word? {
        facts.isPaused ? Word(.paused, "paused by \(facts.pausedBy ?? "an operator")") : nil
    }

    /// What serves began in spite of what it waited for: said until another change is admitted.
    private var overridden: Word? {
        guard let row = facts.overridden, row.rendering == state.desired?.rendering.digest.description else {
            return nil
        }
        return Word(.overridden, "\(row.words)\(row.until.map { "; the override ends at \($0)" } ?? "")")
    }

    /// Why the desired revision does not start: its gates, or that they could not be asked.
    private var refused: Word? {
        if let refusal = state.plan?.refusal { return Word(refusal.reason, refusal.message) }
        guard let row = state.gatesError, row.failure.reason == Reason.gatesErrored.rawValue else { return nil }
        return Word(
            .gatesErrored, "\(row.failure.message); what served goes on, and they are asked again by themselves")
    }

    /// A rollout that goes on by no time and no report: only by a person or a commit.
    private var rolloutFailed: Word? {
        guard let rollout else { return nil }
        let key = state.desired?.key.description ?? ""
        switch rollout.state.status {
        case .progressing, .finished, .ended: return nil
        case .halted:
            return Word(
                .rolloutFailed,
                "\(rollout.state.place): \(rollout.state.reason); 'waybill rollout advance \(key)' lets it go on, "
                    + "'waybill rollout abort \(key)' takes it back")
        case .failed, .aborted:
            let serving = rollout.stableVersion.map { "\($0) serves" } ?? "what served before goes on"
            return Word(
                .rolloutFailed,
                "\(rollout.state.reason); \(serving). 'waybill retry \(key)' begins it again, and so does a commit "
                    + "that changes the deployment")
        }
    }

    /// A replica that was told to stop and does not end.
    private var stuck: Word? {
        state.plan?.drift.first { $0.what == .replicaStuck }.map { Word(.replicaStuck, $0.message) }
    }

    /// Model files that were altered and could not be put right: what serves is left, nothing is started on them.
    private var altered: Word? { state.alteredMessage(facts).map { Word(.artifactAltered, $0) } }

    // MARK: Failures

    /// What needs a person before what is tried again; then the most frequent.
    private var worstFailure: FailureRow? {
        let rank = { (row: FailureRow) in (row.notBefore == nil ? 1 : 0, row.count, row.failure.reason) }
        return state.failures.values.max { rank($0) < rank($1) }
    }

    /// Exits in a row of the desired revision, while a start waits because of them.
    private var currentExits: Word? {
        guard let exits = facts.exits, exits.revision == state.desired?.revision.description,
            state.plan?.actions.contains(where: { if case .startReplica = $0.action { true } else { false } }) ?? false
                || state.observation?.replicas.contains(where: { $0.phase == .starting }) ?? false
        else { return nil }
        return Word(exits.count >= policy.crashLoopExits ? .crashLoop : .backOff, exitMessage(exits))
    }

    private func exitMessage(_ exits: ExitRow) -> String {
        let lines = lastLines
        let log = lines.isEmpty ? "" : "; its last words:\n" + lines.joined(separator: "\n")
        return "\(exits.count) exit\(exits.count == 1 ? "" : "s") in a row, the last: \(exits.status)\(log)"
    }

    private var lastLines: [String] {
        let ended =
            state.observation?.replicas.filter { $0.revision == state.desired?.revision && $0.exit != nil } ?? []
        let last = ended.max { left, right in
            guard let leftAt = left.exit?.at, let rightAt = right.exit?.at else { return left.id < right.id }
            return (leftAt, left.id) < (rightAt, right.id)
        }
        return Array((last?.exit?.lastLines ?? []).suffix(20)).map { String($0.prefix(300)) }
    }
}

extension KeyPlan {
    /// Nothing is left but to stop and forget.
    fileprivate var isTidying: Bool {
        actions.allSatisfy { planned in
            switch planned.action {
            case .stopReplica, .forgetReplica: true
            case .prepare, .validate, .startReplica, .setRoute: false
            }
        }
    }
}
