package import WaybillCore

/// Random numbers that a digest decides: xoshiro256** (Blackman and Vigna 2021), whose state is the digest's 256 bits. The same evidence
/// gives the same resamples on every machine.
package struct SampleGenerator: RandomNumberGenerator, Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    package init(seed: Digest) {
        let digits = Array(seed.hex.utf8)
        func word(_ number: Int) -> UInt64 {
            digits[16 * number..<16 * (number + 1)].reduce(0) { $0 << 4 | UInt64($1 < 58 ? $1 - 48 : $1 - 87) }
        }
        state = (word(0), word(1), word(2), word(3))
        // All zero would stay so.
        if state.0 | state.1 | state.2 | state.3 == 0 { state.0 = 1 }
    }

    package mutating func next() -> UInt64 {
        let result = Self.rotated(state.1 &* 5, 7) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = Self.rotated(state.3, 45)
        return result
    }

    private static func rotated(_ word: UInt64, _ bits: UInt64) -> UInt64 { word << bits | word >> (64 - bits) }

    /// How often each of `count` rows comes when `count` rows are drawn with replacement.
    mutating func drawCounts(into counts: inout [UInt32]) {
        counts.withUnsafeMutableBufferPointer { counts in
            counts.update(repeating: 0)
            let rows = UInt64(counts.count)
            for _ in 0..<counts.count {
                // The high half of a product: rows differ in chance by less than 2⁻³².
                let row = Int(next().multipliedFullWidth(by: rows).high)
                counts[row] &+= 1
            }
        }
    }
}
