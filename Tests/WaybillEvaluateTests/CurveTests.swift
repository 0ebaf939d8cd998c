import Testing
import WaybillCore

@testable import WaybillEvaluate

/// Curves that a measurement keeps for readers.
@Suite struct CurveTests {
    private static func measure(
        _ metric: MetricName, _ truth: [String], _ scores: [Double]
    ) throws -> GateMeasurement.MetricValue {
        let file = DataFile(source: .repository(path: "x"), digest: Digest(of: "x".utf8), size: 1)
        let data = LabelledData(
            name: try Name(parsing: "held-out"), file: file, format: .csv, target: "y", classes: ["0", "1"])
        return MetricQuestion(metric, data: "held-out").measure(
            MetricInput(truth: Labels(truth), scores: .positive(NumberColumn(scores))), data, claimed: nil,
            seed: Digest(of: "seed".utf8))
    }

    @Test func `each different score is a corner, ties are one`() throws {
        let found = try Self.measure(.rocAuc, ["1", "0", "1", "0", "1"], [0.9, 0.8, 0.7, 0.7, 0.1])
        let roc = try #require(found.roc)
        #expect(roc.positives == 3 && roc.negatives == 2)
        #expect(
            roc.points.map { [$0.falsePositives, $0.truePositives] } == [[0, 0], [0, 1], [1, 1], [2, 2], [2, 3]])
        #expect(found.calibration?.bins.count == 15)
        #expect(found.calibration?.bins[1] == CalibrationCurve.Bin(rows: 1, hits: 1, confidence: 0.1))
    }

    @Test func `the area under the kept corners is the metric, while each has room`() throws {
        var generator = SampleGenerator(seed: Digest(of: "rows".utf8))
        let rows = (0..<150).map { _ in generator.next() }
        let truth = rows.map { $0 % 3 == 0 ? "1" : "0" }
        let scores = rows.map { Double($0 >> 11) / Double(1 << 53) }
        let found = try Self.measure(.rocAuc, truth, scores)
        let roc = try #require(found.roc)
        var area = 0.0
        for (one, other) in zip(roc.points, roc.points.dropFirst()) {
            let width = Double(other.falsePositives - one.falsePositives) / Double(roc.negatives)
            area += width * Double(one.truePositives + other.truePositives) / 2 / Double(roc.positives)
        }
        #expect(abs(area - (found.value ?? 0)) < 1e-12)
    }

    @Test(arguments: [197, 198, 199, 200, 201, 5000, 50_000])
    func `a curve has at most 200 points, from nothing found to all`(_ rows: Int) throws {
        let truth = (0..<rows).map { $0 % 2 == 0 ? "1" : "0" }
        let found = try Self.measure(.rocAuc, truth, (0..<rows).map { Double($0 * 7919 % rows) / Double(rows) })
        let roc = try #require(found.roc)
        #expect(roc.points.count <= 200 && roc.points.count > 150)
        #expect(roc.points.first == RocCurve.Point(falsePositives: 0, truePositives: 0))
        #expect(roc.points.last == RocCurve.Point(falsePositives: roc.negatives, truePositives: roc.positives))
        #expect(RocCurve(roc.value) == roc)
    }

    @Test func `scores that are no probabilities have no calibration, and one label no curve`() throws {
        let wild = try Self.measure(.rocAuc, ["1", "0", "1"], [9, -3, 0.5])
        #expect(wild.calibration == nil && wild.roc != nil)
        let one = try Self.measure(.logLoss, ["1", "1"], [0.9, 0.8])
        #expect(one.roc == nil)
        #expect(try Self.measure(.rocAuc, ["1", "0"], [.nan, 0.1]).roc == nil)
    }

    @Test func `equal rows give equal evidence`() throws {
        let (truth, scores) = ((0..<500).map { "\($0 % 2)" }, (0..<500).map { Double($0 * 31 % 500) / 500 })
        let (one, other) = (try Self.measure(.brier, truth, scores), try Self.measure(.brier, truth, scores))
        #expect(GateMeasurement.metric(one).value.jsonBytes == GateMeasurement.metric(other).value.jsonBytes)
        #expect(GateMeasurement.metric(one).value["roc"]?["points"]?.list?.count ?? 0 > 100)
    }
}
