import Testing
import WaybillCore

@testable import WaybillManifest

/// What a version of a model says of how good it is.
@Suite struct MetricsTests {
    private func read(_ line: String) -> ParsedFile {
        ParsedFile(path: "v.yaml", bytes: Array((SampleFleet.version("1.4.0") + "  \(line)\n").utf8))
    }

    @Test func `names of measures go with numbers, however these are written`() throws {
        let file = read("metrics: {auc: 0.91, rows: 1e3, f1-macro: 1.0, loss: -2.5e-3}")
        #expect(file.diagnostics == [])
        guard case .modelVersion(let version)? = file.resources.first?.spec else {
            Issue.record("no version")
            return
        }
        #expect(version.metrics == ["auc": 0.91, "rows": 1000, "f1-macro": 1, "loss": -0.0025])
        #expect(version.value["metrics"]?.json == #"{"auc":0.91,"f1-macro":1,"loss":-0.0025,"rows":1000}"#)
    }

    @Test func `a version without metrics is written as before there were any`() throws {
        guard case .modelVersion(let version)? = read("license: MIT").resources.first?.spec else {
            Issue.record("no version")
            return
        }
        #expect(version.value["metrics"] == nil)
    }

    @Test(
        arguments: [
            ("metrics: {auc: high}", "9:18: error: 'auc' is 'high'; expected a number"),
            ("metrics: {auc: \"0.9\"}", "9:18: error: 'auc' is the text '0.9'; expected a number"),
            ("metrics: {auc: 1e999}", "9:18: error: 'auc' is 1e999, which is larger than any number that is kept"),
            ("metrics: [0.9]", "9:12: error: 'metrics' is a list; expected a mapping of fields"),
        ])
    func `what is no number is refused`(_ line: String, _ expected: String) {
        #expect(read(line).diagnostics.map(DiagnosticText.headline) == ["v.yaml:\(expected)"])
    }
}
