/// Durations counted in bins whose width grows with the value, so that every quantile is right to three significant digits in bounded memory:
/// the layout of HdrHistogram (Tene). Up to 1 h it takes 33 × 1024 counters, 270 kB, whatever is recorded.
///
/// Merging is adding counters: the quantiles of merged histograms are those of all durations in one.
package struct LatencyHistogram: Hashable, Sendable {
    /// Bins of the finest part; half of them in every part above. 2048 is the power of two above 2 × 10³.
    private static let finest = 2048
    private static let half = 1024

    /// Durations above it are counted as it, and in `clamped`.
    package static let longest = Duration.seconds(3600)
    private static let longestNanoseconds: UInt64 = 3_600_000_000_000

    private var counts = [UInt64](repeating: 0, count: place(of: longestNanoseconds) + 1)
    /// Of all durations.
    package private(set) var count: UInt64 = 0
    /// How many were longer than `longest`, or negative.
    package private(set) var clamped: UInt64 = 0
    private var total = 0.0
    private var least = UInt64.max
    private var most: UInt64 = 0

    package init() {}

    /// Of a request that was planned for a moment, `duration` counts from that moment, not from when it was sent: else a server that stands
    /// still is asked less, and its worst answers are never counted (coordinated omission).
    package mutating func record(_ duration: Duration) {
        let kept = min(max(duration, .zero), Self.longest)
        if kept != duration { clamped &+= 1 }
        let (seconds, attoseconds) = kept.components
        let nanoseconds = UInt64(clamping: seconds) * 1_000_000_000 + UInt64(clamping: attoseconds / 1_000_000_000)
        counts[Self.place(of: nanoseconds)] &+= 1
        count &+= 1
        total += Double(nanoseconds)
        (least, most) = (min(least, nanoseconds), max(most, nanoseconds))
    }

    package mutating func merge(_ other: LatencyHistogram) {
        for place in counts.indices { counts[place] &+= other.counts[place] }
        count &+= other.count
        clamped &+= other.clamped
        total += other.total
        (least, most) = (min(least, other.least), max(most, other.most))
    }

    /// The shortest duration that at least `share` of all do not exceed, rounded up by less than a thousandth; nil when nothing was recorded.
    /// - Parameter share: from 0 to 1; 0.99 is the 99th percentile.
    package func quantile(_ share: Double) -> Duration? {
        guard count > 0 else { return nil }
        // Also 0 for NaN.
        let share = share > 0 ? min(share, 1) : 0
        let wanted = max(1, UInt64((share * Double(count)).rounded(.up)))
        var seen: UInt64 = 0
        for (place, here) in counts.enumerated() where here > 0 {
            seen &+= here
            // No quantile is past the longest, whatever its bin's end.
            if seen >= wanted { return .nanoseconds(min(Self.end(ofBin: place), most)) }
        }
        return .nanoseconds(most)
    }

    package var p50: Duration? { quantile(0.5) }
    package var p95: Duration? { quantile(0.95) }
    package var p99: Duration? { quantile(0.99) }
    package var minimum: Duration? { count > 0 ? .nanoseconds(least) : nil }
    package var maximum: Duration? { count > 0 ? .nanoseconds(most) : nil }
    package var mean: Duration? { count > 0 ? .nanoseconds(Int64(total / Double(count))) : nil }

    /// Every bin that holds something: the longest duration in it, and how many. For plots.
    package var bins: [(upTo: Duration, count: UInt64)] {
        counts.enumerated().filter { $1 > 0 }.map { (.nanoseconds(min(Self.end(ofBin: $0), most)), $1) }
    }

    /// Below 2048 ns each has its own; then 1024 bins for each doubling.
    private static func place(of nanoseconds: UInt64) -> Int {
        let shift = max(0, 53 - nanoseconds.leadingZeroBitCount)
        return shift * half + Int(nanoseconds >> UInt64(shift))
    }

    private static func end(ofBin place: Int) -> UInt64 {
        guard place >= finest else { return UInt64(place) }
        let shift = place / half - 1
        return UInt64(place - shift * half + 1) << UInt64(shift) - 1
    }
}
