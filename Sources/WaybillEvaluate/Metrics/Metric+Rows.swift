import Glibc
import WaybillCore

extension Metric {
    /// What each row adds to a metric that is a mean of rows.
    /// - Throws: also when the metric is none.
    func rowValues(_ input: MetricInput) throws(MetricFailure) -> [Double] {
        switch (name, input.truth) {
        case (.accuracy, .labels(let truth)):
            guard let predicted = input.predictedLabels else { throw .inputMissing(.labels) }
            return try Self.agreement(truth, predicted)
        case (.logLoss, .labels(let truth)), (.brier, .labels(let truth)):
            guard let scores = input.scores else { throw .inputMissing(.probabilities) }
            return try probabilityLosses(truth, scores)
        case (_, .numbers(let truth)):
            guard let predicted = input.predictedNumbers else { throw .inputMissing(.numbers) }
            return try withErrors(truth, predicted) { count, error in
                [Double](unsafeUninitializedCapacity: count) { room, filled in
                    for row in 0..<count { room[row] = error(row) }
                    filled = count
                }
            }
        case (_, .labels): throw .inputMissing(name.input)
        }
    }

    private static func agreement(_ truth: Labels, _ predicted: Labels) throws(MetricFailure) -> [Double] {
        try truth.check(.truth, truths: truth.count)
        try predicted.check(.prediction, truths: truth.count)
        let places = ClassCounts.union(truth.names, predicted.names).places
        return zip(truth.codes, predicted.codes).map { $0 == places[Int($1)] ? 1 : 0 }
    }

    private func probabilityLosses(_ truth: Labels, _ scores: Scores) throws(MetricFailure) -> [Double] {
        if case .classes(let names, _) = scores, names.count > 2 {
            let table = try ClassTable(truth, scores)
            return name == .logLoss ? table.logLosses : table.brierScores
        }
        let binary = try BinaryTruth(truth, positive: positive)
        if case .classes = scores { _ = try ClassTable(truth, scores) }
        let column = try scores.column(of: positive, .probability, truths: truth.count)
        let values = try checkedProbabilities(NumberColumn(column), truths: truth.count)
        guard name == .logLoss else {
            return rows(of: values) { row in
                let error = values[row] - (binary.isPositive(row) ? 1 : 0)
                return error * error
            }
        }
        return rows(of: values) { row in surprise(binary.isPositive(row) ? values[row] : 1 - values[row]) }
    }

    /// What `use` makes of the number of rows and of what each adds to a metric of numbers. Nothing is kept for each row.
    @inline(__always)
    func withErrors<Result>(
        _ truth: NumberColumn, _ predicted: NumberColumn, _ use: (Int, (Int) -> Double) -> Result
    ) throws(MetricFailure) -> Result {
        let (truths, predictions) = try Self.checked(truth, predicted)
        let (name, alpha) = (name, alpha)
        let result: Result? = truths.withUnsafeBufferPointer { truths in
            predictions.withUnsafeBufferPointer { predictions in
                switch name {
                case .mse, .rmse:
                    use(truths.count) { row in
                        let error = truths[row] - predictions[row]
                        return error * error
                    }
                case .mae: use(truths.count) { abs(truths[$0] - predictions[$0]) }
                case .mape:
                    use(truths.count) { abs(truths[$0] - predictions[$0]) / max(abs(truths[$0]), Double.ulpOfOne) }
                case .quantileLoss:
                    use(truths.count) { row in
                        let error = truths[row] - predictions[row]
                        return error >= 0 ? alpha * error : (alpha - 1) * error
                    }
                case .accuracy, .balancedAccuracy, .precision, .precisionMacro, .precisionMicro, .precisionWeighted,
                    .recall, .recallMacro, .recallMicro, .recallWeighted, .f1, .f1Macro, .f1Micro, .f1Weighted, .rocAuc,
                    .rocAucMacro, .rocAucWeighted, .prAuc, .logLoss, .brier, .calibrationError, .r2:
                    nil
                }
            }
        }
        guard let result else { throw .inputMissing(name.input) }
        return result
    }

    /// Both columns, finite and of one length.
    static func checked(
        _ truth: NumberColumn, _ predicted: NumberColumn
    ) throws(MetricFailure) -> (truths: [Double], predictions: [Double]) {
        let count = truth.values.count
        return (
            try truth.checked(.truth, truths: count), try predicted.checked(.prediction, truths: count)
        )
    }
}

@inline(__always)
private func rows(of column: [Double], _ value: (Int) -> Double) -> [Double] {
    [Double](unsafeUninitializedCapacity: column.count) { room, count in
        for row in column.indices { room[row] = value(row) }
        count = column.count
    }
}

/// -ln of a probability that is kept 2⁻⁵² away from 0 and 1, as scikit-learn does for double precision.
@inline(__always)
func surprise(_ probability: Double) -> Double {
    -log(min(max(probability, Double.ulpOfOne), 1 - Double.ulpOfOne))
}

extension ClassTable {
    var logLosses: [Double] { codes.indices.map { surprise(columns[Int(codes[$0])][$0]) } }

    /// For each row the squared distance of its probabilities from its class, summed over the classes (Brier 1950).
    var brierScores: [Double] {
        var scores = [Double](repeating: 0, count: codes.count)
        for (place, column) in columns.enumerated() {
            for row in codes.indices {
                let error = column[row] - (codes[row] == place ? 1 : 0)
                scores[row] += error * error
            }
        }
        return scores
    }
}
