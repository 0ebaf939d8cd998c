/// Scores as integers that sort as they do; 0 and -0 are one.
enum ScoreKeys {
    @inline(__always)
    static func key(_ score: Double) -> UInt64 {
        let bits = (score + 0).bitPattern
        return bits >> 63 == 1 ? ~bits : bits | 1 << 63
    }

    /// Ascending: six passes over 11 bits each, least significant first; passes in which all keys agree are left out.
    static func sort(_ keys: inout [UInt64]) {
        guard keys.count > 512 else { return keys.sort() }
        let histograms = histograms(of: keys)
        var other = [UInt64](unsafeUninitializedCapacity: keys.count) { $1 = keys.count }
        for pass in 0..<6 {
            let counts = histograms[pass << 11..<(pass + 1) << 11]
            guard !counts.contains(keys.count) else { continue }
            scatter(keys, into: &other, shift: UInt64(11 * pass), counts)
            swap(&keys, &other)
        }
    }

    private static func histograms(of keys: [UInt64]) -> [Int] {
        var counts = [Int](repeating: 0, count: 6 << 11)
        counts.withUnsafeMutableBufferPointer { counts in
            for key in keys {
                for pass in 0..<6 { counts[pass << 11 | Int(key >> UInt64(11 * pass) & 0x7FF)] &+= 1 }
            }
        }
        return counts
    }

    private static func scatter(
        _ keys: [UInt64], into other: inout [UInt64], shift: UInt64, _ counts: ArraySlice<Int>
    ) {
        var next = 0
        var starts = counts.map { count in
            defer { next += count }
            return next
        }
        starts.withUnsafeMutableBufferPointer { starts in
            other.withUnsafeMutableBufferPointer { other in
                for key in keys {
                    let bucket = Int(key >> shift & 0x7FF)
                    other[starts[bucket]] = key
                    starts[bucket] &+= 1
                }
            }
        }
    }
}
