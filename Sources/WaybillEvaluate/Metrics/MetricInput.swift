import WaybillCore

/// The columns that metrics are computed from, row by row the same.
package struct MetricInput: Sendable {
    package enum Truth: Sendable {
        case labels(Labels)
        case numbers(NumberColumn)
    }

    package var truth: Truth
    /// The labels that were predicted.
    package var predictedLabels: Labels?
    /// The numbers that were predicted.
    package var predictedNumbers: NumberColumn?
    package var scores: Scores?

    package init(
        truth: Labels, predictedLabels: Labels? = nil, scores: Scores? = nil
    ) {
        (self.truth, self.predictedLabels, self.scores) = (.labels(truth), predictedLabels, scores)
    }

    package init(truth: NumberColumn, predicted: NumberColumn) {
        (self.truth, predictedNumbers) = (.numbers(truth), predicted)
    }

    /// Rows.
    package var count: Int {
        switch truth {
        case .labels(let labels): labels.count
        case .numbers(let numbers): numbers.values.count
        }
    }
}

/// Scores or probabilities that a model gave.
package enum Scores: Sendable {
    /// Of the positive label.
    case positive(NumberColumn)
    /// Of each class, in the order of their names; of a name that comes again the first column counts.
    case classes([String], [NumberColumn])
}

extension NumberColumn {
    package init(_ values: [Double]) { self.init(values: values) }

    /// The values, when each is there and finite and there is one for each of `truths` rows.
    func checked(_ column: MetricColumn, truths: Int) throws(MetricFailure) -> [Double] {
        guard values.count == truths else {
            throw .lengthMismatch(column, count: values.count, truths: truths)
        }
        if let row = missingRows.first { throw .missing(column, row: row + 1) }
        if let row = values.withUnsafeBufferPointer(firstNonFinite) { throw .nonFinite(column, row: row + 1) }
        return values
    }
}

/// The first place of NaN or infinity. Differences of finite values with themselves are 0, so that a block is looked at as a whole.
private func firstNonFinite(_ values: UnsafeBufferPointer<Double>) -> Int? {
    var start = 0
    while start < values.count {
        let end = min(start + 4096, values.count)
        var check = SIMD8<Double>.zero
        var place = start
        while place + 8 <= end {
            let eight = SIMD8(
                values[place], values[place + 1], values[place + 2], values[place + 3], values[place + 4],
                values[place + 5], values[place + 6], values[place + 7])
            check += eight - eight
            place += 8
        }
        if check.sum() != 0 || !values[place..<end].allSatisfy(\.isFinite) {
            if let found = values[start..<end].firstIndex(where: { !$0.isFinite }) { return found }
        }
        start = end
    }
    return nil
}

extension Labels {
    /// - Throws: for a row without a label, and when there is not one for each of `truths` rows.
    func check(_ column: MetricColumn, truths: Int) throws(MetricFailure) {
        guard codes.count == truths else { throw .lengthMismatch(column, count: codes.count, truths: truths) }
        if let row = codes.firstIndex(where: { $0 < 0 }) { throw .missing(column, row: row + 1) }
    }
}
