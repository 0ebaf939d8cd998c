import Glibc

/// Random numbers by seed: SplitMix64 (Steele, Lea, Flood 2014), the same on every machine.
package struct TrafficRandom: Sendable {
    private var state: UInt64
    private var spare: Double?

    /// Neighbouring seeds start far apart: a seed is mixed first, for the state only counts on.
    package init(seed: UInt64) { state = Self.mixed(seed &+ 0x5851_F42D_4C95_7F2D) }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mixed(state)
    }

    private static func mixed(_ number: UInt64) -> UInt64 {
        var word = number
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    /// From 0 to below 1.
    package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    package mutating func isTrue(_ chance: Double) -> Bool { uniform() < chance }

    package mutating func index(below count: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(count)).high) }

    /// Standard normal (Box and Muller).
    package mutating func normal() -> Double {
        if let spare {
            self.spare = nil
            return spare
        }
        let radius = (-2 * log(1 - uniform())).squareRoot()
        let angle = 2 * Double.pi * uniform()
        spare = radius * sin(angle)
        return radius * cos(angle)
    }

    /// So many events of the mean (Knuth below 30, rounded normal above).
    package mutating func poisson(_ mean: Double) -> Int {
        if mean >= 30 { return max(0, Int((mean + mean.squareRoot() * normal()).rounded())) }
        var (count, product) = (0, uniform())
        let limit = exp(-mean)
        while product > limit {
            count += 1
            product *= uniform()
        }
        return count
    }
}
