import Foundation
import Testing
import WaybillCore

@testable import WaybillReport

/// The page of what a version came to by a checklist.
@Suite struct EvidenceReportTests {
    private static func evidence() throws -> EvidenceReport {
        try Samples.evidence("1.5.0", area: 0.9512, by: [("south", 0.4, 12), ("north", 0.93, 388)])
    }

    @Test func `each gate has its verdict, what was measured, its bound and its samples`() throws {
        let report = try Self.evidence()
        #expect(report.verdict == .failed)
        let markdown = MarkdownWriter.text(report.document).replacing("\u{200B}", with: "")
        #expect(
            markdown.contains(
                """
                | gate | verdict | measured | bound | samples |
                | --- | --- | --- | --- | ---: |
                | `ranks` | ✓ passed | 0.9512 (0.9412 to 0.9612) | ≥ 0.5 | 400 |
                | `regions` | ✗ failed | worst 0.4 (0.38 to 0.42) | ≥ 0.5 | 400 |

                """), "\(markdown)")
        #expect(markdown.contains("- evidence `\(report.digest)`\n"))
        #expect(markdown.contains("- `ranks/held-out` `\(Digest(of: "data".utf8))`\n"))
        #expect(!markdown.contains("<svg"))
    }

    @Test func `the page has the curves, with intervals and counts`() throws {
        let page = HTMLWriter.text(try Self.evidence().document)
        #expect(page.components(separatedBy: "<svg ").count == 4)
        #expect(page.contains("ROC, AUC 0.9512 (0.9412 to 0.9612): 4 positive and 4 negative rows of held-out"))
        #expect(page.contains("Calibration in 15 bins, 105 rows of held-out"))
        #expect(page.contains(">0.4, 12 rows</text>"))
        #expect(page.contains(">asked: 0.5</text>"))
        #expect(page.contains("class=\"bar bad\""))
        // From the lower left corner over three found and none wrong.
        #expect(page.contains("class=\"curve\" d=\"M46 282L46 79.5L113.5 12L316 12\""))
    }

    @Test func `latencies under load have their percentiles, their intervals and a plot`() throws {
        func answers(_ shift: Int64) -> LatencyValues.Answers {
            let points = (1...40).map { LatencyCurve.Point(upTo: shift + Int64($0) * 500, count: 25) }
            func quantile(_ value: Int64) -> LatencyValues.Quantile {
                .init(value: shift + value, lower: shift + value - 500, upper: shift + value + 500)
            }
            return LatencyValues.Answers(
                planned: 1000, answered: 1000, failed: 0, late: 0,
                quantiles: [.p50: quantile(10_000), .p95: quantile(19_000), .p99: quantile(20_000)],
                curve: LatencyCurve(points: points))
        }
        let file = DataFile(source: .repository(path: "g"), digest: Digest(of: "g".utf8), size: 1)
        let check = LatencyCheck(
            requests: file, rate: 50, length: .seconds(20), bounds: [.p99: .milliseconds(30)],
            notSlower: .init(than: try Samples.name("production"), margin: .share(0.5)))
        let values = LatencyValues(
            candidate: answers(0), baseline: answers(1000), version: try Samples.id("1.4.0"))
        let bound = CommandCheck(run: ["a"], files: ["a"], bounds: [.init(number: "auc", atLeast: 0.9, atMost: 1)])
        let report = try EvidenceReport(
            Evidence(
                version: try Samples.id("1.5.0"), bundle: Digest(of: "b".utf8), checklist: try Samples.name("release"),
                rules: Digest(of: "rules".utf8), runtime: nil,
                results: [
                    GateResult(gate: Gate(.command(bound)), measured: .command(.init(numbers: ["auc": 0.95]))),
                    GateResult(gate: Gate(.latency(check)), measured: .latency(values)),
                ], skipped: []))
        #expect(report.verdict == .passed)
        let markdown = MarkdownWriter.text(report.document).replacing("\u{200B}", with: "")
        #expect(markdown.contains("| `command` | ✓ passed | 'auc' is 0.95 | auc ≥ 0.9 ≤ 1 |"), "\(markdown)")
        #expect(
            markdown.contains(
                "| `latency` | ✓ passed | p50 10.0 ms, p95 19.0 ms, p99 20.0 ms | p99 ≤ 30ms, not slower than production by more than 50 % at 50/s | 1000 |"
            ), "\(markdown)")
        #expect(markdown.contains("| candidate | 10.0 ms (9.5 ms to 10.5 ms) |"), "\(markdown)")
        let page = HTMLWriter.text(report.document)
        #expect(page.components(separatedBy: "<svg ").count == 2)
        #expect(page.contains("<title>Latency distribution</title>") && page.contains(">20 ms</text>"))
        #expect(page.contains("class=\"ideal\" d=\"M") && page.contains("class=\"curve\" d=\"M"))
        if let folder = ProcessInfo.processInfo.environment["WAYBILL_PAGES"] {
            try Data(page.utf8).write(to: URL(filePath: folder).appending(path: "latency.html"))
        }
    }

    @Test func `the curves are read back as they were kept`() throws {
        let report = try Self.evidence()
        #expect(report.gates[0].metric?.roc?.points.count == 4)
        #expect(report.gates[0].metric?.calibration?.bins.count == 15)
        #expect(report.gates[0].metric?.claimed == 0.99)
    }

    @Test(arguments: [
        ("nothing", ""), ("no object", "[]"), ("another schema", #"{"schema": "waybill.evidence/2"}"#),
        ("no gates", #"{"schema": "waybill.evidence/1", "version": "a@1.0.0", "bundle": "b"}"#),
    ])
    func `what is no evidence is refused`(_ row: (name: String, text: String)) {
        #expect(throws: InvalidInput.self, "\(row.name)") { try EvidenceReport(bytes: Array(row.text.utf8)) }
    }

    @Test(arguments: [
        #"{"positives": 2, "negatives": 2, "points": [[0, 0], [1, 1], [0, 2]]}"#,
        #"{"positives": 2, "negatives": 2, "points": [[0, 3]]}"#, #"{"positives": 0, "negatives": 2, "points": []}"#,
        #"{"positives": 2, "negatives": 2, "points": [[-1, 0]]}"#, #"{"positives": 2, "negatives": 2, "points": [0]}"#,
    ])
    func `what is no curve is none`(_ text: String) throws {
        #expect(RocCurve(try #require(Value(json: Array(text.utf8)))) == nil)
    }

    @Test func `evidence that calls itself passed is what its gates say`() throws {
        let text = """
            {"schema": "waybill.evidence/1", "version": "a@1.0.0", "bundle": "b", "verdict": "passed",
             "gates": [{"name": "x", "verdict": "failed"}]}
            """
        #expect(try EvidenceReport(bytes: Array(text.utf8)).verdict == .failed)
        let odd = text.replacing("\"failed\"", with: "\"fine\"")
        #expect(try EvidenceReport(bytes: Array(odd.utf8)).verdict == .errored)
    }

    @Test func `hostile numbers and names make a page all the same`() throws {
        let text = """
            {"schema": "waybill.evidence/1", "version": "<b>", "bundle": "b", "checklist": {"name": "</style>"},
             "gates": [{"name": "|", "verdict": "passed", "samples": 9223372036854775807,
               "gate": {"slice": {"metric": "x", "by": "<i>", "data": "d", "atLeast": 1e300}},
               "measured": {"slices": [{"name": "<script>", "samples": -9, "value": 1e308, "interval": [-1e308, 1e308]},
                 {"value": 0, "interval": [3, 1]}]}},
              {"name": "m", "gate": {"metric": {"metric": "rocAuc", "data": "d"}}, "verdict": "failed",
               "measured": {"value": 1e308, "calibration": {"bins": [{"rows": 9223372036854775807, "hits": 9, "confidence": 1},
                 {"rows": 9223372036854775807, "hits": 9, "confidence": 1}]}}}]}
            """
        let page = HTMLWriter.text(try EvidenceReport(bytes: Array(text.utf8)).document)
        for tag in ["<b>", "<i>", "<script>", "\"nan", "\"inf", "\"-inf"] { #expect(!page.contains(tag), "\(tag)") }
    }
}
