import Testing
import WaybillCore

@testable import WaybillManifest

@Suite struct ChecklistTests {
    private static let digest = "sha256:" + String(repeating: "a", count: 64)

    private func read(_ gates: String, _ more: String = "") -> ParsedFile {
        let text = """
            apiVersion: waybill.dev/v1alpha1
            kind: Checklist
            metadata: {name: churn}
            spec:
              gates: [\(gates)]
            \(more)
            """
        return ParsedFile(path: "c.yaml", bytes: Array(text.utf8))
    }

    private static let data = "  data: [{name: held-out, source: d.csv, digest: \(digest), size: 9, target: y}]"

    @Test func `a checklist reads back as it is written`() throws {
        let file = read(
            "{integrity: {}}, {signed: {people: 2}}, {safeFormat: {}}, {interface: {}}, {license: {allowed: [MIT]}}, "
                + "{card: {sections: [Use], fields: [license]}}, "
                + "{golden: {requests: {source: g.jsonl, digest: \(Self.digest), size: 3}, tolerances: [{output: p, absolute: 1e-6}]}}, "
                + "{slice: {metric: logLoss, data: held-out, by: city, atMost: 0.5, gap: 0.1}}, "
                + "{name: even, metric: {metric: rocAuc, data: held-out, notWorse: {than: production, share: 0.05}}}, "
                + "{command: {run: [python3, c.py], files: [c.py], data: [held-out], bounds: [{number: a, atLeast: 1, atMost: 2}], "
                + "network: host, candidate: true, isolation: none, timeout: 90s, memory: 64Mi, minSamples: 3}}, "
                + "{latency: {requests: {source: g.jsonl, digest: \(Self.digest), size: 3}, rate: 50, for: 20s, p99: 40ms, "
                + "notSlower: {than: production, by: 5ms}, cores: 0.25}}, "
                + "{reproducible: {run: [python, t.py], data: [{name: train, source: t.csv, digest: \(Self.digest), size: 3}], "
                + "output: out/a, gives: {weights: true, metric: auc, within: 0.01}, timeout: 5m, memory: 64Mi}}, "
                + "{name: good, metric: {metric: quantileLoss, quantile: 0.9, data: held-out, atMost: 2, minSamples: 7}}",
            "  runAll: true\n" + Self.data)
        #expect(file.diagnostics.map(DiagnosticText.headline) == [])
        let resource = try #require(file.resources.first)
        guard case .checklist(let checklist) = resource.spec else {
            Issue.record("no checklist")
            return
        }
        #expect(Set(checklist.gates.map(\.kind)) == Set(GateKind.allCases))
        #expect(checklist.gates.last?.name == "good")
        #expect(checklist.runAll && checklist.data.first?.positive == "1" && checklist.data.first?.batch == 64)
        let again = try Resource(
            kind: .checklist, document: ["metadata": ["name": "churn"], "spec": resource.specValue],
            location: resource.location)
        #expect(again == resource)
        #expect(resource.id.description == "Checklist churn")
    }

    @Test(
        arguments: [
            ("", "5:10: error: 'gates' is empty; expected at least 1 item"),
            ("{}", "5:11: error: this gate asks nothing"),
            ("{reproducable: {}}", "5:12: error: there is no field 'reproducable' here"),
            ("{reproducible: {gives: {weights: true}}}", "5:12: error: 'run' is missing"),
            ("{reproducible: {run: [python], gives: {}}}", "5:42: error: nothing has to come out"),
            (
                "{reproducible: {run: [python], gives: {metric: auc}}}",
                "5:58: error: 'metric' and 'within' belong together"
            ),
            (
                "{reproducible: {run: [python], gives: {weights: true}, timeout: 2h}}",
                "5:75: error: 'timeout' is longer than nothing and at most 1h"
            ),
            (
                "{reproducible: {run: [python], gives: {weights: true}, output: ../x}}",
                "5:74: error: '../x' leads out of its folder by '..'"
            ),
            ("{integrity: {}, card: {sections: [a]}}", "5:27: error: 'integrity' and 'card' are two gates"),
            ("{integrity: {}}, {integrity: {}}", "5:28: error: there are two gates 'integrity' in this checklist"),
            ("{integrity: }", "5:23: error: 'integrity' has no value; expected a mapping of fields"),
            ("{card: {}}", "5:12: error: this gate asks for nothing in the card"),
            (
                "{metric: {metric: auc, data: held-out, atLeast: 1}}",
                "5:29: error: 'auc' is not a metric; did you mean 'rocAuc'?"
            ),
            (
                "{metric: {metric: f1, data: heldout, atLeast: 1}}",
                "5:39: error: there is no data 'heldout' in this checklist"
            ),
            ("{metric: {metric: f1, data: held-out}}", "5:12: error: this gate has no bound"),
            (
                "{metric: {metric: quantileLoss, data: held-out, atMost: 1}}",
                "5:29: error: 'quantileLoss' needs 'quantile', the one that was predicted"
            ),
            (
                "{metric: {metric: quantileLoss, data: held-out, atMost: 1, quantile: 1}}",
                "5:80: error: 'quantile' is between 0 and 1"
            ),
            ("{metric: {metric: f1, data: held-out, atMost: 1, quantile: 0.5}}", "5:70: error: 'f1' has no quantile"),
            (
                "{golden: {requests: {source: g, digest: \(digest), size: 1}, tolerances: [{output: p, relative: -1}]}}",
                "5:169: error: 'relative' is less than 0"
            ),
            (
                "{metric: {metric: f1, data: held-out, notWorse: {than: production}}}",
                "5:49: error: this comparison has no margin"
            ),
            (
                "{metric: {metric: f1, data: held-out, notWorse: {than: production, by: 1, share: 1}}}",
                "5:92: error: 'by' and 'share' exclude each other"
            ),
            (
                "{metric: {metric: f1, data: held-out, notWorse: {than: production, share: 2}}}",
                "5:85: error: 'share' is between 0 and 1"
            ),
            (
                "{metric: {metric: f1, data: held-out, notWorse: {than: production, by: -1}}}",
                "5:82: error: 'by' is 0 or more"
            ),
            ("{slice: {metric: f1, data: held-out, by: city}}", "5:12: error: this gate has no bound"),
            (
                "{slice: {metric: f1, data: held-out, by: city, atMost: 1}}",
                "5:66: error: 'f1' is better higher, so groups are bounded by 'atLeast'"
            ),
            ("{slice: {metric: f1, data: held-out, by: city, gap: -1}}", "5:63: error: 'gap' is less than 0"),
            (
                "{command: {run: [a], files: [a], bounds: [{number: n}]}}",
                "5:53: error: this number has no bound"
            ),
            (
                "{command: {run: [a], files: [a], bounds: [{number: n, atLeast: 2, atMost: 1}]}}",
                "5:85: error: no number is at least 2 and at most 1"
            ),
            (
                "{command: {run: [a], files: [../a], bounds: [{number: n, atLeast: 2}]}}",
                "5:40: error: '../a' leads out of its folder by '..'"
            ),
            (
                "{command: {run: [a], files: [a], data: [heldout], bounds: [{number: n, atLeast: 2}]}}",
                "5:51: error: there is no data 'heldout' in this checklist"
            ),
            (
                "{command: {run: [a], files: [a], bounds: [{number: n, atLeast: 2}], candidate: true}}",
                "5:90: error: a program without a network cannot ask a candidate"
            ),
            (
                "{command: {run: [a], files: [a], bounds: [{number: n, atLeast: 2}], isolation: none}}",
                "5:90: error: without a sandbox no network can be closed"
            ),
            (
                "{command: {run: [a], files: [a], bounds: [{number: n, atLeast: 2}], timeout: 2h}}",
                "5:88: error: 'timeout' is longer than nothing and at most 1h"
            ),
            (
                "{latency: {requests: {source: g, digest: \(digest), size: 1}, rate: 9, for: 9s}}",
                "5:12: error: this gate has no bound"
            ),
            (
                "{latency: {requests: {source: g, digest: \(digest), size: 1}, rate: 9, for: 9s, p99: 1s}}",
                "5:149: error: 81 requests say too little about p99: at least 1000 are needed"
            ),
            (
                "{latency: {requests: {source: g, digest: \(digest), size: 1}, rate: 9, for: 11m, p50: 1s}}",
                "5:149: error: 'for' is longer than nothing and at most 10m"
            ),
            (
                "{latency: {requests: {source: g, digest: \(digest), size: 1}, rate: 9, for: 9s, p50: 0s}}",
                "5:158: error: 'p50' must be longer than nothing"
            ),
            (
                "{latency: {requests: {source: g, digest: \(digest), size: 1}, rate: 9, for: 9s, p50: 1s, cores: 1.5}}",
                "5:169: error: 'cores' is a share of the processors: above 0, at most 1"
            ),
            ("{license: {allowed: []}}", "5:31: error: 'allowed' is empty; expected at least 1 item"),
        ])
    func `a gate that cannot be asked is refused when it is read`(_ gates: String, _ expected: String) {
        let found = read(gates, Self.data).diagnostics.map(DiagnosticText.headline)
        #expect(found.contains("c.yaml:\(expected)"), "\(found)")
    }

    @Test(
        arguments: [
            ("target: y, features: [x, y]", "'y' is the target, which the model must not see"),
            ("target: y, classes: [a, b], positive: c", "'c' is none of the classes"),
            ("target: y, batch: 0", "'batch' is 0; expected 1 to 10000"),
            ("features: [x]", "'target' is missing"),
        ])
    func `labelled data says what it is`(_ fields: String, _ expected: String) {
        let found = read(
            "{integrity: {}}", "  data: [{name: d, source: d.csv, digest: \(Self.digest), size: 9, \(fields)}]"
        ).diagnostics.map(\.message)
        #expect(found == [expected])
    }
}
