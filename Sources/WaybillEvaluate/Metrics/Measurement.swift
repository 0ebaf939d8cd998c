import WaybillCore

/// A value that was computed, of how many rows, and what its reader should know. The value is always finite.
package struct Measurement: Hashable, Sendable {
    package let value: Double
    package let count: Int
    package var warnings: [MetricWarning]

    package init(value: Double, count: Int, warnings: [MetricWarning] = []) {
        (self.value, self.count, self.warnings) = (value, count, warnings)
    }
}

/// Something that a value hides.
package enum MetricWarning: Hashable, Sendable, CustomStringConvertible {
    /// A label was never predicted: its precision is 0 by convention.
    case neverPredicted(labels: [String])
    /// A label is predicted and never true: its recall is 0 by convention, and left out of balanced accuracy.
    case neverTrue(labels: [String])
    /// All truths are equal; R² is 1 or 0 by convention.
    case constantTruth
    /// Truths are 0 or almost: their rows count with an error divided by 2⁻⁵².
    case truthNearZero(rows: Int)

    package var description: String {
        switch self {
        case .neverPredicted(let labels): "never predicted, precision counts as 0: \(Self.list(labels))"
        case .neverTrue(let labels): "predicted and never true, recall counts as 0: \(Self.list(labels))"
        case .constantTruth: "all truths are equal; the value is 1 when every prediction is right, else 0"
        case .truthNearZero(let rows): "\(rows) truths are 0 or almost, and decide the value"
        }
    }

    static func list(_ labels: [String]) -> String {
        let shown = labels.prefix(5).map(\.quotedForMessage).joined(separator: ", ")
        return labels.count > 5 ? "\(shown) and \(labels.count - 5) more" : shown
    }
}
