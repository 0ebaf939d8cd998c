import Foundation
import Testing
import WaybillCore

@testable import WaybillEvaluate

@Suite struct SamplingTests {
    private static func isNear(_ ours: Double, _ published: Double, within tolerance: Double) -> Bool {
        abs(ours - published) <= tolerance
    }

    @Test(
        arguments: [
            (0.95, 1, 6.313751514675), (0.975, 1, 12.706204736432), (0.95, 9, 1.833112932653),
            (0.975, 30, 2.042272456301),
            (0.999, 5, 5.893429531356), (0.05, 9, -1.833112932653), (0.5, 3, 0),
        ] as [(Double, Double, Double)])
    func `quantiles of Student's t are those of the tables`(_ chance: Double, _ freedom: Double, _ value: Double) {
        #expect(Self.isNear(Distributions.studentQuantile(chance, freedom: freedom), value, within: 1e-9))
    }

    @Test func `quantiles of the normal distribution are those of the tables, and Student's go towards them`() {
        for (chance, value) in [(0.95, 1.644853626951), (0.975, 1.959963984540), (0.5, 0), (1e-6, -4.753424308823)] {
            #expect(Self.isNear(Distributions.normalQuantile(chance), value, within: 1e-9))
        }
        #expect(Self.isNear(Distributions.studentQuantile(0.95, freedom: 1e7), 1.644853626951, within: 1e-6))
    }

    /// Newcombe, Statistics in Medicine 17 (1998), 857–872, table I, method 3.
    @Test(arguments: [
        (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718),
    ])
    func `bounds of a share are Wilson's published ones`(_ hits: Int, _ rows: Int, _ lower: Double, _ upper: Double) {
        let bounds = SamplingModel.share(Share(hits: Double(hits), rows: Double(rows))).bounds(0.025)
        #expect(Self.isNear(bounds.lower, lower, within: 5e-5) && Self.isNear(bounds.upper, upper, within: 5e-5))
    }

    /// Newcombe, Statistics in Medicine 17 (1998), 873–890, table II, method 10.
    @Test(arguments: [
        (56, 70, 48, 80, 0.0524, 0.3339), (9, 10, 3, 10, 0.1705, 0.8090), (10, 10, 0, 20, 0.6791, 1),
        (10, 10, 0, 10, 0.6075, 1),
    ])
    func `bounds of a difference of shares are Newcombe's published ones`(
        _ one: Int, _ ofOne: Int, _ other: Int, _ ofOther: Int, _ lower: Double, _ upper: Double
    ) {
        let bounds = SamplingModel.shares(
            Share(hits: Double(one), rows: Double(ofOne)), Share(hits: Double(other), rows: Double(ofOther))
        ).bounds(0.025)
        #expect(Self.isNear(bounds.lower, lower, within: 5e-5) && Self.isNear(bounds.upper, upper, within: 5e-5))
    }

    @Test(arguments: [(0, 0, 100), (0, 7, 50), (5, 0, 50), (12, 9, 200), (1, 1, 3)])
    func `the score of paired shares uses the likeliest shares that have the difference`(
        _ won: Int, _ lost: Int, _ rows: Int
    ) {
        let pairs = PairedShares(won: Double(won), lost: Double(lost), rows: Double(rows))
        for truth in [-0.4, -0.05, 0.03, 0.2] {
            // The likelihood over all shares of `lost` that leave every chance above 0, on a grid and then ever finer.
            func likelihood(_ share: Double) -> Double {
                let rest = 1 - 2 * share - truth
                guard share >= 0, share + truth >= 0, rest >= 0 else { return -.infinity }
                func term(_ count: Int, _ chance: Double) -> Double {
                    count == 0 ? 0 : Double(count) * logarithm(chance)
                }
                return term(won, share + truth) + term(lost, share) + term(rows - won - lost, rest)
            }
            var (best, width) = (0.5, 0.5)
            for _ in 0..<12 {
                best = (-50...50).map { best + Double($0) * width / 50 }.max { likelihood($0) < likelihood($1) } ?? best
                width /= 10
            }
            let variance = Double(rows) * (2 * best + truth - truth * truth)
            let expected = (Double(won - lost) - Double(rows) * truth) / variance.squareRoot()
            #expect(Self.isNear(pairs.score(at: truth), expected, within: 1e-5 * max(1, abs(expected))))
        }
        let (lower, upper) = pairs.bounds(1.6448536269514722)
        #expect(lower < upper && Self.isNear(pairs.score(at: lower), 1.6448536269514722, within: 1e-6))
    }

    @Test func `placements give the area and the variance that DeLong's double sums give`() {
        var random = SampleGenerator(seed: Digest(of: "placements".utf8))
        for count in [9, 700] {
            let codes = (0..<count).map { Int32($0 % 3 == 0 ? 1 : 0) }
            let scores = codes.map { code in
                (0..<2).map { _ in Double(Int.random(in: 0..<20, using: &random)) + Double(code * 4) }
            }
            let placements = (0..<2).map { column in
                Placements(scores.map { $0[column] }, codes: codes, positive: 1, positives: codes.count { $0 == 1 })
            }
            let sums = (0..<2).map { column in Self.doubleSums(codes, scores.map { $0[column] }) }
            for (ours, theirs) in zip(placements, sums) {
                #expect(Self.isNear(ours.area, Self.mean(theirs.positive), within: 1e-12))
                let variance =
                    Self.variance(theirs.positive) / Double(theirs.positive.count)
                    + Self.variance(theirs.negative) / Double(theirs.negative.count)
                #expect(Self.isNear(ours.variance, variance, within: 1e-12))
            }
            let difference = placements[0] - placements[1]
            let pairs = (
                zip(sums[0].positive, sums[1].positive).map { $0 - $1 },
                zip(sums[0].negative, sums[1].negative).map { $0 - $1 }
            )
            let variance =
                Self.variance(pairs.0) / Double(pairs.0.count) + Self.variance(pairs.1) / Double(pairs.1.count)
            #expect(Self.isNear(difference.variance, variance, within: 1e-12))
        }
    }

    private static func doubleSums(_ codes: [Int32], _ scores: [Double]) -> (positive: [Double], negative: [Double]) {
        let (positives, negatives) = (
            scores.indices.filter { codes[$0] == 1 }, scores.indices.filter { codes[$0] != 1 }
        )
        func wins(_ one: Int, _ other: Int) -> Double {
            scores[one] > scores[other] ? 1 : scores[one] == scores[other] ? 0.5 : 0
        }
        return (
            positives.map { one in mean(negatives.map { wins(one, $0) }) },
            negatives.map { other in mean(positives.map { wins($0, other) }) }
        )
    }

    private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    private static func variance(_ values: [Double]) -> Double {
        let center = mean(values)
        return values.map { ($0 - center) * ($0 - center) }.reduce(0, +) / Double(values.count - 1)
    }

    @Test func `the same digest draws the same rows, another draws others`() throws {
        func draw(_ text: String) -> [UInt32] {
            var generator = SampleGenerator(seed: Digest(of: text.utf8))
            var counts = [UInt32](repeating: 9, count: 100)
            generator.drawCounts(into: &counts)
            return counts
        }
        #expect(draw("one") == draw("one") && draw("one") != draw("two"))
        #expect(draw("one").reduce(0, +) == 100)
        // The first numbers of the authors' xoshiro256** from the state 1, 2, 3, 4.
        let state = (1...4).map { String(repeating: "0", count: 15) + "\($0)" }.joined()
        var generator = SampleGenerator(seed: try Digest(parsing: "sha256:\(state)"))
        #expect((0..<4).map { _ in generator.next() } == [11520, 0, 1_509_978_240, 1_215_971_899_390_074_240])
    }

    @Test func `the bootstrap of a mean comes to where its closed form is`() throws {
        var random = SampleGenerator(seed: Digest(of: "mean".utf8))
        let values = (0..<400).map { _ in Double.random(in: 0..<1, using: &random) }
        let resampled = try Bootstrap.values(rows: [400], seed: Digest(of: "seed".utf8)) { weights in
            values.indices.map { values[$0] * Double(weights[0][$0]) }.reduce(0, +) / 400
        }
        let closed = SamplingModel.mean(Moments(values)).bounds(0.05)
        let bounds = SamplingModel.resampled(value: 0.5, ascending: resampled, rows: 400).bounds(0.05)
        // Half of a tenth of the interval's width: what 1999 resamples leave open is a third of that.
        let tolerance = (closed.upper - closed.lower) / 20
        #expect(Self.isNear(bounds.lower, closed.lower, within: tolerance))
        #expect(Self.isNear(bounds.upper, closed.upper, within: tolerance))
        #expect(SamplingModel.resampled(value: 0, ascending: resampled, rows: 3).bounds(0.05).lower < bounds.lower)
    }

    @Test func `resamples without a value are counted, and too many are no answer`() {
        #expect(throws: MetricFailure.unstable(undefined: 1999, resamples: 1999)) {
            try Bootstrap.values(rows: [3], seed: Digest(of: "".utf8)) { _ in nil }
        }
    }
}

private func logarithm(_ value: Double) -> Double { value > 0 ? Foundation.log(value) : -.infinity }
