import WaybillCore

extension Metric {
    /// For metrics of scores or probabilities of one label; nil for others, and where it is not defined.
    func rocCurve(_ input: MetricInput) -> RocCurve? {
        guard name.input == .scores || name.input == .probabilities, parameters.contains(.positive),
            case .labels(let truth) = input.truth, let scores = input.scores,
            let binary = try? BinaryTruth(truth, positive: positive), binary.positives > 0, binary.negatives > 0,
            let column = try? scores.column(of: positive, .score, truths: truth.count)
        else { return nil }
        return SplitScores(column, codes: truth.codes, positive: binary.positive, positives: binary.positives).rocCurve
    }

    /// The bins of `calibrationError`; for scores only when they could be probabilities.
    func calibrationCurve(_ input: MetricInput) -> CalibrationCurve? {
        guard name.input == .scores || name.input == .probabilities, parameters.contains(.positive),
            case .labels(let truth) = input.truth, let scores = input.scores,
            let bins = try? CalibrationBins(truth, scores, positive: positive)
        else { return nil }
        return CalibrationCurve(
            bins: bins.rows.indices.map { bin in
                let rows = bins.rows[bin]
                let mean = rows == 0 ? 0 : min(max(bins.confidence[bin] / Double(rows), 0), 1)
                return CalibrationCurve.Bin(rows: rows, hits: bins.hits[bin], confidence: mean)
            })
    }

    private var parameters: [MetricParameter] { name.parameters }
}

extension SplitScores {
    /// One corner for each different score, as far as there is room: of more than that, the first in each of equal steps along the way.
    var rocCurve: RocCurve {
        let steps = RocCurve.mostPoints - 2
        let (found, wrong) = (positives.count, negatives.count)
        var points = [RocCurve.Point(falsePositives: 0, truePositives: 0)]
        var (left, below, kept) = (found, wrong, 0)
        let corners = distinctScores
        while left > 0 || below > 0 {
            let score = max(left > 0 ? positives[left - 1] : 0, below > 0 ? negatives[below - 1] : 0)
            while left > 0, positives[left - 1] == score { left -= 1 }
            while below > 0, negatives[below - 1] == score { below -= 1 }
            let point = RocCurve.Point(falsePositives: wrong - below, truePositives: found - left)
            let way =
                Double(point.falsePositives) / Double(wrong) + Double(point.truePositives) / Double(found)
            let step = Int(way / 2 * Double(steps))
            let isLast = left == 0 && below == 0
            if isLast || corners <= steps || step > kept {
                points.append(point)
                kept = step
            }
        }
        return RocCurve(positives: found, negatives: wrong, points: points)
    }

    /// How many different scores there are, at most one more than a curve has room for.
    private var distinctScores: Int {
        var (left, below, count) = (positives.count, negatives.count, 0)
        while left > 0 || below > 0, count < RocCurve.mostPoints {
            let score = max(left > 0 ? positives[left - 1] : 0, below > 0 ? negatives[below - 1] : 0)
            while left > 0, positives[left - 1] == score { left -= 1 }
            while below > 0, negatives[below - 1] == score { below -= 1 }
            count += 1
        }
        return count
    }
}
