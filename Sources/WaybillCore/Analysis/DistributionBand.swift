import Glibc

/// A band around one arm's distribution that the truth leaves with a chance of at most `alpha` at any time of looking, at all values at once: the
/// time-uniform form of Dvoretzky, Kiefer and Wolfowitz's inequality (Howard and Ramdas: "Sequential estimation of quantiles with applications to
/// A/B testing and best-arm identification", Bernoulli 2022). Values must be independent, or counted as fewer by `dispersion`.
package struct DistributionBand: Hashable, Codable, Sendable {
    /// Upper edges of the bins, rising; the last bin has no edge.
    package let edges: [Double]
    /// Share of values at or below each edge.
    package let shares: [Double]
    /// What the truth is at most away from each share.
    package let radius: Double

    /// Counts in one bin more than there are edges; nil when they do not fit, a count is below zero or there are no values.
    package init?(edges: [Double], counts: [Int], alpha: Double, dispersion: Double = 1) {
        let isRising = zip(edges, edges.dropFirst()).allSatisfy { $0 < $1 }
        guard counts.count == edges.count + 1, isRising, counts.allSatisfy({ $0 >= 0 }), alpha > 0, alpha < 0.5,
            dispersion >= 1
        else { return nil }
        let total = counts.reduce(0.0) { $0 + Double($1) }
        guard total > 0 else { return nil }
        var below = 0.0
        shares = counts.dropLast().map { count in
            below += Double(count)
            return below / total
        }
        self.edges = edges
        radius = Self.radius(of: total / dispersion, alpha)
    }

    /// 0.85·√((ln ln(e·t) + 0.8·ln(1612/α))/t), 1 at most.
    static func radius(of values: Double, _ alpha: Double) -> Double {
        guard values >= 1 else { return 1 }
        return min(1, 0.85 * ((log(log(M_E * values)) + 0.8 * log(1612 / alpha)) / values).squareRoot())
    }

    /// Between which edges the quantile lies: nil on a side where none bounds it.
    package func quantile(_ chance: Double) -> (lower: Double?, upper: Double?) {
        let lower = shares.lastIndex { $0 + radius < chance }
        let upper = shares.firstIndex { $0 - radius >= chance }
        return (lower.map { edges[$0] }, upper.map { edges[$0] })
    }
}
