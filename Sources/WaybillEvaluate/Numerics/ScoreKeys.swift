/// Scores as integers that sort as they do; 0 and -0 are one.
enum ScoreKeys {
    @inline(__always)
    static func key(_ score: Double) -> UInt64 {
        let bits = (score + 0).bitPattern
        return bits >> 63 == 1 ? ~bits : bits | 1 << 63
    }

    /// A score and the row that it stands in.
    struct Entry {
        var key: UInt64
        var row: UInt32
    }

    /// Rows by score, ascending; equal ones in the order of the rows.
    static func order(of scores: [Double]) -> [Entry] {
        var entries = scores.enumerated().map { Entry(key: key($1), row: UInt32(truncatingIfNeeded: $0)) }
        guard entries.count > 512 else {
            entries.sort { ($0.key, $0.row) < ($1.key, $1.row) }
            return entries
        }
        sort(&entries, by: { $0.key }, spare: Entry(key: 0, row: 0))
        return entries
    }

    static func sort(_ keys: inout [UInt64]) {
        guard keys.count > 512 else { return keys.sort() }
        sort(&keys, by: { $0 }, spare: 0)
    }

    /// Ascending and stable: six passes over 11 bits each, least significant first; passes in which all keys agree are left out.
    @inline(__always)
    private static func sort<Element>(_ elements: inout [Element], by key: (Element) -> UInt64, spare: Element) {
        let histograms = histograms(of: elements, by: key)
        var other = [Element](repeating: spare, count: elements.count)
        for pass in 0..<6 {
            let counts = histograms[pass << 11..<(pass + 1) << 11]
            guard !counts.contains(elements.count) else { continue }
            scatter(elements, into: &other, by: key, shift: UInt64(11 * pass), counts)
            swap(&elements, &other)
        }
    }

    @inline(__always)
    private static func histograms<Element>(of elements: [Element], by key: (Element) -> UInt64) -> [Int] {
        var counts = [Int](repeating: 0, count: 6 << 11)
        counts.withUnsafeMutableBufferPointer { counts in
            for element in elements {
                let key = key(element)
                for pass in 0..<6 { counts[pass << 11 | Int(key >> UInt64(11 * pass) & 0x7FF)] &+= 1 }
            }
        }
        return counts
    }

    @inline(__always)
    private static func scatter<Element>(
        _ elements: [Element], into other: inout [Element], by key: (Element) -> UInt64, shift: UInt64,
        _ counts: ArraySlice<Int>
    ) {
        var next = 0
        var starts = counts.map { count in
            defer { next += count }
            return next
        }
        starts.withUnsafeMutableBufferPointer { starts in
            other.withUnsafeMutableBufferPointer { other in
                for element in elements {
                    let bucket = Int(key(element) >> shift & 0x7FF)
                    other[starts[bucket]] = element
                    starts[bucket] &+= 1
                }
            }
        }
    }
}
