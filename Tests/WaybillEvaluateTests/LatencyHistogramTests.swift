import Testing
import WaybillCore
import WaybillEvaluate

@Suite struct LatencyHistogramTests {
    private static func nanoseconds(_ duration: Duration?) -> Double {
        guard let (seconds, attoseconds) = duration?.components else { return .nan }
        return Double(seconds) * 1e9 + Double(attoseconds) / 1e9
    }

    /// Durations over all sizes: nanoseconds to an hour.
    private static func durations(_ count: Int, seed: String) -> [Duration] {
        var random = SampleGenerator(seed: Digest(of: seed.utf8))
        return (0..<count).map { _ in
            .nanoseconds(Int64.random(in: 1...(1 << Int64.random(in: 1...41, using: &random)), using: &random))
        }
    }

    @Test func `every quantile is the exact one, or above it by less than a thousandth`() {
        let durations = Self.durations(20_000, seed: "quantiles")
        var histogram = LatencyHistogram()
        for duration in durations { histogram.record(duration) }
        let sorted = durations.sorted()
        for share in [0, 0.001, 0.1, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 0.9999, 1] {
            let place = max(1, Int((share * Double(sorted.count)).rounded(.up))) - 1
            let (exact, found) = (Self.nanoseconds(sorted[place]), Self.nanoseconds(histogram.quantile(share)))
            #expect(found >= exact && found <= exact * 1.001, "\(share): \(found) for \(exact)")
        }
        #expect(histogram.p50 == histogram.quantile(0.5) && histogram.p99 == histogram.quantile(0.99))
        #expect(
            histogram.minimum == sorted.first && histogram.maximum == sorted.last
                && histogram.quantile(1) == sorted.last)
        #expect(histogram.bins.reduce(0) { $0 + $1.count } == 20_000)
    }

    @Test func `merged histograms are the histogram of all`() {
        let (some, others) = (Self.durations(500, seed: "some"), Self.durations(700, seed: "others"))
        var (one, other, all) = (LatencyHistogram(), LatencyHistogram(), LatencyHistogram())
        for duration in some { one.record(duration) }
        for duration in others { other.record(duration) }
        for duration in some + others { all.record(duration) }
        one.merge(other)
        #expect(one.count == 1200 && one.p95 == all.p95 && one.bins.map(\.count) == all.bins.map(\.count))
        #expect(one.maximum == all.maximum && one.minimum == all.minimum)
    }

    @Test func `nothing recorded has no quantiles, and the shares that make no sense are the ends`() {
        var histogram = LatencyHistogram()
        #expect(histogram.p50 == nil && histogram.mean == nil && histogram.minimum == nil && histogram.maximum == nil)
        histogram.record(.milliseconds(2))
        histogram.record(.milliseconds(4))
        #expect(histogram.quantile(.nan) == histogram.quantile(0) && histogram.quantile(-3) == histogram.quantile(0))
        #expect(histogram.quantile(7) == .milliseconds(4) && histogram.mean == .milliseconds(3))
    }

    @Test func `what is too long or negative is counted at the end and said`() {
        var histogram = LatencyHistogram()
        histogram.record(.seconds(86_400))
        histogram.record(.seconds(-1))
        histogram.record(.seconds(3600))
        #expect(histogram.clamped == 2 && histogram.count == 3)
        #expect(histogram.maximum == .seconds(3600) && histogram.minimum == .zero)
    }

    @Test(arguments: [0, 1, 2047, 2048, 2049, 4095, 4096, 1_000_000, 999_999_999, 3_600_000_000_000] as [Int64])
    func `a lone duration comes back as it is`(_ nanoseconds: Int64) {
        var histogram = LatencyHistogram()
        histogram.record(.nanoseconds(nanoseconds))
        #expect(histogram.p50 == .nanoseconds(nanoseconds))
    }
}
