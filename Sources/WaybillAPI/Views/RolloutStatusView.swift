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

    package init(_ summary: RolloutSummary) {
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
