import Foundation
import Testing
import WaybillCore
import WaybillEvaluate
import WaybillTestSupport

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
}
