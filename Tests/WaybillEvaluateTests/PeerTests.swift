import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillEvaluate

/// `WAYBILL_SEEDS` sets how many cases are compared; 400 without it.
@Suite struct PeerTests {
    private static let cases = ProcessInfo.processInfo.environment["WAYBILL_SEEDS"].flatMap(Int.init) ?? 400

    @Test func `every metric equals scikit-learn's to 1e-9, on random and on extreme rows`() async throws {
        let cases = try await Oracle.run("metrics.py", ["1", "\(Self.cases)"], as: MetricCase.self)
        var compared: [MetricName: Int] = [:]
        for (number, row) in cases.enumerated() {
            let input = row.input()
            for (name, theirs) in row.expected {
                let metric = try row.metric(name)
                guard let theirs else {
                    #expect(throws: MetricFailure.self, "case \(number), \(name)") { try metric.measure(input) }
                    continue
                }
                let ours = try metric.measure(input)
                #expect(Oracle.isClose(ours.value, theirs), "case \(number), \(name): \(ours.value), not \(theirs)")
                #expect(metric.name.range.contains(ours.value) && ours.count == input.count)
                compared[metric.name, default: 0] += 1
            }
            if let negated = row.negated, let theirs = row.negatedRocAuc {
                let turned = MetricInput(truth: Labels(row.truth ?? []), scores: .positive(NumberColumn(negated)))
                #expect(Oracle.isClose(try Metric.usual(.rocAuc).measure(turned).value, theirs))
            }
        }
        // None was left out.
        for name in MetricName.allCases { #expect(compared[name, default: 0] > cases.count / 16, "\(name)") }
    }

    @Test func `rows that count several times are as good as rows that come several times`() async throws {
        let cases = try await Oracle.run("metrics.py", ["2", "\(Self.cases / 2)"], as: MetricCase.self)
        var compared = 0
        for (number, row) in cases.enumerated() {
            let input = row.input()
            for (name, theirs) in row.weighted {
                let metric = try row.metric(name)
                // What has no value without weights has none here.
                guard let weighted = try? WeightedMetric(metric, input) else { continue }
                let ours = row.weights.map(UInt32.init).withUnsafeBufferPointer { weighted.value($0) }
                guard let theirs else {
                    #expect(ours == nil, "case \(number), \(name)")
                    continue
                }
                let value = try #require(ours, "case \(number), \(name)")
                #expect(Oracle.isClose(value, theirs), "case \(number), \(name): \(value), not \(theirs)")
                compared += 1
            }
        }
        #expect(compared > 2 * cases.count)
    }
}
