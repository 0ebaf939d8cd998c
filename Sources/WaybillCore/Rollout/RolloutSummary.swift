/// A rollout as people are told of it.
package struct RolloutSummary: Hashable, Sendable {
    package var state: RolloutState
    package var version: VersionID?
    /// What serves beside the new revision.
    package var stableVersion: VersionID?
    /// What it waits for, in words; empty while it moves.
    package var waitsFor: String
    /// When its step's time is over, on the wall clock.
    package var until: Timestamp?

    /// What the analysis that it is in, or that stopped it, has found so far; nil when nothing was counted.
    package var analysis: AnalysisRecord?
    /// When that is inconclusive without a verdict, on the wall clock.
    package var patience: Timestamp?

    package init(
        state: RolloutState, version: VersionID?, stableVersion: VersionID?, waitsFor: String, until: Timestamp?,
        analysis: AnalysisRecord? = nil, patience: Timestamp? = nil
    ) {
        self.analysis = analysis
        self.patience = patience
        self.state = state
        self.version = version
        self.stableVersion = stableVersion
        self.waitsFor = waitsFor
        self.until = until
    }

    /// `step 2 of 4: 50 % of the traffic; waits until 2026-11-27T10:20:00Z (pause of 10m)`.
    package var words: String {
        if let until { return "\(state.place); waits until \(until.secondsText) (\(waitsFor))" }
        return waitsFor.isEmpty ? state.place : "\(state.place); waits for \(waitsFor)"
    }
}
