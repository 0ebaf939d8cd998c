package import WaybillCore

/// One slice of the rows: those with one text in a column.
package struct MetricSlice: Hashable, Sendable {
    /// Nil for the rows without a text.
    package let name: String?
    package let count: Int
    /// The value with its bounds, in the metric's own direction, or why there is none.
    package let estimate: Result<Estimate, MetricFailure>
    package let verdict: SliceVerdict
}

package enum SliceVerdict: String, Hashable, Sendable {
    /// The value is as good as the minimum, or there is no minimum.
    case passed
    /// It is worse than the minimum, and chance alone would hardly make it so even among so many slices.
    case failed
    /// It is worse, but that may be chance; or there are too few rows, or no value.
    case inconclusive
}

/// A metric slice by slice.
package struct SliceReport: Hashable, Sendable {
    /// The worst first; those without a value at the end.
    package let slices: [MetricSlice]
    /// The distance between the best and the worst slice of enough rows; nil with fewer than two.
    package let gap: Gap?

    /// Failed when one slice failed, passed when all passed.
    package var verdict: SliceVerdict {
        if slices.contains(where: { $0.verdict == .failed }) { return .failed }
        return slices.allSatisfy { $0.verdict == .passed } && !slices.isEmpty ? .passed : .inconclusive
    }
}

/// How far slices are apart.
package struct Gap: Hashable, Sendable {
    package let value: Double
    /// Bounds for all slices at once (Bonferroni): the true gap is below `lower` or above `upper` in at most one case of twenty.
    package let lower: Double
    package let upper: Double
    package let best: String?
    package let worst: String?

    /// Whether the slices are no farther apart than `bound`: passed when the value is within it, failed only when even `lower` is not.
    package func verdict(atMost bound: Double) -> SliceVerdict {
        if value <= bound { return .passed }
        return lower > bound ? .failed : .inconclusive
    }
}

extension SliceReport {
    /// Measures `metric` on the rows of each text of `column`.
    ///
    /// Many slices make chance findings likely. A slice that is worse than `minimum` fails only when it does so by Holm's procedure (1979) at 5 %
    /// over all slices; the gap's bounds are Bonferroni's.
    /// - Parameters:
    ///   - minimum: what each slice must reach: at least for metrics that are better higher, at most for others.
    ///   - fewest: rows below which a slice gets no verdict.
    ///   - seed: the digest of the evidence; it decides the resamples.
    /// - Throws: when the column has another number of rows.
    package init(
        _ metric: Metric, _ input: MetricInput, by column: Labels, minimum: Double? = nil, fewest: Int = 30,
        seed: Digest
    ) throws(MetricFailure) {
        guard column.count == input.count else {
            throw .lengthMismatch(.slice, count: column.count, truths: input.count)
        }
        let measured = Self.groups(column).map { name, rows in
            MeasuredSlice(name: name, rows: rows.count, fewest: fewest, metric, input.selecting(rows), seed: seed)
        }
        let direction = metric.name.direction
        let failed = minimum.map { Self.holm(measured, below: direction.oriented($0)) } ?? []
        slices = measured.enumerated().map { place, slice in
            slice.judged(metric, minimum: minimum.map(direction.oriented), isBelow: failed.contains(place))
        }.sorted(by: Self.isWorse(direction))
        gap = Self.gap(measured, metric)
    }

    /// The rows of each text in the order of the texts, those without one last.
    private static func groups(_ column: Labels) -> [(name: String?, rows: [Int])] {
        var rows = [[Int]](repeating: [], count: column.names.count + 1)
        for (row, code) in column.codes.enumerated() { rows[code < 0 ? column.names.count : Int(code)].append(row) }
        let names = column.names.map(Optional.some) + [nil]
        return zip(names, rows).filter { !$1.isEmpty }.map { ($0, $1) }.sorted { left, right in
            guard let one = left.0, let other = right.0 else { return left.0 != nil }
            return one < other
        }
    }

    /// Places of the slices that are below `minimum` by Holm's step-down procedure.
    private static func holm(_ slices: [MeasuredSlice], below minimum: Double) -> Set<Int> {
        let chances = slices.enumerated().compactMap { place, slice in
            slice.enough.map { (place: place, chance: $0.chance(below: minimum)) }
        }.sorted { $0.chance < $1.chance }
        var failed: Set<Int> = []
        for (rank, one) in chances.enumerated() {
            guard one.chance <= 0.05 / Double(chances.count - rank) else { break }
            failed.insert(one.place)
        }
        return failed
    }

    private static func gap(_ slices: [MeasuredSlice], _ metric: Metric) -> Gap? {
        let known = slices.compactMap { slice in slice.enough.map { (name: slice.name, model: $0) } }
        guard known.count > 1, let worst = known.min(by: { $0.model.value < $1.model.value }),
            let best = known.max(by: { $0.model.value < $1.model.value })
        else { return nil }
        let range = metric.name.orientedRange
        let bounds = known.map { slice in
            let (lower, upper) = slice.model.bounds(0.05 / Double(2 * known.count))
            return (lower: max(lower, range.lowerBound), upper: min(upper, range.upperBound))
        }
        let lower = (bounds.map(\.lower).max() ?? 0) - (bounds.map(\.upper).min() ?? 0)
        let upper = (bounds.map(\.upper).max() ?? 0) - (bounds.map(\.lower).min() ?? 0)
        return Gap(
            value: best.model.value - worst.model.value, lower: max(0, lower), upper: upper, best: best.name,
            worst: worst.name)
    }

    private static func isWorse(_ direction: MetricDirection) -> (MetricSlice, MetricSlice) -> Bool {
        { left, right in
            switch (left.estimate, right.estimate) {
            case (.success(let one), .success(let other)):
                direction.oriented(one.value) < direction.oriented(other.value)
            case (.success, .failure): true
            case (.failure, .success), (.failure, .failure): false
            }
        }
    }
}

/// A slice before it is judged.
private struct MeasuredSlice {
    let name: String?
    let rows: Int
    let fewest: Int
    let model: Result<SamplingModel, MetricFailure>

    init(name: String?, rows: Int, fewest: Int, _ metric: Metric, _ input: MetricInput, seed: Digest) {
        (self.name, self.rows, self.fewest) = (name, rows, fewest)
        model = Result { () throws(MetricFailure) in try .of(metric, input, seed: seed) }
    }

    /// The model, when there are enough rows to say something.
    var enough: SamplingModel? { rows >= fewest ? try? model.get() : nil }

    func judged(_ metric: Metric, minimum: Double?, isBelow: Bool) -> MetricSlice {
        let estimate = model.map { Estimate(metric, $0) }
        let verdict: SliceVerdict =
            switch enough.map(\.value) {
            case nil: .inconclusive
            case let value? where minimum.map({ value >= $0 }) ?? true: .passed
            case _?: isBelow ? .failed : .inconclusive
            }
        return MetricSlice(name: name, count: rows, estimate: estimate, verdict: verdict)
    }
}

extension SamplingModel {
    /// The chance of a value as low as this if the true one were `minimum`: the smallest error at which the upper bound is below it.
    func chance(below minimum: Double) -> Double {
        guard value < minimum else { return 1 }
        return Distributions.root(from: 0, to: 0.5) { alpha in minimum - bounds(max(alpha, 1e-12)).upper }
    }
}

extension MetricInput {
    /// The same columns with these rows only.
    func selecting(_ rows: [Int]) -> MetricInput {
        var copy = self
        switch truth {
        case .labels(let labels): copy.truth = .labels(labels.selecting(rows))
        case .numbers(let numbers): copy.truth = .numbers(numbers.selecting(rows))
        }
        copy.predictedLabels = predictedLabels?.selecting(rows)
        copy.predictedNumbers = predictedNumbers?.selecting(rows)
        switch scores {
        case .positive(let column): copy.scores = .positive(column.selecting(rows))
        case .classes(let names, let columns): copy.scores = .classes(names, columns.map { $0.selecting(rows) })
        case nil: copy.scores = nil
        }
        return copy
    }
}

extension Labels {
    /// Rows past the end are missing.
    func selecting(_ rows: [Int]) -> Labels {
        Labels(codes: rows.map { codes.indices.contains($0) ? codes[$0] : -1 }, names: names)
    }
}

extension NumberColumn {
    func selecting(_ rows: [Int]) -> NumberColumn {
        let missing = Set(missingRows)
        return NumberColumn(
            values: rows.map { values.indices.contains($0) ? values[$0] : .nan },
            missingRows: rows.indices.filter { missing.contains(rows[$0]) || !values.indices.contains(rows[$0]) })
    }
}
