import WaybillCore

/// The paired bootstrap: rows are drawn with replacement as often as there are rows, and what is asked is computed again of each draw
/// (Efron and Tibshirani 1993).
///
/// Percentiles, and not BCa: BCa takes the value once without each row, which for a million rows is a million values, and its acceleration
/// is undefined where leaving out a row changes nothing. What percentiles miss of few rows is put back by the wider percentiles of Hesterberg
/// (2015).
enum Bootstrap {
    /// One less than 2000, so that 5 % and 2.5 % are whole order statistics.
    static let resamples = 1999
    /// Of the resamples; those without a value are left out.
    static let mostUndefined = 0.01

    /// Values of `statistic`, which gets the counts of a draw for each of `rows` sets, ascending.
    static func values(
        rows: [Int], seed: Digest, _ statistic: ([UnsafeBufferPointer<UInt32>]) -> Double?
    ) throws(MetricFailure) -> [Double] {
        var generator = SampleGenerator(seed: seed)
        var counts = rows.map { [UInt32](repeating: 0, count: $0) }
        var values: [Double] = []
        for _ in 0..<resamples {
            for place in counts.indices { generator.drawCounts(into: &counts[place]) }
            if let value = withBuffers(counts, statistic) { values.append(value) }
        }
        let undefined = resamples - values.count
        guard Double(undefined) <= mostUndefined * Double(resamples) else {
            throw .unstable(undefined: undefined, resamples: resamples)
        }
        return values.sorted()
    }

    private static func withBuffers(
        _ arrays: [[UInt32]], _ statistic: ([UnsafeBufferPointer<UInt32>]) -> Double?
    ) -> Double? {
        guard let first = arrays.first else { return nil }
        return first.withUnsafeBufferPointer { one in
            guard arrays.count > 1 else { return statistic([one]) }
            return arrays[1].withUnsafeBufferPointer { statistic([one, $0]) }
        }
    }
}
