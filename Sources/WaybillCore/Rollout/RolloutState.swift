/// Where one revision's rollout is: all of it is in the ledger, so that a controller goes on from it after any death.
package struct RolloutState: Hashable, Codable, Sendable {
    package enum Status: String, CaseIterable, Hashable, Codable, Sendable {
        /// It goes on by itself, or waits for what its step names.
        case progressing
        /// It failed and stays where it is until a person says how it goes on.
        case halted
        /// It failed; the new revision has no traffic until a person or a commit says otherwise.
        case failed
        /// A person took it back; the same holds.
        case aborted
        /// All steps are done.
        case finished
        /// Git asks for something else.
        case ended
    }

    /// The new revision, and the digest of the whole rendering that asks for it.
    package var revision: Revision
    package var rendering: String
    /// What served when it began; nil: nothing did.
    package var stable: Revision?
    package var steps: [RolloutStep]
    /// Which step it is in, counted from 0.
    package var step: Int
    /// What the new revision is to have of the traffic, in whole percent.
    package var weight: Int
    /// Since when the step's time counts; nil: it does not.
    package var countsSince: Timestamp?
    package var status: Status
    /// Why it is where it is, in words.
    package var reason: String
    /// Replicas of the new revision that ended or failed their probes since it began.
    package var crashes: Int
    /// How far the analysis is that it is in; nil in other steps.
    package var analysis: AnalysisProgress?

    package init(
        revision: Revision, rendering: String, stable: Revision?, steps: [RolloutStep], step: Int = 0, weight: Int = 0,
        countsSince: Timestamp? = nil, status: Status = .progressing, reason: String, crashes: Int = 0,
        analysis: AnalysisProgress? = nil
    ) {
        self.analysis = analysis
        self.revision = revision
        self.rendering = rendering
        self.stable = stable
        self.steps = steps
        self.step = step
        self.weight = weight
        self.countsSince = countsSince
        self.status = status
        self.reason = reason
        self.crashes = crashes
    }

    /// Two revisions are looked after.
    package var isLive: Bool {
        switch status {
        case .progressing, .halted, .failed, .aborted: true
        case .finished, .ended: false
        }
    }

    /// The new revision has no traffic until a person or a commit says otherwise.
    package var isTakenBack: Bool {
        switch status {
        case .failed, .aborted: true
        case .progressing, .halted, .finished, .ended: false
        }
    }

    package var current: RolloutStep? { steps.indices.contains(step) ? steps[step] : nil }

    /// `step 2 of 4: 50 % of the traffic`.
    package var place: String { "step \(min(step + 1, steps.count)) of \(steps.count): \(weight) % of the traffic" }

    /// What must never be; empty when all is well.
    package var violations: [String] {
        var found: [String] = []
        if !(0...100).contains(weight) { found.append("a weight of \(weight)") }
        if isTakenBack && weight != 0 { found.append("\(status.rawValue), yet it has \(weight) %") }
        if let analysis, analysis.outcome == .passed { found.append("stopped by an analysis that passed") }
        if isLive && current == nil { found.append("step \(step) of \(steps.count)") }
        let earned = steps.prefix(step + 1).compactMap { if case .weight(let share) = $0 { share } else { nil } }.max()
        if weight > earned ?? 0 { found.append("\(weight) % at step \(step), which has not earned it") }
        return found
    }
}

/// What the ledger knows of an analysis that is under way or has stopped a rollout.
package struct AnalysisProgress: Hashable, Codable, Sendable {
    /// How often its counting has begun; 0: not yet.
    package var tries: Int
    /// The verdict that stopped the rollout here; nil while it goes on.
    package var outcome: AnalysisVerdict.Outcome?

    package init(tries: Int = 0, outcome: AnalysisVerdict.Outcome? = nil) {
        self.tries = tries
        self.outcome = outcome
    }
}

/// What is seen of the analysis that a rollout is in.
package enum AnalysisSight: Hashable, Sendable {
    /// What the gateway counts cannot be had now; what is waited for.
    case unreadable(String)
    /// It can be counted from now on; what was counted before, if anything, is lost for this reason.
    case countable(lost: String?)
    case counting(AnalysisRun)
}

/// What is seen of a rollout at one moment.
package struct RolloutSight: Hashable, Sendable {
    /// Replicas of the new revision: asked for, and ready.
    package var wanted: Int
    package var ready: Int
    /// Ready replicas of what served before.
    package var stableReady: Int
    package var isGatewayRunning: Bool
    /// Whether the gateway's build can divide traffic between revisions.
    package var dividesTraffic: Bool
    /// The new revision's share by the table that the gateway has taken up; nil: not known.
    package var inForce: Int?
    package var onFailure: ModelDeployment.Rollout.OnFailure
    package var onInconclusive: ModelDeployment.Rollout.OnInconclusive
    package var analysis: AnalysisSight
    package var now: Timestamp

    package init(
        wanted: Int, ready: Int, stableReady: Int, isGatewayRunning: Bool = true, dividesTraffic: Bool = true,
        inForce: Int?,
        onFailure: ModelDeployment.Rollout.OnFailure = .rollback,
        onInconclusive: ModelDeployment.Rollout.OnInconclusive = .pause,
        analysis: AnalysisSight = .unreadable("the gateway to tell what it counts"), now: Timestamp
    ) {
        self.onInconclusive = onInconclusive
        self.analysis = analysis
        self.wanted = wanted
        self.ready = ready
        self.stableReady = stableReady
        self.isGatewayRunning = isGatewayRunning
        self.dividesTraffic = dividesTraffic
        self.inForce = inForce
        self.onFailure = onFailure
        self.now = now
    }
}

/// What follows from a sight: the next state, or what it waits for.
package struct RolloutDecision: Hashable, Sendable {
    /// Nil: it stays as it is.
    package var next: RolloutState?
    /// What it waits for, in words; empty with `next`.
    package var waitsFor: String
    /// When it changes though nothing is reported.
    package var wakeAt: Timestamp?
    /// When it is to be looked at again, which may change nothing.
    package var lookAt: Timestamp?
    /// When an analysis without a verdict is inconclusive.
    package var patience: Timestamp?
    /// What an analysis found that led to `next`.
    package var record: AnalysisRecord?

    package init(
        next: RolloutState? = nil, waitsFor: String = "", wakeAt: Timestamp? = nil, lookAt: Timestamp? = nil,
        patience: Timestamp? = nil, record: AnalysisRecord? = nil
    ) {
        self.next = next
        self.waitsFor = waitsFor
        self.wakeAt = wakeAt
        self.lookAt = lookAt
        self.patience = patience
        self.record = record
    }
}
