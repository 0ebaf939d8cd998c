package import WaybillCore

/// A metric with all that it takes: what a gate names.
package struct Metric: Hashable, Sendable, CustomStringConvertible {
    package let name: MetricName
    /// The label that counts as found, where the metric looks at one label.
    package let positive: String
    /// Of a quantile loss.
    package let alpha: Double

    /// - Parameters:
    ///   - positive: `1` when it is not said.
    ///   - alpha: 0.5 when it is not said.
    /// - Throws: `InvalidInput` for a parameter that the metric does not take, and for an `alpha` that is not between 0 and 1.
    package init(_ name: MetricName, positive: String? = nil, alpha: Double? = nil) throws(InvalidInput) {
        if positive != nil, !name.parameters.contains(.positive) { throw Self.notTaken(.positive, by: name) }
        if let alpha {
            guard name.parameters.contains(.alpha) else { throw Self.notTaken(.alpha, by: name) }
            // Also false of NaN.
            guard alpha > 0, alpha < 1 else {
                throw InvalidInput("'alpha' is \(alpha); expected a number above 0 and below 1")
            }
        }
        self.init(name: name, positive: positive ?? "1", alpha: alpha ?? 0.5)
    }

    private init(name: MetricName, positive: String, alpha: Double) {
        (self.name, self.positive, self.alpha) = (name, positive, alpha)
    }

    /// `name` with the usual parameters.
    package static func usual(_ name: MetricName) -> Metric { Metric(name: name, positive: "1", alpha: 0.5) }

    package var description: String {
        name.parameters.contains(.alpha) ? "\(name.rawValue)(alpha: \(alpha))" : name.rawValue
    }

    private static func notTaken(_ parameter: MetricParameter, by name: MetricName) -> InvalidInput {
        let taken = name.parameters.map { "'\($0.rawValue)'" }.joined(separator: ", ")
        return InvalidInput(
            "'\(name.rawValue)' takes no '\(parameter.rawValue)'; \(taken.isEmpty ? "remove it" : "it takes \(taken)")")
    }
}
