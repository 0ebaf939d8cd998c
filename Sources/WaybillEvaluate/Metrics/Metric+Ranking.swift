import WaybillCore

extension Metric {
    /// `rocAuc` and `prAuc`.
    func measureRanking(_ truth: Labels, _ scores: Scores) throws(MetricFailure) -> Measurement {
        let binary = try BinaryTruth(truth, positive: positive)
        let column = try scores.column(of: positive, .score, truths: truth.count)
        try binary.checkBoth(truth)
        let split = SplitScores(column, codes: truth.codes, positive: binary.positive, positives: binary.positives)
        return Measurement(value: name == .prAuc ? split.averagePrecision : split.rocArea, count: truth.count)
    }

    /// `rocAucMacro` and `rocAucWeighted`: each class against the rest. A class without rows has no weight, and no macro average.
    func measureOneVersusRest(_ truth: Labels, _ scores: Scores) throws(MetricFailure) -> Measurement {
        let table = try ClassTable(truth, scores)
        let counts = table.support
        if let only = counts.firstIndex(of: truth.count) { throw .oneClassOnly(table.names[only]) }
        if name == .rocAucMacro, let absent = counts.firstIndex(of: 0) {
            throw .noSamples(ofLabel: table.names[absent])
        }
        var total = 0.0
        for (place, count) in counts.enumerated() where count > 0 {
            let split = SplitScores(
                table.columns[place], codes: table.codes, positive: Int32(place), positives: count)
            total +=
                split.rocArea * (name == .rocAucMacro ? 1 / Double(counts.count) : Double(count) / Double(truth.count))
        }
        return Measurement(value: total, count: truth.count)
    }
}
