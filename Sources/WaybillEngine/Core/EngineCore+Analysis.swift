import WaybillCore

// What a rollout's analysis sees of the gateway's counts.
extension EngineCore {
    /// The gateway is to be asked what it counts.
    func isAnalysing(_ key: DeploymentKey) -> Bool {
        guard let rollout = rollout(of: key), rollout.status == .progressing else { return false }
        return rollout.analysis != nil
    }

    /// Takes in what the gateway tells in this look, if it goes on with what was counted before.
    mutating func watchAnswers(_ key: DeploymentKey) {
        guard let rollout = rollout(of: key), rollout.status == .progressing, var run = states[key]?.analysis,
            run.belongs(to: rollout), let counts = readable(rollout, states[key]?.observation?.route),
            run.loss(counts) == nil
        else { return }
        run.take(counts, at: now, wall: wallNow)
        states[key]?.analysis = run
    }

    /// After a transition that begins a count: from what this look has seen.
    mutating func beginCounting(_ key: DeploymentKey) {
        guard let rollout = rollout(of: key), let tries = rollout.analysis?.tries, tries > 0,
            rollout.status == .progressing, states[key]?.analysis?.belongs(to: rollout) != true,
            let counts = readable(rollout, states[key]?.observation?.route)
        else { return }
        let run = AnalysisRun(rollout, counts, tries: tries, at: now, wall: wallNow)
        states[key]?.analysis = run
    }

    func analysisSight(_ key: DeploymentKey, _ rollout: RolloutState, _ route: ObservedRoute) -> AnalysisSight {
        guard rollout.analysis != nil else { return .unreadable("") }
        if let problem = AnalysisRun.problem(route.counts, rollout.revision, rollout.stable) {
            return .unreadable(problem)
        }
        guard let counts = route.counts, let run = states[key]?.analysis, run.belongs(to: rollout) else {
            return .countable(lost: nil)
        }
        return run.loss(counts).map { .countable(lost: $0) } ?? .counting(run)
    }

    private func readable(_ rollout: RolloutState, _ route: ObservedRoute?) -> GatewayCounts? {
        guard let counts = route?.counts,
            AnalysisRun.problem(counts, rollout.revision, rollout.stable) == nil
        else { return nil }
        return counts
    }

    /// What is told of the analysis that `rollout` is in, or was stopped by.
    func analysisRecord(_ rollout: RolloutState, _ state: KeyState) -> AnalysisRecord? {
        guard let run = state.analysis, run.belongs(to: rollout) else { return nil }
        return run.record
    }
}
