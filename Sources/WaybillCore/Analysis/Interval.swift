import Glibc

/// The confidence sequence at one look.
struct Interval {
    let series: BlockSeries
    let process: EvidenceProcess
    let threshold: Double
    let least: Double

    let estimate: Double?
    let lower: Double
    let upper: Double

    init(_ summary: AnalysisSummary, _ question: AnalysisQuestion) {
        let series =
            switch question.bound {
            case .increase: summary.compared
            case .absolute: summary.alone
            }
        self.init(
            series, EvidenceProcess(sums: series.total, dispersion: Dispersion.of(series)),
            threshold: -log(question.alpha), least: question.bound.least)
    }

    private init(_ series: BlockSeries, _ process: EvidenceProcess, threshold: Double, least: Double) {
        (self.series, self.process, self.threshold, self.least) = (series, process, threshold, least)
        let sums = process.sums
        guard sums.weight > 0 else {
            (estimate, lower, upper) = (nil, least, 1)
            return
        }
        let estimate = min(max(sums.effect / sums.weight, least), 1)
        self.estimate = estimate
        lower = Self.edge(from: estimate, to: least) { process.logarithm(against: $0, .above) >= threshold }
        upper = Self.edge(from: estimate, to: 1) { process.logarithm(against: $0, .below) >= threshold }
    }

    /// The farthest value that is not rejected, searched from the estimate outwards.
    private static func edge(from estimate: Double, to end: Double, _ isRejected: (Double) -> Bool) -> Double {
        guard isRejected(end) else { return end }
        var (kept, rejected) = (estimate, end)
        for _ in 0..<60 {
            let middle = kept + (rejected - kept) / 2
            if middle == kept || middle == rejected { break }
            if isRejected(middle) { rejected = middle } else { kept = middle }
        }
        return rejected
    }

    /// The same blocks, `factor` times as many.
    func scaled(by factor: Double) -> Interval {
        Interval(
            series, EvidenceProcess(sums: process.sums.scaled(by: factor), dispersion: process.dispersion),
            threshold: threshold, least: least)
    }

    func outcome(_ question: AnalysisQuestion, requests: Int) -> AnalysisVerdict.Outcome {
        let limit = question.bound.limit
        if lower > limit, series.blocksWithHits >= AnalysisJudge.leastBlocks { return .failed }
        if upper <= limit, requests >= question.minRequests { return .passed }
        return .inconclusive
    }
}
