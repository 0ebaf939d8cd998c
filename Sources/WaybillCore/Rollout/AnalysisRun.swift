/// What was seen in one analysis since its counting began. Kept in memory only: a controller that starts again begins anew, with a
/// smaller part of the false stops that are allowed.
package struct AnalysisRun: Hashable, Sendable {
    package let revision: Revision
    package let stable: Revision
    package let step: Int
    /// How often the counting of this step has begun, this time included.
    package let tries: Int
    package let analysis: AnalysisStep
    /// The part of the false stops that each check may spend.
    package let alpha: Double

    /// When the counting began, and when it was last looked at, on the wall clock.
    package private(set) var window: (from: Timestamp, to: Timestamp)
    /// What was counted by check, in their order.
    package private(set) var summaries: [AnalysisSummary]
    /// How long the gateway has told what it counts.
    package private(set) var watched: Duration = .zero
    /// When the next block is due, on the caller's clock.
    package var nextBlock: Timestamp { lastBlock + analysis.block }

    private let epoch: String
    private var last: (canary: RevisionCounts, stable: RevisionCounts)
    private var lastBlock: Timestamp
    private var lastSeen: Timestamp

    /// A gap between two readings counts for no more: nobody watched.
    private static let longestGap = Duration.seconds(30)

    /// Nil when `counts` cannot be counted from, with `problem(_:)` in words.
    package init?(
        _ state: RolloutState, _ counts: GatewayCounts, tries: Int, at now: Timestamp, wall: Timestamp
    ) {
        guard case .analysis(let analysis)? = state.current, let stable = state.stable,
            Self.problem(counts, state.revision, stable) == nil,
            let mine = counts.revisions[state.revision.description],
            let theirs = counts.revisions[stable.description]
        else { return nil }
        (revision, self.stable, step, self.tries, self.analysis) = (
            state.revision, stable, state.step, tries, analysis
        )
        alpha = state.steps.alpha(tries: tries)
        window = (wall, wall)
        summaries = Array(repeating: AnalysisSummary(), count: analysis.checks.count)
        epoch = counts.epoch
        last = (mine, theirs)
        (lastBlock, lastSeen) = (now, now)
    }

    /// Why nothing can be counted from `counts`, as what is waited for; nil when it can.
    package static func problem(_ counts: GatewayCounts?, _ revision: Revision, _ stable: Revision?) -> String? {
        guard let counts else {
            return "the gateway to tell what it counts (one of an older build does not: 'waybill gateway --take-over')"
        }
        if !counts.isWhole { return "the gateway before this one to have answered what it had begun" }
        for one in [revision, stable].compactMap(\.self) {
            guard let its = counts.revisions[one.description] else {
                return "the gateway to count what revision \(one.short) answers"
            }
            if its.since(.zero) == nil { return "the gateway to tell counts of a form that this build knows" }
        }
        return nil
    }

    /// Why what was counted so far cannot be gone on with from `counts`; nil when it can.
    package func loss(_ counts: GatewayCounts) -> String? {
        if counts.epoch != epoch { return "the gateway has begun anew" }
        guard let mine = counts.revisions[revision.description], let theirs = counts.revisions[stable.description],
            mine.since(last.canary) != nil, theirs.since(last.stable) != nil
        else { return "the gateway counts fewer answers than before" }
        return nil
    }

    /// Whether it is of the analysis that `state` is in.
    package func belongs(to state: RolloutState) -> Bool {
        state.revision == revision && state.stable == stable && state.step == step
            && state.analysis?.tries == tries && state.current == .analysis(analysis)
    }

    /// Takes in what the gateway has counted by now; a block is closed once it is long enough.
    ///
    /// - Precondition: `loss(counts)` is nil.
    package mutating func take(_ counts: GatewayCounts, at now: Timestamp, wall: Timestamp) {
        watched += min(max(.zero, now - lastSeen), Self.longestGap)
        lastSeen = now
        guard now >= nextBlock, let mine = counts.revisions[revision.description],
            let theirs = counts.revisions[stable.description],
            let canary = mine.since(last.canary), let stable = theirs.since(last.stable)
        else { return }
        for (index, check) in analysis.checks.enumerated() {
            summaries[index].add(AnalysisBlock(canary: check.counts(canary), stable: check.counts(stable)))
        }
        last = (mine, theirs)
        lastBlock = now
        window.to = max(window.from, wall)
    }

    /// What it comes to by now.
    package var record: AnalysisRecord {
        AnalysisRecord(
            tries: tries, from: window.from, to: window.to,
            findings: zip(analysis.checks, summaries).map { check, summary in
                AnalysisRecord.Finding(
                    check: check, summary: summary,
                    question: AnalysisQuestion(bound: check.bound, minRequests: analysis.minRequests, alpha: alpha))
            })
    }

    /// Without a verdict by then it is inconclusive: as long as it goes on to be watched, from `now`.
    package func patience(at now: Timestamp) -> Timestamp { now + max(.zero, analysis.within - watched) }
    package var isOverdue: Bool { watched >= analysis.within }

    package static func == (left: AnalysisRun, right: AnalysisRun) -> Bool {
        left.revision == right.revision && left.step == right.step && left.tries == right.tries
            && left.watched == right.watched && left.summaries == right.summaries && left.window == right.window
            && left.lastBlock == right.lastBlock && left.epoch == right.epoch
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(revision)
        hasher.combine(step)
        hasher.combine(tries)
        hasher.combine(watched)
    }
}
