import Testing
import WaybillCore
import WaybillEvaluate

@Suite struct ComparisonTests {
    static let seed = Digest(of: "evidence".utf8)

    /// `rows` rows, of which the first `wrong` are predicted wrongly.
    static func labels(_ rows: Int, wrong: Int) -> MetricInput {
        MetricTests.labels(
            (0..<rows).map { "\($0 % 2)" }, (0..<rows).map { "\($0 < wrong ? ($0 + 1) % 2 : $0 % 2)" })
    }

    /// Squared errors of 1 on every row, and of 1 + `more` on every other one.
    static func errors(_ rows: Int, more: Double = 0) -> MetricInput {
        MetricTests.numbers(
            (0..<rows).map(Double.init), (0..<rows).map { Double($0) + ($0 % 2 == 0 ? 1 + more : 1).squareRoot() })
    }

    /// Scores that tell positives from the rest, but for the first `wrong` positives.
    static func scores(_ rows: Int, wrong: Int = 0) -> MetricInput {
        MetricTests.scores(
            (0..<rows).map { "\($0 % 2)" }, (0..<rows).map { Double($0 % 2 == 1 && $0 < 2 * wrong ? -1 : $0 % 2) })
    }

    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let metric: MetricName
        let candidate: MetricInput
        let baseline: MetricInput
        let margin: Double
        var isRelative = false
        let verdict: NonInferiority

        init(
            _ description: String, _ metric: MetricName, _ candidate: MetricInput, _ baseline: MetricInput,
            _ margin: Double,
            isRelative: Bool = false, _ verdict: NonInferiority
        ) {
            (testDescription, self.metric, self.candidate, self.baseline) = (description, metric, candidate, baseline)
            (self.margin, self.isRelative, self.verdict) = (margin, isRelative, verdict)
        }
    }

    @Test(arguments: [
        Case(
            "the same predictions, many rows", .accuracy, labels(1000, wrong: 50), labels(1000, wrong: 50), 0.01,
            .passed),
        // No row of 100 differs: one in thirty may.
        Case(
            "the same predictions, few rows", .accuracy, labels(100, wrong: 5), labels(100, wrong: 5), 0.01,
            .inconclusive(rowsNeeded: 613)),
        Case(
            "the same predictions, no margin", .accuracy, labels(1000, wrong: 50), labels(1000, wrong: 50), 0,
            .inconclusive(rowsNeeded: nil)),
        Case("much better, no margin", .accuracy, labels(1000, wrong: 0), labels(1000, wrong: 50), 0, .passed),
        Case("much worse", .accuracy, labels(1000, wrong: 100), labels(1000, wrong: 0), 0.02, .failed),
        Case("one row", .accuracy, labels(1, wrong: 0), labels(1, wrong: 0), 0.01, .inconclusive(rowsNeeded: 613)),
        Case("a loss that is larger is worse", .mse, errors(200, more: 1), errors(200), 0.1, .failed),
        Case("a loss that is smaller is better", .mse, errors(200), errors(200, more: 1), 0, .passed),
        Case("every row the same", .mse, errors(200), errors(200), 0.1, .passed),
        Case("every row the same, no margin", .mse, errors(200), errors(200), 0, .inconclusive(rowsNeeded: nil)),
        Case("every row the same, too few", .mse, errors(99), errors(99), 0.1, .inconclusive(rowsNeeded: 100)),
        Case("a share of a loss", .mse, errors(400, more: 0.1), errors(400), 0.1, isRelative: true, .passed),
        Case(
            "a share of a baseline of 0", .mse, errors(200, more: 0),
            MetricTests.numbers(
                (0..<200).map(Double.init), (0..<200).map(Double.init)), 0.5, isRelative: true, .failed),
        Case(
            "a share of a negative baseline", .r2,
            MetricTests.numbers(
                [Double](repeating: 0, count: 100) + [Double](repeating: 1, count: 100),
                [Double](repeating: 2, count: 200)),
            MetricTests.numbers(
                [Double](repeating: 0, count: 100) + [Double](repeating: 1, count: 100),
                [Double](repeating: 2, count: 200)),
            0.1, isRelative: true, .passed),
        Case("both rank perfectly", .rocAuc, scores(200), scores(200), 0.01, .passed),
        Case("one ranks far worse", .rocAuc, scores(400, wrong: 60), scores(400), 0.05, .failed),
        Case("too few positives", .rocAuc, scores(40), scores(40), 0.01, .inconclusive(rowsNeeded: 60)),
        Case("resampled, the same", .f1, labels(200, wrong: 20), labels(200, wrong: 20), 0.01, .passed),
        Case("resampled, far worse", .balancedAccuracy, labels(200, wrong: 60), labels(200, wrong: 0), 0.1, .failed),
        Case("resampled, far better", .prAuc, scores(200), scores(200, wrong: 30), 0, .passed),
    ])
    func `a verdict follows from the bounds of the difference`(_ row: Case) throws {
        let margin = row.isRelative ? try Margin(relative: row.margin) : try Margin(absolute: row.margin)
        let comparison = try Comparison.paired(
            .usual(row.metric), candidate: row.candidate, baseline: row.baseline, margin: margin, seed: Self.seed)
        #expect(comparison.verdict == row.verdict)
        let difference = comparison.difference
        #expect(difference.interval.lowerBound <= difference.lower && difference.lower <= difference.value)
        #expect(difference.value <= difference.upper && difference.upper <= difference.interval.upperBound)
    }

    @Test(arguments: [
        (MetricName.accuracy, labels(500, wrong: 50), labels(700, wrong: 70), EstimationMethod.newcombeHybrid),
        (.mse, errors(500, more: 0.1), errors(300, more: 0.1), .welch),
        (.rocAuc, scores(500, wrong: 9), scores(300, wrong: 5), .deLong),
        (.f1, labels(300, wrong: 30), labels(200, wrong: 20), .bootstrap),
    ])
    func `different rows are compared without pairs`(
        _ metric: MetricName, _ candidate: MetricInput, _ baseline: MetricInput, _ method: EstimationMethod
    ) throws {
        let comparison = try Comparison.unpaired(
            .usual(metric), candidate: candidate, baseline: baseline, margin: Margin(absolute: 0.1), seed: Self.seed)
        #expect(comparison.verdict == .passed && comparison.difference.method == method && !comparison.isPaired)
        let paired = try Comparison.paired(
            .usual(metric), candidate: candidate, baseline: candidate, margin: Margin(absolute: 0.1), seed: Self.seed)
        #expect(
            paired.difference.upper - paired.difference.lower < comparison.difference.upper
                - comparison.difference.lower)
    }

    @Test func `the rows that would decide do decide`() throws {
        func compare(_ rows: Int) throws -> NonInferiority {
            try Comparison.paired(
                .usual(.accuracy), candidate: Self.labels(rows, wrong: rows / 20),
                baseline: Self.labels(rows, wrong: rows / 25),
                margin: Margin(absolute: 0.02), seed: Self.seed
            ).verdict
        }
        guard case .inconclusive(let needed?) = try compare(100) else { throw Unexpected() }
        let decided = try compare(needed)
        #expect(needed > 100 && decided == .passed)
    }

    private struct Unexpected: Error {}

    @Test func `rows whose truths differ are no pairs`() throws {
        func compare(_ candidate: MetricInput, _ baseline: MetricInput, _ metric: MetricName) throws {
            _ = try Comparison.paired(
                .usual(metric), candidate: candidate, baseline: baseline, margin: Margin(absolute: 0.1), seed: Self.seed
            )
        }
        #expect(throws: MetricFailure.differentTruths(row: 2)) {
            try compare(
                MetricTests.labels(["a", "b"], ["a", "b"]), MetricTests.labels(["a", "a"], ["a", "b"]), .accuracy)
        }
        #expect(throws: MetricFailure.differentTruths(row: 1)) {
            try compare(MetricTests.numbers([1, 2], [1, 2]), MetricTests.numbers([2, 2], [1, 2]), .mse)
        }
        #expect(throws: MetricFailure.lengthMismatch(.truth, count: 2, truths: 3)) {
            try compare(Self.labels(2, wrong: 0), Self.labels(3, wrong: 0), .accuracy)
        }
        // The same texts in another order of their codes are the same truths.
        try compare(
            MetricTests.labels(["b", "a"], ["b", "a"]),
            MetricInput(
                truth: Labels(codes: [1, 0], names: ["a", "b"]), predictedLabels: Labels(["a", "b"])), .accuracy)
    }

    @Test(arguments: [
        (MetricName.mse, errors(1)), (.rocAuc, scores(2)), (.f1, labels(1, wrong: 0)), (.rmse, errors(1)),
    ])
    func `one row says nothing of others`(_ metric: MetricName, _ input: MetricInput) {
        #expect(throws: MetricFailure.self) {
            try Comparison.paired(
                .usual(metric), candidate: input, baseline: input, margin: Margin(absolute: 0.1), seed: Self.seed)
        }
        #expect(throws: MetricFailure.self) { try Metric.usual(metric).estimate(input, seed: Self.seed) }
    }

    @Test(arguments: [
        (-0.1, false, "the margin is -0.1; expected a finite number from 0 on"),
        (Double.nan, false, "the margin is nan; expected a finite number from 0 on"),
        (.infinity, false, "the margin is inf; expected a finite number from 0 on"),
        (1.5, true, "the margin is 1.5; expected a share from 0 to 1"),
    ])
    func `a margin that makes no sense is refused`(_ amount: Double, _ isRelative: Bool, _ message: String) {
        #expect(throws: InvalidInput(message)) {
            isRelative ? try Margin(relative: amount) : try Margin(absolute: amount)
        }
    }

    @Test func `an estimate has bounds in the metric's own direction and within its range`() throws {
        let accuracy = try Metric.usual(.accuracy).estimate(Self.labels(20, wrong: 0), seed: Self.seed)
        #expect(accuracy.value == 1 && accuracy.upper == 1 && accuracy.lower > 0.85 && accuracy.lower < 0.9)
        let loss = try Metric.usual(.mse).estimate(Self.errors(100, more: 1), seed: Self.seed)
        #expect(abs(loss.value - 1.5) < 1e-9 && loss.lower < 1.5 && loss.upper > 1.5 && loss.lower >= 0)
        // Perfect ranks of 20 against 20: 0.05 to the power of 1/20.
        let area = try Metric.usual(.rocAuc).estimate(Self.scores(40), seed: Self.seed)
        #expect(area.value == 1 && area.upper == 1 && abs(area.lower - 0.8608916593317348) < 1e-12)
        let again = try Metric.usual(.f1).estimate(Self.labels(60, wrong: 9), seed: Self.seed)
        let repeated = try Metric.usual(.f1).estimate(Self.labels(60, wrong: 9), seed: Self.seed)
        #expect(again == repeated)
        #expect(again.method == .bootstrap && again.lower < again.value && again.value < again.upper)
    }
}
