// The machine: state and sight in, next state out, one transition at a time.
//
// Guarantees: a share is raised only while every replica of the new revision is ready and the gateway answers; a step is left
// only once the gateway has taken up its share; time counts only while that holds, and never backwards; neither a time-out nor
// silence is ever a success.
extension RolloutState {
    /// Replicas of the new revision that may end before it has any traffic. With traffic the first one is one too many.
    package static let crashesBeforeTraffic = 3

    /// What follows from `seen`. Safe to ask again: after the last transition it answers what it waits for.
    package func decide(_ seen: RolloutSight) -> RolloutDecision {
        switch status {
        case .progressing: failure(seen) ?? progress(seen)
        case .halted: RolloutDecision(waitsFor: "a person: 'waybill rollout advance', 'abort', or 'waybill retry'")
        case .failed, .aborted: RolloutDecision(waitsFor: "'waybill retry', or a commit that changes the deployment")
        case .finished, .ended: RolloutDecision(waitsFor: "nothing")
        }
    }

    private func progress(_ seen: RolloutSight) -> RolloutDecision {
        switch current {
        case .weight(let share)?: raise(to: share, seen)
        case .pause(let time)?, .keepOld(let time)?:
            count(time, seen) ?? leave(seen, because: "\(time.manifestText) have passed")
        case .analysis(let analysis)?: analyse(analysis, seen)
        case .pauseUntilResumed?: RolloutDecision(waitsFor: "the word of a person: 'waybill rollout advance'")
        case nil: RolloutDecision(next: finished)
        }
    }

    private func failure(_ seen: RolloutSight) -> RolloutDecision? {
        let mayCrash = weight > 0 ? 1 : Self.crashesBeforeTraffic
        guard crashes >= mayCrash else { return nil }
        let count = "\(crashes) replica\(crashes == 1 ? "" : "s") of revision \(revision.short)"
        let found = "\(count) ended or failed \(crashes == 1 ? "its" : "their") probes with \(weight) % of the traffic"
        return RolloutDecision(next: failing(found, seen.onFailure))
    }

    /// The state after a failure, by what the manifest asks for then.
    func failing(_ found: String, _ onFailure: ModelDeployment.Rollout.OnFailure) -> RolloutState {
        switch onFailure {
        case .rollback: takenBack(found)
        case .pause: halted(found, asked: "onFailure")
        }
    }

    /// Without traffic, until a person or a commit says otherwise.
    func takenBack(_ found: String) -> RolloutState {
        var next = self
        (next.status, next.weight, next.countsSince) = (.failed, 0, nil)
        next.reason = "\(found); all traffic goes back to what served before"
        return next
    }

    /// Where it is, until a person says otherwise.
    ///
    /// - Parameter asked: the field of the manifest that says so.
    func halted(_ found: String, asked: String) -> RolloutState {
        var next = self
        (next.status, next.countsSince) = (.halted, nil)
        next.reason = "\(found); it stays at \(weight) % (\(asked): pause)"
        return next
    }

    /// What keeps the new revision from being judged at all.
    func obstacle(_ seen: RolloutSight) -> String? {
        if !seen.isGatewayRunning { return "the gateway to answer" }
        let missing = max(0, seen.wanted - seen.ready)
        guard missing > 0 else { return nil }
        return
            "\(missing) of \(seen.wanted) replica\(seen.wanted == 1 ? "" : "s") of revision \(revision.short) to be ready"
    }

    private func raise(to share: Int, _ seen: RolloutSight) -> RolloutDecision {
        if let obstacle = obstacle(seen) { return RolloutDecision(waitsFor: obstacle) }
        if share < 100, seen.stableReady == 0 {
            return RolloutDecision(waitsFor: "a replica of what served before to be ready")
        }
        if (1..<100).contains(share), !seen.dividesTraffic {
            return RolloutDecision(
                waitsFor: "a gateway of a build that divides traffic ('waybill gateway --take-over' replaces it)")
        }
        if weight != share {
            var next = sharing(share)
            next.reason = "\(seen.ready) of \(seen.wanted) replicas are ready: it gets \(share) % of the traffic"
            return RolloutDecision(next: next)
        }
        return leave(seen, because: share == 0 ? "all its replicas are ready" : "the gateway gives it \(share) %")
    }

    /// Counts the time of a step; nil once it is over.
    func count(_ time: Duration, _ seen: RolloutSight) -> RolloutDecision? {
        var next = self
        if let obstacle = obstacle(seen) {
            guard countsSince != nil else { return RolloutDecision(waitsFor: obstacle) }
            next.countsSince = nil
            next.reason = "its time counts anew, and waits for \(obstacle)"
            return RolloutDecision(next: next)
        }
        guard let countsSince else {
            next.countsSince = seen.now
            next.reason = "\(time.manifestText) count from now on"
            return RolloutDecision(next: next)
        }
        // A clock that was put back has seen nothing pass.
        let end = min(countsSince, seen.now) + time
        guard end <= seen.now else {
            let what =
                switch current {
                case .keepOld?: "the old revision is kept for"
                case .analysis?: "analysis of at least"
                case .weight?, .pause?, .pauseUntilResumed?, nil: "pause of"
                }
            return RolloutDecision(waitsFor: "\(what) \(time.manifestText)", wakeAt: end)
        }
        return nil
    }

    func leave(_ seen: RolloutSight, because reason: String) -> RolloutDecision {
        guard seen.inForce == weight else {
            return RolloutDecision(waitsFor: "the gateway to take up \(weight) %")
        }
        var next = entering(step + 1, at: seen.now)
        if case .weight(let share)? = next.current, share == 100 || seen.dividesTraffic && seen.stableReady > 0 {
            next = next.sharing(share)
        }
        next.reason = next.current.map { "\(reason); next: \($0.words)" } ?? "\(reason); all steps are done"
        return RolloutDecision(next: next)
    }

    /// With its first traffic it begins without what ended before, which harmed nobody.
    private func sharing(_ share: Int) -> RolloutState {
        var next = self
        if weight == 0, share > 0 { next.crashes = 0 }
        next.weight = share
        return next
    }

    func entering(_ index: Int, at time: Timestamp) -> RolloutState {
        guard steps.indices.contains(index) else { return finished }
        var next = self
        (next.step, next.analysis) = (index, nil)
        switch steps[index] {
        case .pause, .keepOld: next.countsSince = time
        case .weight, .pauseUntilResumed: next.countsSince = nil
        case .analysis: (next.countsSince, next.analysis) = (nil, AnalysisProgress())
        }
        return next
    }

    private var finished: RolloutState {
        var next = self
        (next.status, next.step, next.countsSince, next.analysis) = (.finished, steps.count, nil, nil)
        next.reason = "all steps are done"
        return next
    }

    // MARK: A person's word

    package enum Word: String, CaseIterable, Hashable, Sendable { case advance, abort, resume, retry }

    /// The state after a person's word; nil when the word changes nothing here.
    package func obeying(_ word: Word, at time: Timestamp) -> RolloutState? {
        switch (word, status) {
        case (.advance, .progressing): return advanced(at: time)
        case (.advance, .halted):
            // What the analysis could not say, or said, a person has answered: it is not asked again.
            guard let outcome = analysis?.outcome else { return goingOn("a person lets it go on") }
            let found = outcome == .failed ? "failed" : "is inconclusive"
            return past("a person lets it go on past an analysis that \(found)", at: time)
        case (.abort, .progressing), (.abort, .halted):
            var next = self
            (next.status, next.weight, next.countsSince) = (.aborted, 0, nil)
            next.reason = "a person took it back"
            return next
        case (.resume, .progressing):
            // What a person has stopped did not earn the time that it stood still.
            guard countsSince != nil else { return nil }
            var next = self
            next.countsSince = time
            next.reason = "its time counts anew after the pause"
            return next
        case (.retry, .halted), (.retry, .failed), (.retry, .aborted):
            var next = goingOn("a person lets it begin again")
            (next.step, next.weight, next.analysis) = (0, 0, nil)
            return next
        case (.advance, .failed), (.advance, .aborted), (.advance, .finished), (.advance, .ended),
            (.abort, .failed), (.abort, .aborted), (.abort, .finished), (.abort, .ended),
            (.resume, .halted), (.resume, .failed), (.resume, .aborted), (.resume, .finished), (.resume, .ended),
            (.retry, .progressing), (.retry, .finished), (.retry, .ended):
            return nil
        }
    }

    /// Past a pause; nil in a step that waits for replicas or gateway, which no word replaces.
    private func advanced(at time: Timestamp) -> RolloutState? {
        switch current {
        case .pause?, .pauseUntilResumed?, .keepOld?: return past("a person lets it go on", at: time)
        case .analysis?: return past("a person lets it go on past an analysis without a verdict", at: time)
        case .weight?, nil: return nil
        }
    }

    private func past(_ reason: String, at time: Timestamp) -> RolloutState {
        var next = entering(step + 1, at: time)
        if next.status == .halted { (next.status, next.crashes) = (.progressing, 0) }
        next.reason = reason + (next.current.map { "; next: \($0.words)" } ?? "")
        return next
    }

    private func goingOn(_ reason: String) -> RolloutState {
        var next = self
        (next.status, next.crashes, next.countsSince, next.reason) = (.progressing, 0, nil, reason)
        next.analysis?.outcome = nil
        return next
    }
}
