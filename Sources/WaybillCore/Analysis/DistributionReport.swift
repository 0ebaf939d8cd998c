import Glibc

/// How the distribution of one quantity (latency, a score) differs between the arms, from counts in the same bins: reported, never deciding. The
/// chances are those of one look at independent values; a verdict that is looked at again and again must not be taken from them.
package struct DistributionReport: Hashable, Codable, Sendable {
    /// Population stability index: Σ (c − s)·ln(c/s) over shares of bins, where each count is raised by ½ so that empty bins stay finite.
    package var stabilityIndex: Double
    /// Two-sample Kolmogorov-Smirnov: the largest distance of the cumulative shares, and the chance of one so large (Kolmogorov's limit with
    /// Stephens' correction, 1970); with values binned it is an upper bound.
    package var distance: Double
    package var distanceChance: Double
    /// Mann-Whitney: the chance that a value of the canary is above one of the stable revision, halves for the same bin, and the two-sided
    /// chance of one so far from ½ (normal, corrected for ties).
    package var superiority: Double
    package var superiorityChance: Double

    /// Counts of the canary and of the stable revision in the same bins, in rising order of the quantity; nil when the bins differ in number, a count is
    /// below zero or an arm has none.
    package init?(canary: [Int], stable: [Int]) {
        guard canary.count == stable.count, (canary + stable).allSatisfy({ $0 >= 0 }) else { return nil }
        let (canary, stable) = (canary.map(Double.init), stable.map(Double.init))
        let (n, m) = (canary.reduce(0, +), stable.reduce(0, +))
        guard n > 0, m > 0 else { return nil }
        let bins = zip(canary, stable)
        stabilityIndex = bins.reduce(0) { sum, bin in
            let one = (bin.0 + 0.5) / (n + 0.5 * Double(canary.count))
            let other = (bin.1 + 0.5) / (m + 0.5 * Double(canary.count))
            return sum + (one - other) * log(one / other)
        }
        var (below, belowStable, largest) = (0.0, 0.0, 0.0)
        var (pairs, ties) = (0.0, 0.0)
        for (c, s) in bins {
            pairs += c * (belowStable + s / 2)
            below += c
            belowStable += s
            largest = max(largest, abs(below / n - belowStable / m))
            let both = c + s
            ties += both * both * both - both
        }
        distance = largest
        let size = (n * m / (n + m)).squareRoot()
        distanceChance = Self.kolmogorov((size + 0.12 + 0.11 / size) * largest)
        superiority = pairs / (n * m)
        let all = n + m
        let variance = n * m / 12 * (all + 1 - (all > 1 ? ties / (all * (all - 1)) : 0))
        let shift = abs(pairs - n * m / 2)
        superiorityChance = variance > 0 ? erfc(shift / (2 * variance).squareRoot()) : 1
    }

    /// The chance of Kolmogorov's limit above `value`.
    static func kolmogorov(_ value: Double) -> Double {
        // The series is 1 to the last digit there, and converges too slowly to say so.
        guard value > 0.2 else { return 1 }
        var sum = 0.0
        for index in 1...100 {
            let term = exp(-2 * Double(index * index) * value * value)
            sum += index.isMultiple(of: 2) ? -term : term
            if term < 1e-16 { break }
        }
        return min(1, max(0, 2 * sum))
    }
}
