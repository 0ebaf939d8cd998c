import Testing
import WaybillCore
import WaybillEvaluate

@Suite struct SliceTests {
    static let seed = Digest(of: "evidence".utf8)

    /// Slices of `rows` rows each with `wrong` of them predicted wrongly.
    static func set(_ slices: [(name: String?, rows: Int, wrong: Int)]) -> (input: MetricInput, column: Labels) {
        var (truth, predicted, names): ([String?], [String?], [String?]) = ([], [], [])
        for slice in slices {
            for row in 0..<slice.rows {
                truth.append("\(row % 2)")
                predicted.append(row < slice.wrong ? "\((row + 1) % 2)" : "\(row % 2)")
                names.append(slice.name)
            }
        }
        return (MetricTests.labels(truth, predicted), Labels(names))
    }

    @Test func `slices come worst first, each with its count, and are judged by the minimum`() throws {
        let (input, column) = Self.set([
            ("north", 200, 10), ("south", 200, 80), ("east", 100, 22), ("rare", 5, 5), (nil, 50, 1),
        ])
        let report = try SliceReport(.usual(.accuracy), input, by: column, minimum: 0.8, seed: Self.seed)
        #expect(report.slices.map(\.name) == ["rare", "south", "east", "north", nil])
        #expect(report.slices.map(\.count) == [5, 200, 100, 200, 50])
        #expect(report.slices.map { try? $0.estimate.get().value } == [0, 0.6, 0.78, 0.95, 0.98])
        #expect(report.slices.map(\.verdict) == [.inconclusive, .failed, .inconclusive, .passed, .passed])
        #expect(report.verdict == .failed)
        let gap = try #require(report.gap)
        #expect(abs(gap.value - 0.38) < 1e-12 && gap.worst == "south" && gap.best == nil)
        #expect(gap.lower > 0 && gap.lower < 0.38 && gap.upper > 0.38)
        #expect(gap.verdict(atMost: 0.4) == .passed && gap.verdict(atMost: 0.3) == .inconclusive)
        #expect(gap.verdict(atMost: 0.1) == .failed)
    }

    @Test func `what one slice alone would fail is chance among many`() throws {
        // 12 of 50 wrong where a tenth is allowed: a chance of about one in two thousand.
        let one = Self.set([("a", 50, 12)])
        #expect(
            try SliceReport(.usual(.accuracy), one.input, by: one.column, minimum: 0.9, seed: Self.seed).verdict
                == .failed)
        let many = Self.set([("a", 50, 12)] + (1...400).map { ("s\($0)", 50, 0) })
        let report = try SliceReport(.usual(.accuracy), many.input, by: many.column, minimum: 0.9, seed: Self.seed)
        #expect(report.verdict == .inconclusive && report.slices.first?.name == "a")
    }

    @Test func `a slice without a value is not passed over`() throws {
        let input = MetricTests.scores(["0", "1", "0", "1", "1", "1"], [0, 1, 0, 1, 1, 1])
        let report = try SliceReport(
            .usual(.rocAuc), input, by: Labels(["a", "a", "a", "a", "b", "b"]), minimum: 0.5, fewest: 2, seed: Self.seed
        )
        #expect(report.slices.map(\.verdict) == [.passed, .inconclusive])
        #expect(report.slices.last?.estimate == .failure(.oneClassOnly("1")))
        #expect(report.verdict == .inconclusive && report.gap == nil)
    }

    @Test func `of a loss the largest is the worst, and the minimum is a maximum`() throws {
        let truth = [Double](repeating: 0, count: 120)
        let input = MetricTests.numbers(
            truth, truth.indices.map { ($0 % 2 == 0 ? 1 : -1) * ($0 < 60 ? 1 : 3) + Double($0 % 7) / 10 })
        let column = Labels(truth.indices.map { $0 < 60 ? "small" : "large" })
        let report = try SliceReport(.usual(.mae), input, by: column, minimum: 2, seed: Self.seed)
        #expect(report.slices.map(\.name) == ["large", "small"])
        #expect(report.slices.map(\.verdict) == [.failed, .passed])
        #expect(try #require(report.gap).value > 1.9)
    }

    @Test func `a column of another length, no rows, no minimum`() throws {
        let (input, column) = Self.set([("a", 40, 4), ("b", 40, 4)])
        #expect(throws: MetricFailure.lengthMismatch(.slice, count: 1, truths: 80)) {
            try SliceReport(.usual(.accuracy), input, by: Labels(["a"]), seed: Self.seed)
        }
        let report = try SliceReport(.usual(.accuracy), input, by: column, seed: Self.seed)
        #expect(report.verdict == .passed && report.gap?.value == 0 && report.gap?.lower == 0)
        let none = try SliceReport(
            .usual(.accuracy), MetricTests.labels([], []), by: Labels([String?]()), seed: Self.seed)
        #expect(none.slices.isEmpty && none.verdict == .inconclusive)
    }
}
