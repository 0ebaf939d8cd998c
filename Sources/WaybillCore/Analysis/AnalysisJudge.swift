import Glibc

/// Judges one metric of a rollout: a pure function of the summary and the question, so that a verdict can be judged again from what the ledger
/// holds.
package enum AnalysisJudge {
    /// Raised whenever the same summary and question may get another verdict.
    package static let version = 1

    /// Comparable blocks of the step before anything is said, for fewer do not show how much they differ.
    package static let leastBlocks = 3

    /// Blocks in which the canary must have hits before anything fails: what one bad moment did is no evidence about a revision.
    package static let leastBlocksWithHits = 3

    /// Passes iff the interval keeps the bound and the canary answered `minRequests`; fails iff the interval is past the bound; else inconclusive.
    /// A question without a meaning (a bound or an alpha that is no share) is inconclusive and says so.
    package static func judge(_ summary: AnalysisSummary, _ question: AnalysisQuestion) -> AnalysisVerdict {
        var verdict = AnalysisVerdict(
            outcome: .inconclusive, estimate: nil, lower: question.bound.least, upper: 1,
            canaryRequests: summary.canary.requests, stableRequests: summary.stable.requests, needs: nil, words: "")
        if let problem = question.problem {
            verdict.words = problem
            return verdict
        }
        let found = Interval(summary, question)
        (verdict.estimate, verdict.lower, verdict.upper) = (found.estimate, found.lower, found.upper)
        verdict.outcome = found.outcome(question, requests: summary.canary.requests)
        if verdict.outcome == .inconclusive { verdict.needs = needs(summary, question, found) }
        verdict.words = AnalysisWords.words(verdict, summary, question, found)
        return verdict
    }

    /// The outcome alone, for whoever looks often.
    package static func outcome(
        _ summary: AnalysisSummary, _ question: AnalysisQuestion
    ) -> AnalysisVerdict.Outcome {
        guard question.problem == nil else { return .inconclusive }
        return Interval(summary, question).outcome(question, requests: summary.canary.requests)
    }

    /// The smallest share of hits of the canary that is proven too high with a chance of 85 %, when both arms answer so many requests
    /// and the stable revision's share is `base`; nil when none is.
    package static func detectable(
        requests: Int, stableRequests: Int, base: Double, _ question: AnalysisQuestion
    ) -> Double? {
        Detection(requests: requests, stableRequests: stableRequests, base: base, question).smallest
    }

    /// Requests until the same shares from more blocks decide.
    private static func needs(
        _ summary: AnalysisSummary, _ question: AnalysisQuestion, _ found: Interval
    ) -> Int? {
        let requests = Double(summary.canary.requests)
        guard requests > 0, found.blocks > 0, let factor = factor(question, found) else { return nil }
        let outcome = found.proven(question, scaledBy: factor)
        var blocks = Double(leastBlocks) / Double(found.blocks)
        if outcome == .failed {
            guard found.blocksWithHits > 0 else { return nil }
            blocks = max(blocks, Double(leastBlocksWithHits) / Double(found.blocksWithHits))
        }
        let missing = outcome == .passed ? Double(max(0, question.minRequests - summary.canary.requests)) : 0
        return Int(min(1e15, max(missing, ((max(factor, blocks) - 1) * requests).rounded(.up))))
    }

    /// How many times the blocks decide; nil when 4,096 times do not.
    private static func factor(_ question: AnalysisQuestion, _ found: Interval) -> Double? {
        func isDecided(_ factor: Double) -> Bool { found.proven(question, scaledBy: factor) != .inconclusive }
        if isDecided(1) { return 1 }
        var (low, high) = (1.0, 2.0)
        while !isDecided(high) {
            (low, high) = (high, high * 2)
            guard high <= 4096 else { return nil }
        }
        while high - low > 1e-3 * high {
            let middle = (low + high) / 2
            if isDecided(middle) { high = middle } else { low = middle }
        }
        return high
    }
}

extension AnalysisBound {
    /// The bound's number.
    package var limit: Double {
        switch self {
        case .increase(let limit), .absolute(let limit): limit
        }
    }

    /// The least that the measured can be.
    var least: Double {
        switch self {
        case .increase: -1
        case .absolute: 0
        }
    }
}

extension AnalysisQuestion {
    /// Why it cannot be answered; nil when it can.
    package var problem: String? {
        if !(alpha > 0 && alpha < 0.5) { return "its part of the error (alpha) is not between 0 and 0.5" }
        if !(bound.limit >= 0 && bound.limit <= 1) { return "its bound is not between 0 and 1" }
        return nil
    }
}
