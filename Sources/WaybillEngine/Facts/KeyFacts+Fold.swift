import WaybillCore

extension KeyFacts {
    /// How `plan.decided` writes a deployment that is to be absent.
    static let absent = "absent"
    /// An exit this long after the one before is the first of a new row. Part of the fold's definition: the same for
    /// every reader of a ledger.
    static let exitWindow = Duration.seconds(900)

    mutating func fold(_ event: Event) {
        if event.phase == .outcome, event.outcome == .succeeded, let done = event.actionDone {
            decided?.actions.remove(done)
        }
        switch event.type {
        case .planDecided: foldPlan(event)
        case .replicaStarted: foldStart(event)
        case .replicaStopped: foldStop(event)
        case .replicaForgotten: foldForget(event)
        case .replicaFailed: foldFailure(event)
        case .replicaExited: foldExit(event)
        case .replicaAdopted:
            if let id = event.replica {
                replicas[id, default: ReplicaFacts()].isStarted = true
                if let revision = event.body["revision"]?.string { replicas[id]?.revision = revision }
            }
        case .routesChanged: foldRoute(event)
        case .rolloutMoved: foldRollout(event)
        case .driftFound: foldDrift(event)
        case .driftCorrected:
            if let what = event.driftWhat { openDrift.remove(what) }
        case .holdPlaced: setHold(event, to: true)
        case .holdReleased: setHold(event, to: false)
        case .operatorCommand: foldCommand(event)
        case .versionValidated: foldVerdict(event)
        case .revisionAdmitted: foldAdmission(event)
        case .approvalSeen:
            if let word = event.body["word"]?.string { seenWords.insert(word) }
        case .changeAdmitted:
            approved = event.body["rendering"]?.string
            seenWords = []
            foldOverride(event)
        case .controllerStarted, .controllerStopped, .statementKeyMade, .controllerUpgraded, .commitObserved,
            .commitAccepted,
            .rulesAdopted, .versionsFixed, .bundleSigned, .bundleAttested, .bundlePulled, .contentVerified,
            .commitRejected, .commitRewound, .resourceInvalid, .environmentBuilt, .sourcesResolved,
            .packagingProgressed, .artifactVerified, .artifactInspected, .bundleBuilt, .signatureVerified,
            .contentQuarantined, .contentCollected, .revisionPrepared, .gatewayStarted, .storeRebuilt, .factsSnapshot,
            .intentReconciled, .cacheCollected, .recordsSealed, .recordsErased:
            break
        }
    }

    private mutating func foldPlan(_ event: Event) {
        guard let to = event.body["to"]?.string else { return }
        let actions = (event.body["actions"]?.list ?? []).compactMap { $0["action"]?.string }
        approved = nil
        let rendering = event.body["rendering"]?.string
        // Something else is asked for: it begins without the back-off of what was.
        if let before = decided?.rendering, before != rendering { exits = nil }
        decided = DecidedPlan(
            to: to, rendering: rendering,
            commit: event.body["commit"]?.string.flatMap { try? CommitID(parsing: $0) },
            version: event.body["version"]?.string.flatMap { try? VersionID(parsing: $0) }, actions: Set(actions))
    }

    private mutating func foldStart(_ event: Event) {
        guard let id = event.replica else { return }
        var known = replicas[id] ?? ReplicaFacts()
        known.revision = event.body["revision"]?.string ?? known.revision
        known.isStarted = event.phase == .outcome && event.outcome == .succeeded
        replicas[id] = known
    }

    private mutating func foldStop(_ event: Event) {
        guard let id = event.replica, event.phase == .intent else { return }
        replicas[id, default: ReplicaFacts()].isStopAsked = true
    }

    private mutating func foldForget(_ event: Event) {
        guard let id = event.replica, event.phase == .outcome, event.outcome == .succeeded else { return }
        replicas[id] = nil
    }

    /// Counts as the exit that it leads to.
    private mutating func foldFailure(_ event: Event) {
        guard let id = event.replica else { return }
        let reason = event.body["reason"]?.string ?? "it failed"
        replicas[id, default: ReplicaFacts()].failure = reason
        countExit(event, id, status: reason)
        countCrash(id)
    }

    /// A replica that is missing without a trace is an exit, too: it is written so once it is seen.
    private mutating func foldExit(_ event: Event) {
        guard let id = event.replica else { return }
        replicas[id, default: ReplicaFacts()].hasExited = true
        guard replicas[id]?.failure == nil else { return }
        countExit(event, id, status: event.body["status"]?.string ?? "gone")
        countCrash(id)
    }

    private mutating func countExit(_ event: Event, _ id: ReplicaID, status: String) {
        let revision = event.body["revision"]?.string ?? id.revisionShort
        var count = 1
        if let exits, exits.revision == revision, event.time - exits.lastAt < Self.exitWindow { count += exits.count }
        exits = ExitRow(revision: revision, count: count, lastAt: event.time, status: status)
    }

    private mutating func foldRoute(_ event: Event) {
        let named = (event.body["replicas"]?.list ?? []).compactMap {
            $0.string.flatMap { try? ReplicaID(parsing: $0) }
        }
        switch (event.phase, event.outcome) {
        case (.intent, _):
            rotation = (rotation ?? []).union(named)
            if shares != [] || event.shares != [] { shares = nil }
        case (.outcome, .succeeded?):
            rotation = Set(named)
            shares = event.shares
            let revisions = Set(named.map(\.revisionShort))
            // What answers alone only because nothing else was there has not earned it: it is not what served.
            let isEarning = rollout.map { $0.isLive && $0.weight < 100 && revisions == [$0.revision.short] } ?? false
            noteStay(of: isEarning ? [] : revisions, at: event.time)
            if revisions.count == 1, !isEarning {
                lastServed = revisions.first
                noteServed()
            }
        case (.outcome, .failed?), (.outcome, .reconciled?), (.outcome, nil), (.fact, _): break
        }
    }

    private mutating func foldDrift(_ event: Event) {
        guard let what = event.driftWhat else { return }
        openDrift.insert(what)
        // Replicas that run may have read the altered bytes: all of them are replaced once the bytes are right again.
        if what == .artifactAltered, let highest = replicas.keys.map(\.serial).max() {
            replaceSerialsBelow = max(replaceSerialsBelow, highest + 1)
        }
        if what == .replicaMissing, let id = event.body["subject"]?.string.flatMap({ try? ReplicaID(parsing: $0) }) {
            replicas[id] = nil
            countCrash(id)
        }
    }

    /// Only the controller's own: what a person has measured by hand admits nothing.
    private mutating func foldVerdict(_ event: Event) {
        guard event.phase == .outcome, event.outcome == .succeeded, event.actor == .controller,
            let revision = event.body["revision"]?.string,
            let found = event.body["verdict"]?.string.flatMap(Verdict.init(rawValue:)),
            let rules = event.digest("rules")
        else { return }
        isAskedAnew = false
        verdict = GateVerdict(
            revision: revision, checklist: event.body["checklist"]?.string ?? "", rules: rules, verdict: found,
            gate: event.body["gate"]?.string, message: event.body["found"]?.string,
            evidence: event.digest("evidence"), bundle: event.digest("digest"))
    }

    private mutating func foldOverride(_ event: Event) {
        overridden = nil
        guard let overrides = event.body["overrides"]?.list, let rendering = event.body["rendering"]?.string else {
            return
        }
        let words = [event.body["message"]?.string, event.body["insteadOf"]?.string.map { "instead of: \($0)" }]
        overridden = OverriddenChange(
            rendering: rendering, words: words.compactMap(\.self).joined(separator: "; "),
            until: overrides.compactMap { $0["expires"]?.string }.min())
    }

    private mutating func foldAdmission(_ event: Event) {
        guard let revision = event.body["revision"]?.string else { return }
        admitted = AdmittedRevision(
            revision: revision, rendering: event.body["rendering"]?.string, evidence: event.body["evidence"]?.string)
    }

    private mutating func setHold(_ event: Event, to isHeld: Bool) {
        switch event.body["reason"]?.string {
        case Reason.orphaned.rawValue?: isOrphaned = isHeld
        case Reason.invalidManifest.rawValue?: isInvalid = isHeld
        case Reason.artifactAltered.rawValue?: isAltered = isHeld
        case Reason.awaitingApproval.rawValue?, Reason.awaitingUpstream.rawValue?, Reason.frozen.rawValue?:
            awaited = isHeld ? event.body["change"]?.string.flatMap { try? Digest(parsing: $0) } : nil
            awaitedReason = isHeld ? event.body["reason"]?.string.flatMap(Reason.init(rawValue:)) : nil
        case Reason.quarantined.rawValue?: standIn = isHeld ? event.body["standIn"].flatMap(ServedState.init) : nil
        case _: break
        }
    }

    private mutating func foldCommand(_ event: Event) {
        switch event.body["command"]?.string {
        case "pause"?:
            isPaused = true
            pausedBy = event.body["actor"]?.string ?? event.actor.name
        case "resume"?:
            // Said of what is not paused, it is the word that a pause of the rollout waits for.
            obey(isPaused ? .resume : .advance, event)
            isPaused = false
            pausedBy = nil
        case "advance"?: obey(.advance, event)
        case "abort"?: obey(.abort, event)
        case "retry"?:
            exits = nil
            obey(.retry, event)
            guard verdict?.verdict != .passed else { return }
            isAskedAnew = verdict != nil
            verdict = nil
        case "rollback"?: foldRollback(event)
        case "lift"?:
            quarantined = [:]
            standIn = nil
            takenBack = [:]
        case "restart"?:
            exits = nil
            if let below = event.body["arguments"]?["replaceSerialsBelow"]?.integer {
                replaceSerialsBelow = max(replaceSerialsBelow, UInt64(max(0, below)))
            }
        case _: break
        }
    }
}

extension Event {
    /// The replica that the event names.
    var replica: ReplicaID? { body["replica"]?.string.flatMap { try? ReplicaID(parsing: $0) } }
    /// How `plan.decided` writes the action whose outcome this is.
    fileprivate var actionDone: String? {
        let replica = body["replica"]?.string ?? ""
        switch type {
        case .replicaStarted: return "start-replica \(replica)"
        case .replicaStopped: return "stop-replica \(replica)"
        case .replicaForgotten: return "forget-replica \(replica)"
        case .revisionPrepared: return "prepare \(body["revision"]?.string?.dropFirst(7).prefix(12) ?? "")"
        // Errors are asked about again and again, which is one decision.
        case .versionValidated where body["verdict"]?.string != Verdict.errored.rawValue:
            return "validate \(body["revision"]?.string?.dropFirst(7).prefix(12) ?? "")"
        case .routesChanged:
            let named = (body["replicas"]?.list ?? []).compactMap(\.string) + shares.map(\.description)
            return "set-route " + (named.isEmpty ? "to nothing" : named.joined(separator: " "))
        case _: return nil
        }
    }

    fileprivate func digest(_ member: String) -> Digest? {
        body[member]?.string.flatMap { try? Digest(parsing: $0) }
    }

    var driftWhat: Drift.What? { body["what"]?.string.flatMap(Drift.What.init(rawValue:)) }
}
