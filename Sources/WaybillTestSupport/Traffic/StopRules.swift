package import WaybillCore

/// What decides whether a rollout is stopped, told of each block of time.
package protocol StopRule: Sendable {
    /// One block's counts by metric in this step; true stops the rollout.
    mutating func look(_ blocks: [AnalysisBlock], step: Int) -> Bool
}

/// Waybill's: each metric is judged after every block.
package struct JudgeRule: StopRule {
    private let questions: [AnalysisQuestion]
    /// What ends it: a failure, or a pass where passes are counted.
    private let end: AnalysisVerdict.Outcome
    private var summaries: [AnalysisSummary] = []
    private var step = -1

    package init(_ questions: [AnalysisQuestion], until end: AnalysisVerdict.Outcome = .failed) {
        (self.questions, self.end) = (questions, end)
    }

    package mutating func look(_ blocks: [AnalysisBlock], step: Int) -> Bool {
        if summaries.isEmpty {
            summaries = questions.map { _ in AnalysisSummary() }
        } else if step != self.step {
            summaries = summaries.map(\.nextStep)
        }
        self.step = step
        var isStopped = false
        for (metric, block) in blocks.enumerated() {
            summaries[metric].add(block)
            let outcome = AnalysisJudge.outcome(summaries[metric], questions[metric])
            isStopped = isStopped || outcome == end
        }
        return isStopped
    }
}

/// A rate against a threshold in each interval, as the public documentation of Flagger and Argo Rollouts describes their rules; written anew.
package struct ThresholdRule: StopRule {
    /// How failed intervals are counted.
    package enum Counting: Sendable {
        /// Flagger: an interval in which any metric fails is one failed check; `threshold` failed checks stop (`interval: 1m`, `threshold: 5`).
        case checks(Int)
        /// Argo Rollouts: more than `failureLimit` failed measurements of one metric stop (0 when not given); each analysis step counts anew.
        case measurements(Int)
    }

    private let counting: Counting
    /// The largest share of hits that succeeds, by metric.
    private let limits: [Double]
    private let blocksPerInterval: Int
    private var gathered: [ArmCounts]
    private var blocks = 0
    private var failed: [Int]
    private var checks = 0
    private var step = -1

    package init(_ counting: Counting, limits: [Double], blocksPerInterval: Int = 6) {
        (self.counting, self.limits, self.blocksPerInterval) = (counting, limits, blocksPerInterval)
        gathered = limits.map { _ in ArmCounts() }
        failed = limits.map { _ in 0 }
    }

    package mutating func look(_ counts: [AnalysisBlock], step: Int) -> Bool {
        if step != self.step { start(step) }
        for (metric, block) in counts.enumerated() { gathered[metric] = gathered[metric] + block.canary }
        blocks += 1
        guard blocks == blocksPerInterval else { return false }
        let isOver = zip(gathered, limits).map { ($0.share ?? 0) > $1 }
        blocks = 0
        gathered = limits.map { _ in ArmCounts() }
        if isOver.contains(true) { checks += 1 }
        for metric in isOver.indices where isOver[metric] { failed[metric] += 1 }
        switch counting {
        case .checks(let threshold): return checks >= threshold
        case .measurements(let limit): return failed.contains { $0 > limit }
        }
    }

    private mutating func start(_ step: Int) {
        self.step = step
        blocks = 0
        gathered = limits.map { _ in ArmCounts() }
        if case .measurements = counting { failed = limits.map { _ in 0 } }
    }
}
