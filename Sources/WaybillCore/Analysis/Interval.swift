import Glibc

/// The confidence sequence at one look.
struct Interval {
    /// This step's blocks, and all of the rollout's.
    private let step: EvidenceProcess
    private let rollout: EvidenceProcess
    private let threshold: Double
    private let least: Double
    /// Comparable blocks of this step, and blocks of the rollout in which the canary had hits.
    let blocks: Int
    let blocksWithHits: Int

    init(_ summary: AnalysisSummary, _ question: AnalysisQuestion) {
        let series: BlockSeries
        let earlier: [ClosedSeries]
        switch question.bound {
        case .increase: (series, earlier) = (summary.compared, summary.earlier.map(\.compared))
        case .absolute: (series, earlier) = (summary.alone, summary.earlier.map(\.alone))
        }
        let now = EvidenceProcess.Segment(sums: series.total, dispersion: Dispersion.of(series))
        let before = earlier.filter { $0.blocks >= AnalysisJudge.leastBlocks }.map {
            EvidenceProcess.Segment(sums: $0.sums, dispersion: $0.dispersion)
        }
        step = EvidenceProcess(segments: now.sums.weight > 0 ? [now] : [])
        rollout = EvidenceProcess(segments: before + step.segments)
        blocks = series.blocks
        blocksWithHits = earlier.reduce(series.blocksWithHits) { $0 + $1.blocksWithHits }
        threshold = -log(question.alpha)
        least = question.bound.least
    }

    /// Fewer blocks do not show how much they differ.
    var isTooEarly: Bool { blocks < AnalysisJudge.leastBlocks }

    /// What was measured in this step; nil before there is anything to compare.
    var estimate: Double? { step.segments.first.map { min(max($0.sums.effect / $0.sums.weight, least), 1) } }

    /// What the whole rollout proves from below, and this step from above.
    var lower: Double { isTooEarly ? least : edge(rollout, from: 1, to: least, .above) }
    var upper: Double { isTooEarly ? 1 : edge(step, from: least, to: 1, .below) }

    /// The value nearest to `start` on that side of which the truth is proven to lie, or `end` if there is none. What is proven of one d is proven
    /// of every d farther from the estimate, as with d each bet's gain changes by at least as much as its cumulant function.
    private func edge(
        _ process: EvidenceProcess, from start: Double, to end: Double, _ side: EvidenceProcess.Side
    ) -> Double {
        func isProven(_ d: Double) -> Bool { process.logarithm(against: d, side) >= threshold }
        guard isProven(end) else { return end }
        var (open, proven) = (start, end)
        for _ in 0..<60 {
            let middle = open + (proven - open) / 2
            if middle == open || middle == proven { break }
            if isProven(middle) { proven = middle } else { open = middle }
        }
        return proven
    }

    /// The same without the interval, for it is found by the bound alone.
    func outcome(_ question: AnalysisQuestion, requests: Int) -> AnalysisVerdict.Outcome {
        if isTooEarly { return .inconclusive }
        let proven = proven(question)
        if proven == .failed, blocksWithHits < AnalysisJudge.leastBlocksWithHits { return .inconclusive }
        return proven == .passed && requests < question.minRequests ? .inconclusive : proven
    }

    /// What the evidence alone says, with this step's blocks `factor` times as many.
    func proven(_ question: AnalysisQuestion, scaledBy factor: Double = 1) -> AnalysisVerdict.Outcome {
        let limit = question.bound.limit
        if rollout.scaled(by: factor).logarithm(against: limit, .above) >= threshold { return .failed }
        return step.scaled(by: factor).logarithm(against: limit, .below) >= threshold ? .passed : .inconclusive
    }
}

extension EvidenceProcess {
    /// The same with the last step's blocks `factor` times as many.
    fileprivate func scaled(by factor: Double) -> EvidenceProcess {
        guard factor != 1, var last = segments.last else { return self }
        last.sums = last.sums.scaled(by: factor)
        return EvidenceProcess(segments: segments.dropLast() + [last])
    }
}
