import Foundation
import Testing
import WaybillCore

@testable import WaybillEvaluate

/// Candidates that are worse by exactly the margin, drawn again and again: at most 5 % may pass, and at most 5 % fail.
///
/// `WAYBILL_SEEDS` sets how many are drawn; 400 without it. What chance adds to 5 % is allowed for by three standard errors of the count.
@Suite struct NonInferiorityTests {
    static let draws = ProcessInfo.processInfo.environment["WAYBILL_SEEDS"].flatMap(Int.init) ?? 400

    struct World: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let metric: MetricName
        /// The true difference.
        let margin: Double
        /// Of the resampled ones fewer are drawn.
        var share = 1
        var isPaired = true
        let draw: @Sendable (inout SampleGenerator) -> (candidate: MetricInput, baseline: MetricInput)
    }

    static let worlds: [World] = [
        World(testDescription: "accuracy, both err", metric: .accuracy, margin: 0.03) {
            pairs(&$0, rows: 300, won: 0.05, lost: 0.08)
        },
        World(testDescription: "accuracy, only the candidate errs", metric: .accuracy, margin: 0.02) {
            pairs(&$0, rows: 200, won: 0, lost: 0.02)
        },
        World(testDescription: "accuracy of few rows", metric: .accuracy, margin: 0.2) {
            pairs(&$0, rows: 20, won: 0.1, lost: 0.3)
        },
        World(testDescription: "accuracy on other rows", metric: .accuracy, margin: 0.05, isPaired: false) {
            let candidate = pairs(&$0, rows: 250, won: 0, lost: 0.15).candidate
            return (candidate, pairs(&$0, rows: 300, won: 0, lost: 0.10).candidate)
        },
        World(testDescription: "squared errors", metric: .mse, margin: 0.25) { numbers(&$0, rows: 400, noise: 0.5) },
        World(testDescription: "log loss, skewed", metric: .logLoss, margin: surpriseLost) { chances(&$0, rows: 500) },
        World(testDescription: "area under the curve", metric: .rocAuc, margin: areaLost) { scores(&$0, rows: 200) },
        World(testDescription: "area on other rows", metric: .rocAuc, margin: areaLost, isPaired: false) {
            (scores(&$0, rows: 200).candidate, scores(&$0, rows: 240).baseline)
        },
        World(testDescription: "F1, resampled", metric: .f1, margin: f1Lost, share: 4) { retrieved(&$0, rows: 300) },
    ]

    @Test(arguments: worlds)
    func `a candidate that is worse by exactly the margin passes in at most one case of twenty`(_ world: World) throws {
        let draws = max(20, Self.draws / world.share)
        var random = SampleGenerator(seed: Digest(of: world.testDescription.utf8))
        var (passed, failed) = (0, 0)
        for number in 0..<draws {
            let (candidate, baseline) = world.draw(&random)
            let compare = world.isPaired ? Comparison.paired : Comparison.unpaired
            let comparison = try compare(
                .usual(world.metric), candidate, baseline, Margin(absolute: world.margin), Digest(of: "\(number)".utf8))
            switch comparison.verdict {
            case .passed: passed += 1
            case .failed: failed += 1
            case .inconclusive: break
            }
        }
        let allowed = 0.05 + 3 * (0.05 * 0.95 / Double(draws)).squareRoot()
        let (pass, fail) = (Double(passed) / Double(draws), Double(failed) / Double(draws))
        #expect(pass <= allowed && fail <= allowed, "of \(draws): \(pass) passed, \(fail) failed")
        // It is no test that never decides.
        #expect(passed + failed > 0)
        if Self.draws > 1000 { print("\(world.testDescription): \(pass) passed, \(fail) failed of \(draws)") }
    }

    // MARK: Worlds

    static func uniform(_ random: inout SampleGenerator) -> Double { Double(random.next() >> 11) * 0x1p-53 }

    /// Box and Muller 1958.
    static func normal(_ random: inout SampleGenerator) -> Double {
        let radius = (-2 * log(1 - uniform(&random))).squareRoot()
        return radius * cos(2 * .pi * uniform(&random))
    }

    /// Truths are all `1`; a row that is lost is one that only the baseline gets right.
    static func pairs(
        _ random: inout SampleGenerator, rows: Int, won: Double, lost: Double
    ) -> (candidate: MetricInput, baseline: MetricInput) {
        var (ours, theirs): ([Int32], [Int32]) = ([], [])
        for _ in 0..<rows {
            let chance = uniform(&random)
            ours.append(chance < lost ? 0 : 1)
            theirs.append(chance >= lost && chance < lost + won ? 0 : 1)
        }
        let truth = Labels(codes: [Int32](repeating: 1, count: rows), names: ["0", "1"])
        func input(_ codes: [Int32]) -> MetricInput {
            MetricInput(truth: truth, predictedLabels: Labels(codes: codes, names: ["0", "1"]))
        }
        return (input(ours), input(theirs))
    }

    /// The candidate's errors are the baseline's and a noise of its own, whose variance is what it loses.
    static func numbers(
        _ random: inout SampleGenerator, rows: Int, noise: Double
    ) -> (candidate: MetricInput, baseline: MetricInput) {
        let truth = (0..<rows).map { _ in normal(&random) }
        let theirs = truth.map { $0 + normal(&random) }
        let ours = theirs.map { $0 + noise * normal(&random) }
        func input(_ predicted: [Double]) -> MetricInput {
            MetricInput(truth: NumberColumn(truth), predicted: NumberColumn(predicted))
        }
        return (input(ours), input(theirs))
    }

    /// Log-odds are normal around 0 with a deviation of 2; the candidate's have a standard normal noise of their own.
    static func chances(_ random: inout SampleGenerator, rows: Int) -> (candidate: MetricInput, baseline: MetricInput) {
        let odds = (0..<rows).map { _ in 2 * normal(&random) }
        let codes = odds.map { Int32(uniform(&random) < share(ofOdds: $0) ? 1 : 0) }
        let noisy = odds.map { $0 + normal(&random) }
        let truth = Labels(codes: codes, names: ["0", "1"])
        func input(_ odds: [Double]) -> MetricInput {
            MetricInput(truth: truth, scores: .positive(NumberColumn(odds.map(share))))
        }
        return (input(noisy), input(odds))
    }

    static func share(ofOdds odds: Double) -> Double { 1 / (1 + exp(-odds)) }

    /// The mean divergence of the candidate's chances from the true ones, over a grid of both normal variables.
    static let surpriseLost = {
        let grid = (-300...300).map { Double($0) / 50 }
        let weights = grid.map { exp(-$0 * $0 / 2) }
        var total = 0.0
        for (z, ofZ) in zip(grid, weights) {
            let p = share(ofOdds: 2 * z)
            for (noise, ofNoise) in zip(grid, weights) {
                let q = share(ofOdds: 2 * z + noise)
                total += ofZ * ofNoise * (p * log(p / q) + (1 - p) * log((1 - p) / (1 - q)))
            }
        }
        let weight = weights.reduce(0, +)
        return total / (weight * weight)
    }()

    /// Two normal clouds, a distance of 1.5 apart; the candidate blurs them by 0.7 more.
    static let areaLost = {
        func area(_ spread: Double) -> Double { Distributions.normal(below: 1.5 / (2 * spread).squareRoot()) }
        return area(1) - area(1 + 0.49)
    }()

    static func scores(_ random: inout SampleGenerator, rows: Int) -> (candidate: MetricInput, baseline: MetricInput) {
        let codes = (0..<rows).map { Int32($0 % 3 == 0 ? 1 : 0) }
        let theirs = codes.map { 1.5 * Double($0) + normal(&random) }
        let ours = theirs.map { $0 + 0.7 * normal(&random) }
        let truth = Labels(codes: codes, names: ["0", "1"])
        func input(_ scores: [Double]) -> MetricInput {
            MetricInput(truth: truth, scores: .positive(NumberColumn(scores)))
        }
        return (input(ours), input(theirs))
    }

    /// Of positives, four in ten, the baseline finds 90 % and the candidate 80 %; of the rest both take 10 %.
    static let f1Lost = {
        func score(_ found: Double) -> Double { 0.8 * found / (0.8 * found + 0.06 + 0.4 * (1 - found)) }
        return score(0.9) - score(0.8)
    }()

    static func retrieved(_ random: inout SampleGenerator, rows: Int) -> (candidate: MetricInput, baseline: MetricInput)
    {
        let codes = (0..<rows).map { _ in Int32(uniform(&random) < 0.4 ? 1 : 0) }
        func predicted(_ found: Double) -> Labels {
            let codes = codes.map { code in Int32(uniform(&random) < (code == 1 ? found : 0.1) ? 1 : 0) }
            return Labels(codes: codes, names: ["0", "1"])
        }
        let truth = Labels(codes: codes, names: ["0", "1"])
        let (ours, theirs) = (predicted(0.8), predicted(0.9))
        return (MetricInput(truth: truth, predictedLabels: ours), MetricInput(truth: truth, predictedLabels: theirs))
    }
}
