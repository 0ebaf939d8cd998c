package import WaybillCore

/// A number with what is known of it; higher is better when it is a difference.
package struct Estimate: Hashable, Sendable {
    package let value: Double
    /// What the true number is above, and what it is below, each with an error in one case of twenty.
    package let lower: Double
    package let upper: Double
    /// What the true number is between, with an error in one case of twenty: for reports.
    package let interval: ClosedRange<Double>
    package let method: EstimationMethod

    init(_ model: SamplingModel, within range: ClosedRange<Double>) {
        func clamped(_ bound: Double) -> Double { min(max(bound, range.lowerBound), range.upperBound) }
        value = model.value
        method = model.method
        let (low, high) = model.bounds(0.05)
        (lower, upper) = (clamped(low), clamped(high))
        let (left, right) = model.bounds(0.025)
        interval = min(clamped(left), clamped(right))...max(clamped(left), clamped(right))
    }
}

/// How bounds were found; `docs/metrics.md` names the sources.
package enum EstimationMethod: String, Hashable, Sendable {
    case wilsonScore
    case tangoScore
    case newcombeHybrid
    /// The farther of both.
    case studentAndHall
    case welch
    case deLong
    case bootstrap
}

extension SamplingModel {
    var method: EstimationMethod {
        switch self {
        case .share: .wilsonScore
        case .pairedShares: .tangoScore
        case .shares: .newcombeHybrid
        case .mean: .studentAndHall
        case .means: .welch
        case .areas, .area: .deLong
        case .resampled: .bootstrap
        }
    }

    /// Of one metric on one set of rows; higher is better, so that a loss comes out negative.
    static func of(_ metric: Metric, _ input: MetricInput, seed: Digest) throws(MetricFailure) -> SamplingModel {
        let value = metric.name.direction.oriented(try metric.measure(input).value)
        switch metric.name {
        case .accuracy:
            let rows = try metric.rowValues(input)
            return .share(Share(hits: sum(rows), rows: Double(rows.count)))
        case .rocAuc:
            let placements = try Placements(metric, input)
            return .area(value: value, error: placements.variance.squareRoot(), fewest: placements.fewest)
        case let name where name.isMeanOfRows: return .mean(try Moments(oriented: metric, input))
        case _:
            let weighted = try WeightedMetric(metric, input)
            guard input.count > 1 else { throw .tooFewSamples(have: input.count, need: 2) }
            let values = try Bootstrap.values(rows: [input.count], seed: seed) { weights in
                weighted.value(weights[0]).map(metric.name.direction.oriented)
            }
            return .resampled(value: value, ascending: values, rows: input.count)
        }
    }
}

extension Moments {
    /// Of what each row adds, turned so that more is better.
    init(oriented metric: Metric, _ input: MetricInput) throws(MetricFailure) {
        let rows = try metric.rowValues(input)
        guard rows.count > 1 else { throw .tooFewSamples(have: rows.count, need: 2) }
        self.init(metric.name.direction == .higherIsBetter ? rows : rows.map { -$0 })
    }
}

extension Placements {
    /// Of the scores of a metric's positive label.
    init(_ metric: Metric, _ input: MetricInput) throws(MetricFailure) {
        guard case .labels(let truth) = input.truth else { throw .inputMissing(.labels) }
        guard let scores = input.scores else { throw .inputMissing(.scores) }
        let binary = try BinaryTruth(truth, positive: metric.positive)
        let column = try scores.column(of: metric.positive, .score, truths: truth.count)
        try binary.checkBoth(truth)
        let fewest = min(binary.positives, binary.negatives)
        guard fewest > 1 else { throw .tooFewSamples(have: fewest, need: 2) }
        self.init(column, codes: truth.codes, positive: binary.positive, positives: binary.positives)
    }
}

extension Metric {
    /// The value over all rows with what is known of it, in the metric's own direction: of a loss, `upper` is the cautious bound.
    /// - Parameter seed: the digest of the evidence; it decides the resamples.
    /// - Throws: as `measure` does, and for one row alone.
    package func estimate(_ input: MetricInput, seed: Digest) throws(MetricFailure) -> Estimate {
        Estimate(self, try .of(self, input, seed: seed))
    }
}

extension Estimate {
    /// Of a metric's value, in its own direction.
    init(_ metric: Metric, _ model: SamplingModel) {
        let turned = Estimate(model, within: metric.name.orientedRange)
        self = metric.name.direction == .higherIsBetter ? turned : Estimate(mirrored: turned)
    }

    private init(mirrored other: Estimate) {
        (value, lower, upper, method) = (-other.value, -other.upper, -other.lower, other.method)
        interval = -other.interval.upperBound ... -other.interval.lowerBound
    }
}

extension MetricName {
    /// The range, turned so that more is better.
    var orientedRange: ClosedRange<Double> {
        direction == .higherIsBetter ? range : -range.upperBound ... -range.lowerBound
    }
}
