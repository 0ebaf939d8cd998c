package import WaybillCore

/// Why a metric has no value. Never NaN, never a guess: a gate that gets this does not pass.
package enum MetricFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// Fewer rows than it takes.
    case tooFewSamples(have: Int, need: Int)
    /// Only rows of one label, where two are compared.
    case oneClassOnly(String)
    /// No row has this label, where its rows are looked for.
    case noSamples(ofLabel: String)
    /// The positive label is neither among the truths nor among the predictions.
    case unknownPositive(String, labels: [String])
    /// More than two labels, where one is held against the other.
    case notBinary(labels: Int)
    /// Classes whose probabilities were not given.
    case unknownClass(String, row: Int)
    /// NaN or infinite.
    case nonFinite(MetricColumn, row: Int)
    /// Without a value.
    case missing(MetricColumn, row: Int)
    /// A probability that is none.
    case notAProbability(Double, row: Int)
    /// Probabilities of one row that do not add up to 1.
    case notNormalised(sum: Double, row: Int)
    /// Columns of different lengths.
    case lengthMismatch(MetricColumn, count: Int, truths: Int)
    /// What the metric is computed from was not given.
    case inputMissing(MetricInputKind)
    /// The inputs are finite, the value is not.
    case overflow
    /// Rows that are to be compared in pairs have different truths.
    case differentTruths(row: Int)
    /// Too many resamples of the rows have no value: a label is so rare that some have none of it.
    case unstable(undefined: Int, resamples: Int)

    package var description: String {
        switch self {
        case .tooFewSamples(let have, let need): "too few rows: \(have); it takes \(need)"
        case .oneClassOnly(let label): "undefined: every row has the label \(label.quotedForMessage)"
        case .noSamples(let label): "undefined: no row has the label \(label.quotedForMessage)"
        case .unknownPositive(let label, let labels):
            "there is no label \(label.quotedForMessage); the labels are \(MetricWarning.list(labels))"
        case .notBinary(let labels): "\(labels) labels, where one is held against one other"
        case .unknownClass(let label, let row):
            "row \(row): the label \(label.quotedForMessage) is none of the classes that have probabilities"
        case .nonFinite(let column, let row): "row \(row): the \(column.rawValue) is not a finite number"
        case .missing(let column, let row): "row \(row): the \(column.rawValue) is missing"
        case .notAProbability(let value, let row): "row \(row): \(value) is not a probability"
        case .notNormalised(let sum, let row): "row \(row): the probabilities add up to \(sum), not to 1"
        case .lengthMismatch(let column, let count, let truths): "\(count) \(column.rawValue)s for \(truths) truths"
        case .inputMissing(let kind): "no \(kind.rawValue) were given to compute it from"
        case .overflow: "the numbers are too large: the value is not finite"
        case .differentTruths(let row): "row \(row): the two sets that are compared have different truths"
        case .unstable(let undefined, let resamples):
            "\(undefined) of \(resamples) resamples have no value: too few rows of some label"
        }
    }
}

/// The columns that a metric reads. Rows are counted from 1.
package enum MetricColumn: String, Hashable, Sendable {
    case truth
    case prediction
    case score
    case probability
    case slice
}
