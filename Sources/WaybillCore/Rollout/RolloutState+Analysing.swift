// The part of the machine that judges by what the new revision answers.
//
// Guarantees: an analysis is passed only by a verdict over what was counted without a gap since its counting last began, once its
// time is over, while gateway and new revision are whole and the counts can be read; it fails at any moment; a time without a
// verdict is inconclusive and never a success.
extension RolloutState {
    func analyse(_ analysis: AnalysisStep, _ seen: RolloutSight) -> RolloutDecision {
        switch seen.analysis {
        case .unreadable(let waitsFor): unread(analysis, waitsFor, seen)
        case .countable(let lost): beginCounting(analysis, lost, seen)
        case .counting(let run): judge(run, seen)
        }
    }

    /// The time goes on, and nothing is decided.
    private func unread(_ analysis: AnalysisStep, _ waitsFor: String, _ seen: RolloutSight) -> RolloutDecision {
        if countsSince != nil, obstacle(seen) != nil, let decision = count(analysis.time, seen) { return decision }
        return RolloutDecision(waitsFor: obstacle(seen) ?? waitsFor, lookAt: seen.now + analysis.block)
    }

    private func beginCounting(
        _ step: AnalysisStep, _ lost: String?, _ seen: RolloutSight
    ) -> RolloutDecision {
        if let obstacle = obstacle(seen) {
            return RolloutDecision(waitsFor: obstacle, lookAt: seen.now + step.block)
        }
        guard seen.inForce == weight else {
            return RolloutDecision(waitsFor: "the gateway to take up \(weight) %", lookAt: seen.now + step.block)
        }
        var next = self
        let tries = (analysis?.tries ?? 0) + 1
        next.analysis = AnalysisProgress(tries: tries)
        next.countsSince = seen.now
        next.reason =
            tries == 1
            ? "its answers count from now on" : "its answers are counted anew: \(lost ?? "the controller began anew")"
        return RolloutDecision(next: next)
    }

    private func judge(_ run: AnalysisRun, _ seen: RolloutSight) -> RolloutDecision {
        let record = run.record
        if record.outcome == .failed { return failed(record, seen) }
        if var decision = count(run.analysis.time, seen) {
            if decision.next == nil { decision.lookAt = run.nextBlock }
            return decision
        }
        if record.outcome == .passed {
            return leave(run, record, seen, because: "the analysis passed (\(record.words))")
        }
        if run.isOverdue { return inconclusive(record, run, seen) }
        return RolloutDecision(
            waitsFor: record.waitsFor, lookAt: run.nextBlock, patience: run.patience(at: seen.now))
    }

    private func failed(_ record: AnalysisRecord, _ seen: RolloutSight) -> RolloutDecision {
        stopped(failing("the analysis failed (\(record.words))", seen.onFailure), record)
    }

    private func inconclusive(
        _ record: AnalysisRecord, _ run: AnalysisRun, _ seen: RolloutSight
    ) -> RolloutDecision {
        let found = "the analysis is inconclusive after \(run.analysis.within.manifestText) (\(record.words))"
        switch seen.onInconclusive {
        case .pause: return stopped(halted(found, asked: "onInconclusive"), record)
        case .rollback:
            var next = takenBack(found)
            next.reason += " (onInconclusive: rollback)"
            return stopped(next, record)
        case .goOn:
            return leave(run, record, seen, because: "\(found); it goes on all the same (onInconclusive: continue)")
        }
    }

    /// The next step, with the verdict; or, while the share is not in force, another look.
    private func leave(
        _ run: AnalysisRun, _ record: AnalysisRecord, _ seen: RolloutSight, because reason: String
    ) -> RolloutDecision {
        var decision = leave(seen, because: reason)
        if decision.next == nil { decision.lookAt = run.nextBlock } else { decision.record = record }
        return decision
    }

    private func stopped(_ state: RolloutState, _ record: AnalysisRecord) -> RolloutDecision {
        var next = state
        next.analysis?.outcome = record.outcome
        return RolloutDecision(next: next, record: record)
    }
}
