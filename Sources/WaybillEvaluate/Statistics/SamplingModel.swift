import Glibc

/// How a number that was measured on some rows scatters around the one of all rows there could be; higher is better. One-sided bounds of any
/// level come from it. `docs/metrics.md` has the formulas and their sources.
enum SamplingModel: Sendable {
    /// A share: Wilson's score bounds (1927).
    case share(Share)
    /// The difference of two shares over the same rows: score bounds after Tango (1998).
    case pairedShares(PairedShares)
    /// The difference of two shares over different rows: Newcombe's hybrid of Wilson bounds (1998, method 10).
    case shares(Share, Share)
    /// A mean of rows.
    case mean(Moments)
    /// The difference of two means over different rows: Welch (1947).
    case means(Moments, Moments)
    /// The difference of two areas under curves.
    case areas(StudentizedValue)
    /// An area under the curve: normal on the scale of log-odds.
    case area(value: Double, error: Double, fewest: Int)
    /// Values of resamples, ascending: percentiles, widened for few rows (Hesterberg 2015).
    case resampled(value: Double, ascending: [Double], rows: Int)
}

/// Hits of a number of rows.
struct Share: Hashable, Sendable {
    var hits: Double
    var rows: Double

    var value: Double { hits / rows }

    /// Wilson's bounds, each one-sided for the normal quantile `z`.
    func bounds(_ z: Double) -> (lower: Double, upper: Double) {
        let center = (hits + z * z / 2) / (rows + z * z)
        let half = z / (rows + z * z) * (hits * (rows - hits) / rows + z * z / 4).squareRoot()
        // Exactly 0 and 1 where rounding would come short of them.
        return (hits > 0 ? max(0, center - half) : 0, hits < rows ? min(1, center + half) : 1)
    }
}

/// Rows on which only one of two is right.
struct PairedShares: Hashable, Sendable {
    /// Only the candidate.
    var won: Double
    /// Only the baseline.
    var lost: Double
    var rows: Double

    /// How far the difference is above `truth`, in standard errors that hold if `truth` is true.
    func score(at truth: Double) -> Double {
        let a = 2 * rows
        let b = (2 * rows - won + lost) * truth - won - lost
        let c = -lost * truth * (1 - truth)
        let share = max(0, (max(0, b * b - 4 * a * c).squareRoot() - b) / (2 * a))
        let variance = rows * (2 * share + truth * (1 - truth))
        let distance = won - lost - rows * truth
        guard variance > 0 else { return distance == 0 ? 0 : distance * .infinity }
        return distance / variance.squareRoot()
    }

    func bounds(_ z: Double) -> (lower: Double, upper: Double) {
        (
            Distributions.root(from: -1, to: 1) { z - score(at: $0) },
            Distributions.root(from: -1, to: 1) { -z - score(at: $0) }
        )
    }
}

/// Count, mean, standard deviation and skewness of rows.
struct Moments: Hashable, Sendable {
    let rows: Double
    let mean: Double
    /// Of the rows, divided by one less than their count.
    let deviation: Double
    let skewness: Double

    /// - Parameter values: two or more.
    init(_ values: [Double]) {
        rows = Double(values.count)
        let center = sum(values) / rows
        let squares = sum(count: values.count) { (values[$0] - center) * (values[$0] - center) }
        let cubes = sum(count: values.count) { row in
            let distance = values[row] - center
            return distance * distance * distance
        }
        let spread = (squares / rows).squareRoot()
        mean = center
        deviation = (squares / (rows - 1)).squareRoot()
        skewness = spread > 0 ? cubes / rows / (spread * spread * spread) : 0
    }

    var error: Double { deviation / rows.squareRoot() }

    /// The mean with what is known of it.
    var studentized: StudentizedValue {
        StudentizedValue(value: mean, error: error, freedom: rows - 1, skewness: skewness / rows.squareRoot())
    }
}

/// A value with its standard error, the degrees of freedom of that, and its own skewness.
struct StudentizedValue: Hashable, Sendable {
    var value: Double
    var error: Double
    var freedom: Double
    var skewness: Double

    /// The sum of two means that have nothing to do with each other, as `value`: degrees of freedom after Welch (1947).
    init(_ value: Double, _ one: Moments, _ other: Moments) {
        let (first, second) = (one.error * one.error, other.error * other.error)
        self.value = value
        error = (first + second).squareRoot()
        let spread = first * first / (one.rows - 1) + second * second / (other.rows - 1)
        freedom = spread > 0 ? (first + second) * (first + second) / spread : 1
        func third(_ moments: Moments) -> Double {
            moments.skewness / moments.rows.squareRoot() * moments.error * moments.error * moments.error
        }
        skewness = error > 0 ? (third(one) + third(other)) / (error * error * error) : 0
    }

    init(value: Double, error: Double, freedom: Double, skewness: Double) {
        (self.value, self.error, self.freedom, self.skewness) = (value, error, freedom, skewness)
    }

    /// The difference of two that have nothing to do with each other.
    static func - (one: StudentizedValue, other: StudentizedValue) -> StudentizedValue {
        let (first, second) = (one.error * one.error, other.error * other.error)
        let error = (first + second).squareRoot()
        let third = one.skewness * first * one.error - other.skewness * second * other.error
        let spread = first * first / one.freedom + second * second / other.freedom
        return StudentizedValue(
            value: one.value - other.value, error: error,
            // Where neither scatters, any number will do.
            freedom: spread > 0 ? (first + second) * (first + second) / spread : 1,
            skewness: error > 0 ? third / (error * error * error) : 0)
    }

    /// For each side the farther of Student's bound and of Hall's (1992), which takes the skewness out.
    func bounds(_ alpha: Double) -> (lower: Double, upper: Double) {
        guard error > 0 else { return (value, value) }
        let t = Distributions.studentQuantile(1 - alpha, freedom: freedom)
        return (value - error * max(t, unskewed(t)), value - error * min(-t, unskewed(-t)))
    }

    /// Hall's transformation, inverted.
    private func unskewed(_ t: Double) -> Double {
        guard abs(skewness) > 1e-8 else { return t }
        return 3 / skewness * (cbrt(1 + skewness * (t - skewness / 6)) - 1)
    }
}

extension SamplingModel {
    var value: Double {
        switch self {
        case .share(let share): share.value
        case .pairedShares(let pairs): (pairs.won - pairs.lost) / pairs.rows
        case .shares(let one, let other): one.value - other.value
        case .mean(let moments): moments.mean
        case .means(let one, let other): one.mean - other.mean
        case .areas(let difference): difference.value
        case .area(let value, _, _), .resampled(let value, _, _): value
        }
    }

    /// The value that is exceeded, and the one that is not, each with a chance of error of `alpha`.
    func bounds(_ alpha: Double) -> (lower: Double, upper: Double) {
        let z = Distributions.normalQuantile(1 - alpha)
        switch self {
        case .share(let share): return share.bounds(z)
        case .pairedShares(let pairs): return pairs.bounds(z)
        case .shares(let one, let other): return Self.newcombe(one, other, z)
        case .mean(let moments): return moments.studentized.bounds(alpha)
        case .means(let one, let other): return (one.studentized - other.studentized).bounds(alpha)
        case .areas(let difference): return difference.bounds(alpha)
        case .area(let value, let error, let fewest): return Self.area(value, error, fewest, z, alpha)
        case .resampled(_, let values, let rows): return Self.percentiles(values, rows, alpha)
        }
    }

    private static func newcombe(_ one: Share, _ other: Share, _ z: Double) -> (lower: Double, upper: Double) {
        let (first, second) = (one.bounds(z), other.bounds(z))
        func distance(_ a: Double, _ b: Double) -> Double { (a * a + b * b).squareRoot() }
        let difference = one.value - other.value
        return (
            difference - distance(one.value - first.lower, second.upper - other.value),
            difference + distance(first.upper - one.value, other.value - second.lower)
        )
    }

    /// Where the error is 0 all pairs agree: bounds of a share that never or always hits among as many as the rarer label has.
    private static func area(
        _ value: Double, _ error: Double, _ fewest: Int, _ z: Double, _ alpha: Double
    ) -> (lower: Double, upper: Double) {
        guard error > 0, value > 0, value < 1 else {
            let edge = pow(alpha, 1 / Double(fewest))
            return (value >= 1 ? edge : min(value, 0), value <= 0 ? 1 - edge : max(value, 1))
        }
        let odds = log(value) - log1p(-value)
        let half = z * error / (value * (1 - value))
        return (1 / (1 + exp(half - odds)), 1 / (1 + exp(-half - odds)))
    }

    /// The order statistics that leave `alpha` outside, for few rows the farther ones that Student's t has.
    private static func percentiles(_ values: [Double], _ rows: Int, _ alpha: Double) -> (lower: Double, upper: Double)
    {
        guard rows > 1, !values.isEmpty else { return (-.infinity, .infinity) }
        let t = Distributions.studentQuantile(1 - alpha, freedom: Double(rows - 1))
        let outside = Distributions.normal(below: -t * (Double(rows) / Double(rows - 1)).squareRoot())
        let place = Int((Double(values.count + 1) * outside).rounded(.down))
        guard place >= 1 else { return (-.infinity, .infinity) }
        return (values[place - 1], values[values.count - place])
    }
}
