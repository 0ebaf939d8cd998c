import WaybillCore

/// Predictions in 15 bins of equal width over their confidence: how sure the model was, and how often it was right.
///
/// Of one column of probabilities the confidence is the probability of the positive label and right is a positive truth (Naeini, Cooper and
/// Hauskrecht 2015); of three classes and more it is that of the likeliest class, the first of equals, and right is that class (Guo, Pleiss,
/// Sun and Weinberger 2017). A bin reaches from above its lower edge up to its upper one; 0 is in the first.
package struct CalibrationBins: Hashable, Sendable {
    package static let count = 15

    /// Rows in each bin.
    package private(set) var rows = [Int](repeating: 0, count: count)
    package private(set) var hits = [Int](repeating: 0, count: count)
    /// The sum of confidences in each bin.
    package private(set) var confidence = [Double](repeating: 0, count: count)

    /// - Throws: as the metric `calibrationError` does.
    package init(_ truth: Labels, _ scores: Scores, positive: String) throws(MetricFailure) {
        let (sure, isHit) = try Self.rows(truth, scores, positive: positive)
        add(sure, isHit) { _ in 1 }
    }

    /// Of rows that each count several times: `sure[row]` and `isHit[row]` count `weights[row]` times.
    init(sure: [Double], isHit: [Bool], weights: UnsafeBufferPointer<UInt32>) {
        add(sure, isHit) { Int(weights[$0]) }
    }

    /// How sure each row is, and whether it is right.
    static func rows(
        _ truth: Labels, _ scores: Scores, positive: String
    ) throws(MetricFailure) -> (sure: [Double], isHit: [Bool]) {
        if case .classes(let names, _) = scores, names.count > 2 {
            let table = try ClassTable(truth, scores)
            let best = table.likeliest
            return (
                best.indices.map { table.columns[best[$0]][$0] }, best.indices.map { Int(table.codes[$0]) == best[$0] }
            )
        }
        let binary = try BinaryTruth(truth, positive: positive)
        if case .classes = scores { _ = try ClassTable(truth, scores) }
        let column = NumberColumn(try scores.column(of: positive, .probability, truths: truth.count))
        let values = try checkedProbabilities(column, truths: truth.count)
        return (values, values.indices.map { binary.isPositive($0) })
    }

    @inline(__always)
    private mutating func add(_ sure: [Double], _ isHit: [Bool], _ weight: (Int) -> Int) {
        for row in sure.indices {
            let (bin, weight) = (Self.bin(of: sure[row]), weight(row))
            rows[bin] += weight
            hits[bin] += isHit[row] ? weight : 0
            confidence[bin] += Double(weight) * sure[row]
        }
    }

    /// The mean over all rows of the distance between how sure and how often right, bin by bin.
    var error: Double {
        let gaps = zip(hits, confidence).map { abs(Double($0) - $1) }
        return sum(gaps) / Double(rows.reduce(0, +))
    }

    @inline(__always)
    static func bin(of confidence: Double) -> Int {
        let near = min(Int(confidence * Double(count)), count - 1)
        // What the product rounded is put right at the edges.
        if near > 0, confidence <= Double(near) / Double(count) { return near - 1 }
        return near < count - 1 && confidence > Double(near + 1) / Double(count) ? near + 1 : near
    }
}
