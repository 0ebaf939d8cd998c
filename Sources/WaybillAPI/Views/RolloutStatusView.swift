package import WaybillCore

/// Where a rollout is.
package struct RolloutStatusView: Hashable, Sendable, Codable {
    /// `progressing`, `halted`, `failed` or `aborted`.
    package var status: String
    package var fromRevision: String?
    package var toRevision: String
    /// Versions of what served and of what is to.
    package var from: String?
    package var to: String?
    /// In words, in order: `10 % of the traffic`, `pause of 10m`.
    package var steps: [String]
    /// Which of them it is in, counted from 1.
    package var step: Int
    /// The new revision's share of the traffic, in whole percent.
    package var weight: Int
    /// Why it is where it is.
    package var reason: String
    /// What it waits for; empty while it moves.
    package var waitsFor: String
    /// When its step's time is over.
    package var until: Moment?

    /// Present while an analysis counts, and where one has stopped it.
    package var analysis: AnalysisView?

    package init(_ summary: RolloutSummary) {
        analysis = summary.analysis.map { AnalysisView($0, patience: summary.patience) }
        let state = summary.state
        status = state.status.rawValue
        fromRevision = state.stable?.short
        toRevision = state.revision.short
        (from, to) = (summary.stableVersion?.description, summary.version?.description)
        steps = state.steps.map(\.words)
        step = state.step + 1
        (weight, reason, waitsFor) = (state.weight, state.reason, summary.waitsFor)
        until = summary.until.map(Moment.init)
    }
}

/// What an analysis has found so far.
package struct AnalysisView: Hashable, Sendable, Codable {
    /// `passed`, `failed` or `inconclusive`, by all checks.
    package var outcome: String
    /// How often its counting has begun.
    package var tries: Int
    package var from: Moment
    package var to: Moment
    /// When it is inconclusive without a verdict; absent before the time of the step is over.
    package var inconclusiveAt: Moment?
    package var checks: [CheckView]

    package struct CheckView: Hashable, Sendable, Codable {
        /// `errors`, `answers above 250ms`.
        package var metric: String
        /// `errors at most 2 points above what serves`.
        package var asked: String
        package var outcome: String
        package var canary: Counts
        package var stable: Counts
        /// The measured increase, or share; absent while there is nothing to compare.
        package var estimate: Double?
        /// Between which it is, however often one looks.
        package var lower: Double
        package var upper: Double
        package var minRequests: Int
        /// About how many more requests of the new revision would decide; absent when that is not known.
        package var needs: Int?
        package var words: String
    }

    package struct Counts: Hashable, Sendable, Codable {
        package var requests: Int
        package var hits: Int
    }

    package init(_ record: AnalysisRecord, patience: Timestamp?) {
        (outcome, tries) = (record.outcome.rawValue, record.tries)
        (from, to) = (Moment(record.from), Moment(record.to))
        inconclusiveAt = patience.map { Moment($0) }
        checks = record.findings.map { finding in
            let (verdict, summary) = (finding.verdict, finding.summary)
            return CheckView(
                metric: finding.check.name, asked: finding.check.words, outcome: verdict.outcome.rawValue,
                canary: Counts(requests: summary.canary.requests, hits: summary.canary.hits),
                stable: Counts(requests: summary.stable.requests, hits: summary.stable.hits),
                estimate: verdict.estimate, lower: verdict.lower, upper: verdict.upper,
                minRequests: finding.question.minRequests, needs: verdict.needs, words: verdict.words)
        }
    }
}
