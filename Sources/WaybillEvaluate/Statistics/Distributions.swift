import Glibc

/// Normal and Student's t: chances, and the values that have them.
enum Distributions {
    /// The chance of a standard normal value below `z`.
    static func normal(below z: Double) -> Double { erfc(-z / 2.0.squareRoot()) / 2 }

    /// The value that a standard normal one is below with `chance`, which is above 0 and below 1.
    static func normalQuantile(_ chance: Double) -> Double {
        root(from: -40, to: 40) { normal(below: $0) - chance }
    }

    /// The chance of a value of Student's t below `value`.
    static func student(below value: Double, freedom: Double) -> Double {
        let tail = incompleteBeta(freedom / (freedom + value * value), freedom / 2, 0.5) / 2
        return value < 0 ? tail : 1 - tail
    }

    /// The value that one of Student's t is below with `chance`.
    static func studentQuantile(_ chance: Double, freedom: Double) -> Double {
        guard chance >= 0.5 else { return -studentQuantile(1 - chance, freedom: freedom) }
        var top = 1.0
        while student(below: top, freedom: freedom) < chance, top < 1e300 { top *= 2 }
        return root(from: 0, to: top) { student(below: $0, freedom: freedom) - chance }
    }

    /// The place between the two where `rising` becomes 0, to the last bit that halving reaches.
    static func root(from low: Double, to high: Double, _ rising: (Double) -> Double) -> Double {
        var (low, high) = (low, high)
        for _ in 0..<200 {
            let middle = low + (high - low) / 2
            if middle <= low || middle >= high { break }
            if rising(middle) < 0 { low = middle } else { high = middle }
        }
        return low + (high - low) / 2
    }

    /// The regularised incomplete beta function, by Lentz's continued fraction (Press et al., Numerical Recipes, 6.4).
    static func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
        guard x > 0 else { return 0 }
        guard x < 1 else { return 1 }
        let front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
        return x < (a + 1) / (a + b + 2)
            ? front * betaFraction(x, a, b) / a : 1 - front * betaFraction(1 - x, b, a) / b
    }

    private static func betaFraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
        let tiny = 1e-300
        func kept(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
        var c = 1.0
        var d = 1 / kept(1 - (a + b) * x / (a + 1))
        var fraction = d
        for step in 1...10_000 {
            let m = Double(step)
            let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
            d = 1 / kept(1 + even * d)
            c = kept(1 + even / c)
            fraction *= d * c
            let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
            d = 1 / kept(1 + odd * d)
            c = kept(1 + odd / c)
            fraction *= d * c
            if abs(d * c - 1) < 1e-15 { break }
        }
        return fraction
    }
}
