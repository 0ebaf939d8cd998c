import WaybillCore

/// A metric of rows that each count a number of times, prepared once and then computed for many weights without another sort.
struct WeightedMetric {
    private enum Kind {
        case mean([Double], isRoot: Bool)
        case determination(errors: [Double], centered: [Double])
        case counts(names: [String], truth: [Int32], predicted: [Int32])
        case area([RankedRows], isWeighted: Bool)
        case precision(RankedRows)
        case calibration(sure: [Double], isHit: [Bool])
    }

    private let metric: Metric
    private let kind: Kind

    /// - Throws: as `measure` does.
    init(_ metric: Metric, _ input: MetricInput) throws(MetricFailure) {
        _ = try metric.measure(input)
        self.metric = metric
        kind = try Self.prepare(metric, input)
    }

    private static func prepare(_ metric: Metric, _ input: MetricInput) throws(MetricFailure) -> Kind {
        switch (metric.name, input.truth, input.scores, input.predictedLabels, input.predictedNumbers) {
        case (.r2, .numbers(let truth), _, _, let predicted?):
            let mean = sum(truth.values) / Double(truth.values.count)
            let errors = zip(truth.values, predicted.values).map { ($0 - $1) * ($0 - $1) }
            return .determination(errors: errors, centered: truth.values.map { $0 - mean })
        case (.rocAuc, .labels(let truth), let scores?, _, _):
            return .area([try ranked(metric, truth, scores)], isWeighted: false)
        case (.prAuc, .labels(let truth), let scores?, _, _): return .precision(try ranked(metric, truth, scores))
        case (.rocAucMacro, .labels(let truth), let scores?, _, _),
            (.rocAucWeighted, .labels(let truth), let scores?, _, _):
            let table = try ClassTable(truth, scores)
            let ranked = table.columns.indices.map { RankedRows(table.columns[$0], table.codes, positive: Int32($0)) }
            return .area(ranked, isWeighted: metric.name == .rocAucWeighted)
        case (.calibrationError, .labels(let truth), let scores?, _, _):
            let rows = try CalibrationBins.rows(truth, scores, positive: metric.positive)
            return .calibration(sure: rows.sure, isHit: rows.isHit)
        case (let name, .labels(let truth), _, let predicted?, _) where name.input == .labels && name != .accuracy:
            let (all, places) = ClassCounts.union(truth.names, predicted.names)
            return .counts(names: all, truth: truth.codes, predicted: predicted.codes.map { places[Int($0)] })
        case (let name, _, _, _, _): return .mean(try metric.rowValues(input), isRoot: name == .rmse)
        }
    }

    private static func ranked(_ metric: Metric, _ truth: Labels, _ scores: Scores) throws(MetricFailure) -> RankedRows
    {
        let binary = try BinaryTruth(truth, positive: metric.positive)
        let column = try scores.column(of: metric.positive, .score, truths: truth.count)
        return RankedRows(column, truth.codes, positive: binary.positive)
    }

    /// The value when row i counts `weights[i]` times; nil when it has none.
    func value(_ weights: UnsafeBufferPointer<UInt32>) -> Double? {
        let value: Double? =
            switch kind {
            case .mean(let values, let isRoot): Self.mean(values, isRoot, weights)
            case .determination(let errors, let centered): Self.determination(errors, centered, weights)
            case .counts(let names, let truth, let predicted): counted(names, truth, predicted, weights)
            case .area(let ranked, let isWeighted): Self.area(ranked, isWeighted, weights)
            case .precision(let ranked): ranked.averagePrecision(weights)
            case .calibration(let sure, let isHit): CalibrationBins(sure: sure, isHit: isHit, weights: weights).error
            }
        return value.flatMap { $0.isFinite ? $0 : nil }
    }

    private static func mean(_ values: [Double], _ isRoot: Bool, _ weights: UnsafeBufferPointer<UInt32>) -> Double {
        let total = values.withUnsafeBufferPointer { values in
            sum(count: values.count) { values[$0] * Double(weights[$0]) }
        }
        let mean = total / sum(count: values.count) { Double(weights[$0]) }
        return isRoot ? mean.squareRoot() : mean
    }

    private static func determination(
        _ errors: [Double], _ centered: [Double], _ weights: UnsafeBufferPointer<UInt32>
    ) -> Double? {
        let rows = sum(count: errors.count) { Double(weights[$0]) }
        let missed = sum(count: errors.count) { errors[$0] * Double(weights[$0]) }
        let shift = sum(count: errors.count) { centered[$0] * Double(weights[$0]) } / rows
        let spread = sum(count: errors.count) { row in
            let distance = centered[row] - shift
            return distance * distance * Double(weights[row])
        }
        // What is left of one row that was drawn again and again is rounding.
        guard spread > 1e-24 * rows * shift * shift, spread > 0 else { return missed == 0 ? 1 : 0 }
        return 1 - missed / spread
    }

    private func counted(
        _ names: [String], _ truth: [Int32], _ predicted: [Int32], _ weights: UnsafeBufferPointer<UInt32>
    ) -> Double? {
        var (hits, given, support) = (
            [Int](repeating: 0, count: names.count), [Int](repeating: 0, count: names.count),
            [Int](repeating: 0, count: names.count)
        )
        for row in truth.indices {
            let (expected, found, weight) = (Int(truth[row]), Int(predicted[row]), Int(weights[row]))
            support[expected] &+= weight
            given[found] &+= weight
            if expected == found { hits[expected] &+= weight }
        }
        let counts = ClassCounts(names: names, hits: hits, predicted: given, support: support)
        guard let (score, average) = metric.name.retrieval else { return counts.balancedAccuracy.value }
        return try? counts.measure(score, average, positive: metric.positive).value
    }

    private static func area(
        _ ranked: [RankedRows], _ isWeighted: Bool, _ weights: UnsafeBufferPointer<UInt32>
    ) -> Double? {
        var total = 0.0
        var rows = 0.0
        for one in ranked {
            let (area, positives) = one.area(weights)
            if isWeighted, positives == 0 { continue }
            guard let area else { return nil }
            total += area * (isWeighted ? positives : 1)
            rows += isWeighted ? positives : 1
        }
        return rows > 0 ? total / rows : nil
    }
}

/// Rows by score, descending, for areas under curves with weights.
struct RankedRows {
    /// Each row; the top bit says that it is positive.
    private let rows: [UInt32]
    /// Where the rows of each different score end.
    private let ends: [Int32]

    init(_ scores: [Double], _ codes: [Int32], positive: Int32) {
        let order = ScoreKeys.order(of: scores)
        rows = order.reversed().map { $0.row | (codes[Int($0.row)] == positive ? 1 << 31 : 0) }
        var ends: [Int32] = []
        for place in order.indices.reversed() where place == 0 || order[place - 1].key != order[place].key {
            ends.append(Int32(truncatingIfNeeded: order.count - place))
        }
        self.ends = ends
    }

    /// Calls `body` for each score with what it adds: positive and negative rows.
    @inline(__always)
    private func forEachScore(_ weights: UnsafeBufferPointer<UInt32>, _ body: (Double, Double) -> Void) {
        var place = 0
        rows.withUnsafeBufferPointer { rows in
            for end in ends {
                var counts = (0, 0)
                while place < Int(end) {
                    let row = rows[place]
                    let weight = Int(weights[Int(row & 0x7FFF_FFFF)])
                    if row >> 31 == 1 { counts.0 &+= weight } else { counts.1 &+= weight }
                    place &+= 1
                }
                body(Double(counts.0), Double(counts.1))
            }
        }
    }

    /// The area under the ROC curve, and the positive rows; without an area when only one label is left.
    func area(_ weights: UnsafeBufferPointer<UInt32>) -> (area: Double?, positives: Double) {
        var (found, others, won) = (0.0, 0.0, 0.0)
        forEachScore(weights) { positive, negative in
            won += negative * (found + positive / 2)
            found += positive
            others += negative
        }
        return (found > 0 && others > 0 ? won / (found * others) : nil, found)
    }

    func averagePrecision(_ weights: UnsafeBufferPointer<UInt32>) -> Double? {
        var (found, others) = (0.0, 0.0)
        var total = CompensatedSum()
        forEachScore(weights) { positive, negative in
            found += positive
            others += negative
            if positive > 0 { total.add(positive * found / (found + others)) }
        }
        return found > 0 && others > 0 ? total.value / found : nil
    }
}
