import WaybillCore

extension Metric {
    /// The value over all rows of `input`. Equal inputs give equal bits.
    /// - Throws: `MetricFailure` whenever there is no finite value.
    package func measure(_ input: MetricInput) throws(MetricFailure) -> Measurement {
        guard input.count > 0 else { throw .tooFewSamples(have: 0, need: 1) }
        let measurement = try measureWhole(input)
        guard measurement.value.isFinite else { throw .overflow }
        return measurement
    }

    private func measureWhole(_ input: MetricInput) throws(MetricFailure) -> Measurement {
        switch (name.input, input.truth) {
        case (.labels, .labels(let truth)):
            guard let predicted = input.predictedLabels else { throw .inputMissing(.labels) }
            return try measureLabels(truth, predicted)
        case (.scores, .labels(let truth)):
            guard let scores = input.scores else { throw .inputMissing(.scores) }
            return try measureRanking(truth, scores)
        case (.probabilities, .labels(let truth)):
            guard let scores = input.scores else { throw .inputMissing(.probabilities) }
            if name.isMeanOfRows { return Measurement(value: mean(try rowValues(input)), count: truth.count) }
            guard name == .calibrationError else { return try measureOneVersusRest(truth, scores) }
            let bins = try CalibrationBins(truth, scores, positive: positive)
            return Measurement(value: bins.error, count: truth.count)
        case (.numbers, .numbers(let truth)):
            guard let predicted = input.predictedNumbers else { throw .inputMissing(.numbers) }
            if name == .r2 { return try determination(truth, predicted) }
            let mean = try withErrors(truth, predicted) { count, error in sum(count: count, error) / Double(count) }
            return Measurement(
                value: name == .rmse ? mean.squareRoot() : mean, count: truth.values.count,
                warnings: name == .mape ? nearZero(truth) : [])
        case (.labels, .numbers), (.scores, .numbers), (.probabilities, .numbers), (.numbers, .labels):
            throw .inputMissing(name.input)
        }
    }

    private func mean(_ values: [Double]) -> Double { sum(values) / Double(values.count) }

    /// R²: 1 minus the squared errors over those of the mean. Of equal truths it is 1 when all errors are 0, else 0, as in scikit-learn.
    private func determination(
        _ truth: NumberColumn, _ predicted: NumberColumn
    ) throws(MetricFailure) -> Measurement {
        let (truths, predictions) = try Self.checked(truth, predicted)
        guard truths.count >= 2 else { throw .tooFewSamples(have: truths.count, need: 2) }
        let mean = mean(truths)
        let (errors, spread) = truths.withUnsafeBufferPointer { truths in
            predictions.withUnsafeBufferPointer { predictions in
                let errors = sum(count: truths.count) { row in
                    let error = truths[row] - predictions[row]
                    return error * error
                }
                let spread = sum(count: truths.count) { row in
                    let distance = truths[row] - mean
                    return distance * distance
                }
                return (errors, spread)
            }
        }
        let isConstant = spread == 0 || truths.allSatisfy { $0 == truths[0] }
        guard isConstant else { return Measurement(value: 1 - errors / spread, count: truths.count) }
        return Measurement(value: errors == 0 ? 1 : 0, count: truths.count, warnings: [.constantTruth])
    }

    private func nearZero(_ truth: NumberColumn) -> [MetricWarning] {
        let rows = truth.values.count { abs($0) < Double.ulpOfOne }
        return rows > 0 ? [.truthNearZero(rows: rows)] : []
    }
}
