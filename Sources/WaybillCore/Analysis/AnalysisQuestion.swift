/// What the canary's share of hits is held against.
package enum AnalysisBound: Hashable, Codable, Sendable {
    /// The canary's share less the stable revision's, in the same blocks of time, is at most this (0.02: two points).
    case increase(Double)
    /// The canary's share is at most this.
    case absolute(Double)
}

/// One metric's question in one analysis.
package struct AnalysisQuestion: Hashable, Codable, Sendable {
    package var bound: AnalysisBound
    /// Requests that the canary itself must have answered before anything passes.
    package var minRequests: Int
    /// This question's part of the 5 % of rollouts that may be stopped wrongly: the chance to ever fail while the bound is kept is at most
    /// this, and so is the chance to ever pass while it is not, however often one looks.
    package var alpha: Double

    package init(bound: AnalysisBound, minRequests: Int, alpha: Double) {
        self.bound = bound
        self.minRequests = minRequests
        self.alpha = alpha
    }

    /// The share of wrong stops that a whole rollout may have.
    package static let alphaOfRollout = 0.05

    /// One question's part of it, when a rollout asks so many (analysis steps × metrics).
    package static func alpha(of questions: Int) -> Double { alphaOfRollout / Double(max(1, questions)) }
}

/// What an analysis says of one metric.
package struct AnalysisVerdict: Hashable, Codable, Sendable {
    package enum Outcome: String, Hashable, Codable, Sendable, CaseIterable {
        /// The whole interval keeps the bound, and the canary answered enough requests.
        case passed
        /// The whole interval is past the bound.
        case failed
        /// Neither is proven.
        case inconclusive
    }

    package var outcome: Outcome
    /// The measured increase or share; nil when there is nothing to measure yet.
    package var estimate: Double?
    /// The interval: each end is wrong with a chance of at most `alpha`, at any time of looking.
    package var lower: Double
    package var upper: Double
    package var canaryRequests: Int
    package var stableRequests: Int
    /// About how many more requests of the canary would decide, if all goes on like this; nil when that is not known.
    package var needs: Int?
    /// All of it in a sentence for a reviewer.
    package var words: String

    package init(
        outcome: Outcome, estimate: Double?, lower: Double, upper: Double, canaryRequests: Int, stableRequests: Int,
        needs: Int?, words: String
    ) {
        self.outcome = outcome
        self.estimate = estimate
        self.lower = lower
        self.upper = upper
        self.canaryRequests = canaryRequests
        self.stableRequests = stableRequests
        self.needs = needs
        self.words = words
    }
}
