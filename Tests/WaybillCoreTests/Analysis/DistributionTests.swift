import Testing
import WaybillCore
import WaybillTestSupport

/// What is reported of distributions, against values of SciPy 1.17 (`kstwobign`, `mannwhitneyu`) and by hand.
struct DistributionTests {
    @Test func `the report gives the values of other programs`() throws {
        let report = try #require(DistributionReport(canary: [5, 20, 40, 25, 10], stable: [20, 60, 80, 30, 10]))
        #expect(abs(report.stabilityIndex - 0.153559323319477) < 1e-12)
        #expect(abs(report.distance - 0.15) < 1e-12)
        #expect(abs(report.distanceChance - 0.09019080000843) < 1e-12)
        #expect(abs(report.superiority - 0.60875) < 1e-12)
        #expect(abs(report.superiorityChance - 0.0012861337251609641) < 1e-12)
    }

    @Test func `the same shares differ in nothing`() throws {
        let report = try #require(DistributionReport(canary: [10, 20, 30], stable: [10, 20, 30]))
        #expect(report.stabilityIndex == 0 && report.distance == 0 && report.distanceChance == 1)
        #expect(report.superiority == 0.5 && report.superiorityChance == 1)
    }

    @Test(arguments: [([], []), ([1], [1, 2]), ([0, 0], [1, 2]), ([1, 2], [0, 0]), ([-1, 2], [1, 2])])
    func `counts that cannot be compared are no report`(_ canary: [Int], _ stable: [Int]) {
        #expect(DistributionReport(canary: canary, stable: stable) == nil)
    }

    @Test func `one bin says that nothing differs`() throws {
        let report = try #require(DistributionReport(canary: [7], stable: [9]))
        #expect(report.superiority == 0.5 && report.superiorityChance == 1 && report.distance == 0)
    }

    @Test func `a band bounds a quantile between edges`() throws {
        // 10,000 values, 1 % in each of a hundred bins.
        let edges = (1...99).map(Double.init)
        let band = try #require(
            DistributionBand(edges: edges, counts: Array(repeating: 100, count: 100), alpha: 0.05))
        #expect(abs(band.radius - 0.85 * ((2.3224 + 0.8 * 10.381) / 10_000).squareRoot()) < 1e-4)
        let median = band.quantile(0.5)
        #expect(median.lower == 47 && median.upper == 53)
        #expect(band.quantile(0.99).upper == nil)
        #expect(band.quantile(0.01).lower == nil)
    }

    @Test func `the truth stays inside the band at every look`() throws {
        var left = 0
        for seed in 1...200 as ClosedRange<UInt64> {
            var random = TrafficRandom(seed: seed)
            var counts = Array(repeating: 0, count: 10)
            var isOut = false
            for _ in 0..<20 where !isOut {
                for _ in 0..<50 { counts[random.index(below: 10)] += 1 }
                let band = try #require(
                    DistributionBand(edges: (1...9).map(Double.init), counts: counts, alpha: 0.05))
                isOut = band.shares.enumerated().contains { abs($1 - Double($0 + 1) / 10) > band.radius }
            }
            if isOut { left += 1 }
        }
        #expect(left <= 10)
    }

    @Test(arguments: [
        ([1.0], [1], 0.05), ([2, 1], [1, 1, 1], 0.05), ([1], [1, -1], 0.05), ([1], [0, 0], 0.05), ([1], [1, 1], 0),
        ([1], [1, 1], .nan),
    ])
    func `counts that do not fit are no band`(_ edges: [Double], _ counts: [Int], _ alpha: Double) {
        #expect(DistributionBand(edges: edges, counts: counts, alpha: alpha) == nil)
    }
}
