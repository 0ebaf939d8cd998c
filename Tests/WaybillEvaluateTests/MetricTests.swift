import Testing
import WaybillCore
import WaybillEvaluate

@Suite struct MetricTests {
    struct Case: CustomTestStringConvertible {
        let testDescription: String
        let metric: MetricName
        let input: MetricInput
        let expected: Result<Measurement, MetricFailure>

        init(
            _ description: String, _ metric: MetricName, _ input: MetricInput,
            _ expected: Result<Measurement, MetricFailure>
        ) {
            (testDescription, self.metric, self.input, self.expected) = (description, metric, input, expected)
        }

        /// A value of all rows without a warning.
        init(_ description: String, _ metric: MetricName, _ input: MetricInput, _ value: Double) {
            self.init(description, metric, input, .success(Measurement(value: value, count: input.count)))
        }

        init(_ description: String, _ metric: MetricName, _ input: MetricInput, _ failure: MetricFailure) {
            self.init(description, metric, input, .failure(failure))
        }

        func check() {
            let found = Result { () throws(MetricFailure) in try Metric.usual(metric).measure(input) }
            #expect(found == expected)
        }
    }

    static func labels(_ truth: [String?], _ predicted: [String?]) -> MetricInput {
        MetricInput(truth: Labels(truth), predictedLabels: Labels(predicted))
    }
    static func scores(_ truth: [String?], _ scores: [Double]) -> MetricInput {
        MetricInput(truth: Labels(truth), scores: .positive(NumberColumn(scores)))
    }
    static func classes(_ truth: [String?], _ classes: [String], _ columns: [[Double]]) -> MetricInput {
        MetricInput(truth: Labels(truth), scores: .classes(classes, columns.map { NumberColumn($0) }))
    }
    static func numbers(_ truth: [Double], _ predicted: [Double]) -> MetricInput {
        MetricInput(truth: NumberColumn(truth), predicted: NumberColumn(predicted))
    }

    @Test(arguments: [
        Case("no rows", .accuracy, labels([], []), .tooFewSamples(have: 0, need: 1)),
        Case("a prediction is missing", .accuracy, labels(["a", "b"], ["a", nil]), .missing(.prediction, row: 2)),
        Case("a truth is missing", .f1Macro, labels([nil, "b"], ["a", "b"]), .missing(.truth, row: 1)),
        Case(
            "fewer predictions", .accuracy, labels(["a", "b"], ["a"]), .lengthMismatch(.prediction, count: 1, truths: 2)
        ),
        Case("scores only", .accuracy, scores(["0", "1"], [0, 1]), .inputMissing(.labels)),
        Case("numbers where labels are asked for", .accuracy, numbers([1], [1]), .inputMissing(.labels)),
        Case("one class, all found", .accuracy, labels(["a", "a"], ["a", "a"]), 1),
        Case("one class, all found, balanced", .balancedAccuracy, labels(["a", "a"], ["a", "a"]), 1),
        Case(
            "a positive label that nobody has", .precision, labels(["a", "b"], ["a", "b"]),
            .unknownPositive("1", labels: ["a", "b"])),
        Case("three labels", .recall, labels(["0", "1", "2"], ["0", "1", "2"]), .notBinary(labels: 3)),
        Case(
            "positive is never predicted", .precision, labels(["0", "1"], ["0", "0"]),
            .success(Measurement(value: 0, count: 2, warnings: [.neverPredicted(labels: ["1"])]))),
        Case(
            "positive is never true", .recall, labels(["0", "0"], ["0", "1"]),
            .success(Measurement(value: 0, count: 2, warnings: [.neverTrue(labels: ["1"])]))),
        Case("neither hit", .f1, labels(["0", "1"], ["1", "0"]), 0),
        Case(
            "a label that is never true", .balancedAccuracy, labels(["a", "a"], ["a", "b"]),
            .success(Measurement(value: 0.5, count: 2, warnings: [.neverTrue(labels: ["b"])]))),
        Case(
            "a label that is never predicted", .precisionMacro, labels(["a", "b"], ["a", "a"]),
            .success(Measurement(value: 0.25, count: 2, warnings: [.neverPredicted(labels: ["b"])]))),
        Case("labels whose bytes differ are two", .accuracy, labels(["\u{e9}"], ["e\u{301}"]), 0),
    ])
    func `metrics of labels at their edges`(_ row: Case) { row.check() }

    @Test(arguments: [
        Case("perfect", .rocAuc, scores(["0", "1"], [0.1, 0.9]), 1),
        Case("inverted", .rocAuc, scores(["0", "1"], [0.9, 0.1]), 0),
        Case("all equal", .rocAuc, scores(["0", "1", "1"], [3, 3, 3]), 0.5),
        Case("zero and minus zero are equal", .rocAuc, scores(["0", "1"], [0, -0.0]), 0.5),
        Case(
            "the largest and the smallest", .rocAuc,
            scores(["0", "1"], [-.greatestFiniteMagnitude, .greatestFiniteMagnitude]), 1),
        Case("subnormal numbers", .rocAuc, scores(["0", "1"], [.leastNonzeroMagnitude, 0]), 0),
        Case("only positives", .rocAuc, scores(["1", "1"], [0.2, 0.9]), .oneClassOnly("1")),
        Case("only positives, precision and recall", .prAuc, scores(["1", "1"], [0.2, 0.9]), .oneClassOnly("1")),
        Case(
            "a lone label that is not the positive one", .rocAuc, scores(["0", "0"], [0.2, 0.9]),
            .unknownPositive("1", labels: ["0"])),
        Case("NaN", .rocAuc, scores(["0", "1"], [0.2, .nan]), .nonFinite(.score, row: 2)),
        Case("infinite", .prAuc, scores(["0", "1"], [-.infinity, 1]), .nonFinite(.score, row: 1)),
        Case(
            "a missing score", .rocAuc,
            MetricInput(
                truth: Labels(["0", "1"]), scores: .positive(NumberColumn(values: [1, .nan], missingRows: [1]))),
            .missing(.score, row: 2)),
        Case("three labels", .rocAuc, scores(["0", "1", "2"], [0, 1, 2]), .notBinary(labels: 3)),
        Case("two classes", .rocAuc, classes(["0", "1"], ["0", "1"], [[0.9, 0.2], [0.1, 0.8]]), 1),
        Case(
            "a class without rows", .rocAucMacro,
            classes(["a", "b"], ["a", "b", "c"], [[0.5, 0.2], [0.3, 0.7], [0.2, 0.1]]), .noSamples(ofLabel: "c")),
        Case(
            "a class without rows has no weight", .rocAucWeighted,
            classes(["a", "b"], ["a", "b", "c"], [[0.5, 0.2], [0.3, 0.7], [0.2, 0.1]]), 1),
        Case(
            "one class of three", .rocAucWeighted,
            classes(["a", "a"], ["a", "b", "c"], [[0.5, 0.2], [0.3, 0.7], [0.2, 0.1]]), .oneClassOnly("a")),
        Case("one column for all classes", .rocAucMacro, scores(["0", "1"], [0, 1]), .inputMissing(.probabilities)),
    ])
    func `areas under curves at their edges`(_ row: Case) { row.check() }

    @Test(arguments: [
        Case("certain and wrong is bounded", .logLoss, scores(["1"], [0]), 52 * 0.6931471805599453),
        Case("certain and right", .brier, scores(["1", "0"], [1, 0]), 0),
        Case("above 1", .brier, scores(["1", "0"], [1, 1.5]), .notAProbability(1.5, row: 2)),
        Case("below 0", .logLoss, scores(["1", "0"], [-0.1, 0]), .notAProbability(-0.1, row: 1)),
        Case("NaN", .calibrationError, scores(["1"], [.nan]), .nonFinite(.probability, row: 1)),
        Case(
            "rows that do not add up", .logLoss, classes(["a"], ["a", "b", "c"], [[1], [1], [1]]),
            .notNormalised(sum: 3, row: 1)),
        Case(
            "two classes that do not add up", .brier, classes(["1"], ["0", "1"], [[1], [1]]),
            .notNormalised(sum: 2, row: 1)),
        Case(
            "a truth that is none of the classes", .brier, classes(["d"], ["a", "b", "c"], [[1], [0], [0]]),
            .unknownClass("d", row: 1)),
        Case("two classes count half", .brier, classes(["0", "1"], ["0", "1"], [[0.5, 0.5], [0.5, 0.5]]), 0.25),
        Case("three classes count whole", .brier, classes(["a"], ["a", "b", "c"], [[0], [1], [0]]), 2),
        Case("half right of half sure", .calibrationError, scores(["0", "1"], [0.5, 0.5]), 0),
        Case(
            "an upper edge belongs to its bin", .calibrationError, scores(["1", "0"], [1.0 / 15, 0.01]),
            ((1 - 1.0 / 15) - 0.01) / 2),
    ])
    func `metrics of probabilities at their edges`(_ row: Case) { row.check() }

    @Test(arguments: [
        Case("one row", .mse, numbers([1], [3]), 4),
        Case("one row has no spread", .r2, numbers([1], [3]), .tooFewSamples(have: 1, need: 2)),
        Case(
            "constant and right", .r2, numbers([0.1, 0.1, 0.1], [0.1, 0.1, 0.1]),
            .success(Measurement(value: 1, count: 3, warnings: [.constantTruth]))),
        Case(
            "constant and wrong", .r2, numbers([0.1, 0.1, 0.1], [0.1, 0.1, 0.2]),
            .success(Measurement(value: 0, count: 3, warnings: [.constantTruth]))),
        Case(
            "a truth of 0", .mape, numbers([0, 1], [1, 1]),
            .success(Measurement(value: 0x1p51, count: 2, warnings: [.truthNearZero(rows: 1)]))),
        Case("too large", .mse, numbers([1e200], [-1e200]), .overflow),
        Case("too large for R²", .r2, numbers([1e200, -1e200], [0, 0]), .overflow),
        Case("infinite truth", .mae, numbers([.infinity], [1]), .nonFinite(.truth, row: 1)),
        Case(
            "NaN in the ninth row", .rmse,
            numbers(
                [Double](repeating: 1, count: 9),
                [Double](repeating: 1, count: 8) + [.nan]), .nonFinite(.prediction, row: 9)),
        Case("large finite numbers are finite", .mae, numbers([1e308, 1e308], [1e308, 1e308]), 0),
        Case("labels where numbers are asked for", .mse, labels(["a"], ["a"]), .inputMissing(.numbers)),
    ])
    func `metrics of numbers at their edges`(_ row: Case) { row.check() }

    @Test func `a failure says which row and what is wrong with it`() {
        let texts: [(MetricFailure, String)] = [
            (.tooFewSamples(have: 3, need: 30), "too few rows: 3; it takes 30"),
            (.oneClassOnly("a"), "undefined: every row has the label 'a'"),
            (.nonFinite(.score, row: 7), "row 7: the score is not a finite number"),
            (.notNormalised(sum: 3, row: 1), "row 1: the probabilities add up to 3.0, not to 1"),
            (.unknownPositive("yes", labels: ["no", "si"]), "there is no label 'yes'; the labels are 'no', 'si'"),
            (.lengthMismatch(.prediction, count: 1, truths: 2), "1 predictions for 2 truths"),
            (
                .unknownClass("d\u{1b}", row: 4),
                "row 4: the label 'd\\u{1b}' is none of the classes that have probabilities"
            ),
        ]
        for (failure, text) in texts { #expect(failure.description == text) }
        let many = MetricWarning.neverTrue(labels: (1...7).map(String.init))
        #expect(many.description == "predicted and never true, recall counts as 0: '1', '2', '3', '4', '5' and 2 more")
    }

    @Test(
        arguments: [
            ("'accuracy' takes no 'positive'; remove it", MetricName.accuracy, "1", nil),
            ("'f1' takes no 'alpha'; it takes 'positive'", .f1, nil, 0.5),
            ("'alpha' is 1.0; expected a number above 0 and below 1", .quantileLoss, nil, 1),
            ("'alpha' is nan; expected a number above 0 and below 1", .quantileLoss, nil, Double.nan),
        ] as [(String, MetricName, String?, Double?)])
    func `a parameter that makes no sense is refused`(
        _ message: String, _ name: MetricName, _ positive: String?, _ alpha: Double?
    ) {
        #expect(throws: InvalidInput(message)) { try Metric(name, positive: positive, alpha: alpha) }
    }

    @Test func `what a sort by digits gives is what comparing gives`() throws {
        var random = SystemRandomNumberGenerator()
        // Above and below the count from which digits are sorted by; all signs and sizes.
        for count in [2, 500, 1500] {
            let truth = (0..<count).map { $0 % 3 == 0 ? "1" : "0" }
            let scores = (0..<count).map { _ in
                Double(
                    sign: Bool.random(using: &random) ? .plus : .minus, exponent: Int.random(in: -1000...1000),
                    significand: Double.random(in: 1..<2))
            }
            let pairs = zip(truth, scores).filter { $0.0 == "1" }.reduce(into: 0) { total, positive in
                total += zip(truth, scores).count { $0.0 == "0" && $0.1 < positive.1 }
            }
            let positives = truth.count { $0 == "1" }
            let area = try Metric.usual(.rocAuc).measure(Self.scores(truth, scores)).value
            #expect(area == Double(pairs) / Double(positives * (count - positives)))
        }
    }
}
