package import WaybillCore

/// How much worse is still no worse.
package struct Margin: Hashable, Sendable {
    /// In the metric's own unit, or as a share of the size of the baseline's value.
    package let amount: Double
    package let isRelative: Bool

    /// - Throws: `InvalidInput` for what is negative, NaN or infinite, and for a share above 1.
    package init(absolute amount: Double) throws(InvalidInput) { try self.init(amount, isRelative: false) }
    package init(relative share: Double) throws(InvalidInput) { try self.init(share, isRelative: true) }

    private init(_ amount: Double, isRelative: Bool) throws(InvalidInput) {
        // Also false of NaN.
        guard amount >= 0, amount <= (isRelative ? 1 : .greatestFiniteMagnitude) else {
            throw InvalidInput(
                "the margin is \(amount); expected \(isRelative ? "a share from 0 to 1" : "a finite number from 0 on")")
        }
        (self.amount, self.isRelative) = (amount, isRelative)
    }

    /// The margin beside a baseline of `value`. A share of a baseline of 0 is 0; of a negative one it is as wide as of its opposite.
    func width(beside value: Double) -> Double { isRelative ? amount * abs(value) : amount }
}

/// Whether a candidate is not worse than a baseline by more than a margin.
package enum NonInferiority: Hashable, Sendable {
    /// The difference is above the margin, with a chance of error of 5 %.
    case passed
    /// It is below, with a chance of error of 5 %.
    case failed
    /// Neither is known. So many rows would decide in four of five cases if the difference is what was measured; nil when no number of
    /// rows would.
    case inconclusive(rowsNeeded: Int?)
}

/// A candidate beside a baseline.
package struct Comparison: Hashable, Sendable {
    package let metric: Metric
    package let candidate: Measurement
    package let baseline: Measurement
    /// Candidate less baseline, turned so that above 0 the candidate is better.
    package let difference: Estimate
    /// In the metric's unit.
    package let margin: Double
    package let verdict: NonInferiority
    /// Both were measured on the same rows.
    package let isPaired: Bool
}

extension Comparison {
    /// Means, resamples and areas say too little of fewer rows, or of fewer rows of a label; scores of shares hold for any number.
    package static let fewestRows = 100
    package static let fewestOfALabel = 30

    /// Compares on the same rows in the same order.
    /// - Parameter seed: the digest of the evidence; it decides the resamples.
    /// - Throws: as `measure` does for either, for one row alone, and when the truths differ.
    package static func paired(
        _ metric: Metric, candidate: MetricInput, baseline: MetricInput, margin: Margin, seed: Digest
    ) throws(MetricFailure) -> Comparison {
        try candidate.checkSameTruth(as: baseline)
        return try compare(metric, candidate, baseline, margin, isPaired: true) { () throws(MetricFailure) in
            try .pairedDifference(metric, candidate, baseline, seed: seed)
        }
    }

    /// Compares on rows that have nothing to do with each other.
    package static func unpaired(
        _ metric: Metric, candidate: MetricInput, baseline: MetricInput, margin: Margin, seed: Digest
    ) throws(MetricFailure) -> Comparison {
        try compare(metric, candidate, baseline, margin, isPaired: false) { () throws(MetricFailure) in
            try .difference(metric, candidate, baseline, seed: seed)
        }
    }

    private static func compare(
        _ metric: Metric, _ candidate: MetricInput, _ baseline: MetricInput, _ margin: Margin, isPaired: Bool,
        _ model: () throws(MetricFailure) -> SamplingModel
    ) throws(MetricFailure) -> Comparison {
        let measured = (try metric.measure(candidate), try metric.measure(baseline))
        let model = try model()
        let range = metric.name.range
        let width = range.upperBound - range.lowerBound
        let estimate = Estimate(model, within: -width...width)
        guard estimate.value.isFinite else { throw .overflow }
        let margin = margin.width(beside: measured.1.value)
        let rows = min(candidate.count, baseline.count)
        let fewest = model.fewestRows(
            of: rows, rarest: min(candidate.rarestLabel(metric), baseline.rarestLabel(metric)))
        return Comparison(
            metric: metric, candidate: measured.0, baseline: measured.1, difference: estimate, margin: margin,
            verdict: judge(estimate, model, margin, rows: rows, fewest: fewest), isPaired: isPaired)
    }

    private static func judge(
        _ estimate: Estimate, _ model: SamplingModel, _ margin: Double, rows: Int, fewest: Int
    ) -> NonInferiority {
        guard rows >= fewest else {
            return .inconclusive(rowsNeeded: max(fewest, rowsNeeded(model, margin, rows: rows) ?? fewest))
        }
        if estimate.lower > -margin { return .passed }
        if estimate.upper < -margin { return .failed }
        return .inconclusive(rowsNeeded: rowsNeeded(model, margin, rows: rows))
    }

    /// With s the standard errors between the difference and the margin: n ((z₉₅ + z₈₀) / s)², rounded up. So many rows bring a bound past the
    /// margin in 80 % of cases when the difference is what was measured.
    static func rowsNeeded(_ model: SamplingModel, _ margin: Double, rows: Int) -> Int? {
        let share = (1.6448536269514722 + 0.8416212335729143) / model.standardScore(above: -margin)
        let needed = (Double(rows) * share * share).rounded(.up)
        guard needed.isFinite, needed < 1e15 else { return nil }
        return max(rows + 1, Int(needed))
    }
}

extension SamplingModel {
    /// Rows from which on the bounds are to be trusted, given `rows` of which the rarer label has `rarest`.
    func fewestRows(of rows: Int, rarest: Int) -> Int {
        switch self {
        case .share, .pairedShares, .shares: 1
        case .mean, .means, .resampled: Comparison.fewestRows
        case .areas, .area:
            rarest >= Comparison.fewestOfALabel
                ? 1 : (rows * Comparison.fewestOfALabel + max(rarest, 1) - 1) / max(rarest, 1)
        }
    }

    /// How far the value is above `bound`, in standard errors.
    func standardScore(above bound: Double) -> Double {
        if case .pairedShares(let pairs) = self { return pairs.score(at: bound) }
        let (lower, upper) = bounds(0.05)
        return (value - bound) / ((upper - lower) / 2 / 1.6448536269514722)
    }

    static func pairedDifference(
        _ metric: Metric, _ candidate: MetricInput, _ baseline: MetricInput, seed: Digest
    ) throws(MetricFailure) -> SamplingModel {
        switch metric.name {
        case .accuracy:
            let pairs = zip(try metric.rowValues(candidate), try metric.rowValues(baseline))
            var counts = PairedShares(won: 0, lost: 0, rows: Double(candidate.count))
            for (one, other) in pairs where one != other {
                if one > other { counts.won += 1 } else { counts.lost += 1 }
            }
            return .pairedShares(counts)
        case .rocAuc:
            let difference = try Placements(metric, candidate) - Placements(metric, baseline)
            return .areas(
                StudentizedValue(difference.area, Moments(difference.positives), Moments(difference.negatives)))
        case let name where name.isMeanOfRows:
            let pairs = zip(try metric.rowValues(candidate), try metric.rowValues(baseline))
            let differences = pairs.map { name.direction.oriented($0 - $1) }
            guard differences.count > 1 else { throw .tooFewSamples(have: differences.count, need: 2) }
            return .mean(Moments(differences))
        case _:
            return try resampledDifference(metric, candidate, baseline, isPaired: true, seed: seed)
        }
    }

    static func difference(
        _ metric: Metric, _ candidate: MetricInput, _ baseline: MetricInput, seed: Digest
    ) throws(MetricFailure) -> SamplingModel {
        switch metric.name {
        case .accuracy:
            let (ours, theirs) = (try metric.rowValues(candidate), try metric.rowValues(baseline))
            return .shares(
                Share(hits: sum(ours), rows: Double(ours.count)), Share(hits: sum(theirs), rows: Double(theirs.count)))
        case .rocAuc:
            let (ours, theirs) = (try Placements(metric, candidate), try Placements(metric, baseline))
            // Placements of different rows are four means; those of the baseline count with the opposite sign.
            return .areas(ours.studentized - theirs.studentized)
        case let name where name.isMeanOfRows:
            return .means(try Moments(oriented: metric, candidate), try Moments(oriented: metric, baseline))
        case _:
            return try resampledDifference(metric, candidate, baseline, isPaired: false, seed: seed)
        }
    }

    private static func resampledDifference(
        _ metric: Metric, _ candidate: MetricInput, _ baseline: MetricInput, isPaired: Bool, seed: Digest
    ) throws(MetricFailure) -> SamplingModel {
        let (ours, theirs) = (try WeightedMetric(metric, candidate), try WeightedMetric(metric, baseline))
        let rows = min(candidate.count, baseline.count)
        guard rows > 1 else { throw .tooFewSamples(have: rows, need: 2) }
        let counts = isPaired ? [candidate.count] : [candidate.count, baseline.count]
        let direction = metric.name.direction
        let values = try Bootstrap.values(rows: counts, seed: seed) { weights in
            guard let one = ours.value(weights[0]), let other = theirs.value(weights[weights.count - 1]) else {
                return nil
            }
            return direction.oriented(one - other)
        }
        let value = direction.oriented(try metric.measure(candidate).value - metric.measure(baseline).value)
        return .resampled(value: value, ascending: values, rows: rows)
    }
}

extension MetricInput {
    /// - Throws: for the first row whose truth is another in `other`, and for other lengths.
    func checkSameTruth(as other: MetricInput) throws(MetricFailure) {
        guard count == other.count else { throw .lengthMismatch(.truth, count: count, truths: other.count) }
        switch (truth, other.truth) {
        case (.labels(let ours), .labels(let theirs)):
            let places = ClassCounts.union(ours.names, theirs.names).places
            let codes = theirs.codes.map { $0 < 0 ? -1 : places[Int($0)] }
            if let row = codes.indices.first(where: { codes[$0] != ours.codes[$0] }) {
                throw .differentTruths(row: row + 1)
            }
        case (.numbers(let ours), .numbers(let theirs)):
            let differs = ours.values.indices.first {
                ours.values[$0] != theirs.values[$0] && !(ours.values[$0].isNaN && theirs.values[$0].isNaN)
            }
            if let row = differs { throw .differentTruths(row: row + 1) }
        case (.labels, .numbers), (.numbers, .labels): throw .differentTruths(row: 1)
        }
    }

    /// Rows of the rarer of the positive label and the rest; all rows for truths that are numbers.
    func rarestLabel(_ metric: Metric) -> Int {
        guard case .labels(let truth) = truth else { return count }
        let positives = truth.codes.count { $0 >= 0 && truth.names[Int($0)] == metric.positive }
        return min(positives, count - positives)
    }
}
