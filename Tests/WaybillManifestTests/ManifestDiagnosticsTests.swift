import Testing
import WaybillCore

@testable import WaybillManifest

@Suite struct ManifestDiagnosticsTests {
    private func text(_ manifest: String) -> String {
        DiagnosticText.text(ParsedFile(path: "a.yaml", bytes: Array(manifest.utf8)).diagnostics)
    }

    @Test func `a misspelt field is shown with a caret and the nearest name`() {
        let manifest = SampleFleet.deployment("churn", more: "  replcas: 2")
        #expect(
            text(manifest) == """
                a.yaml:10:3: error: there is no field 'replcas' here
                  10 |   replcas: 2
                     |   ^~~~~~~
                  hint: did you mean 'replicas'?

                1 problem

                """)
    }

    @Test func `all problems of a file come at once, in the order of places`() {
        let manifest = """
            apiVersion: waybill.dev/v1alpha1
            kind: ModelDeployment
            metadata: {name: Churn}
            spec:
              environment: production
              model: churn
              version: 1.4
              version: 1.5.0
              replicas: "2"
              rollout: {drain: 30}
              monitors: []
            """
        let found = ParsedFile(path: "a.yaml", bytes: Array(manifest.utf8)).diagnostics
        #expect(
            found.map(DiagnosticText.headline) == [
                "a.yaml:3:18: error: 'Churn' is not a name; use 1 to 63 lowercase letters, digits and '-', "
                    + "beginning and ending with a letter or digit",
                "a.yaml:4:1: error: 'runtime' is missing",
                "a.yaml:7:12: error: '1.4' is not a version; expected MAJOR.MINOR.PATCH as in '1.4.0' (SemVer 2.0)",
                "a.yaml:8:3: error: 'version' is written twice",
                "a.yaml:9:13: error: 'replicas' is the text '2'; expected a whole number",
                "a.yaml:10:20: error: '30' is no duration; write a whole number with a unit, as in '500ms', '30s' or '2m', "
                    + "at most 168h",
                "a.yaml:11:3: error: there is no field 'monitors' here",
            ])
        #expect(found[3].related == SourceLocation(path: "a.yaml", line: 7, column: 3))
        #expect(found[4].hint == "remove the quotes")
    }

    @Test(
        arguments: [
            ("kind: Model", "1:1: error: 'apiVersion' is missing"),
            ("apiVersion: waybill.dev/v1alpha1", "1:1: error: 'kind' is missing"),
            ("apiVersion: waybill.dev/v2\nkind: Model", "1:13: error: apiVersion is 'waybill.dev/v2'"),
            ("apiVersion: waybill.dev/v1alpha1\nkind: Modle", "2:7: error: this Waybill knows no kind 'Modle'"),
            ("- a", "1:1: error: a manifest is a mapping of fields, not a list"),
            ("a: [", "1:5: error: this is not YAML: did not find expected node content (while parsing a flow node)"),
            ("a:\n\tb: 1", "2:1: error: this is not YAML: found character that cannot start any token"),
            ("a: *b", "1:4: error: the alias '*b' has no anchor before it"),
            ("a: &a [*a]", "1:8: error: the alias '*a' stands for what it is in"),
        ])
    func `a document that is no manifest`(_ manifest: String, _ expected: String) {
        let first = ParsedFile(path: "a.yaml", bytes: Array(manifest.utf8)).diagnostics.first
        #expect(
            first.map(DiagnosticText.headline)?.hasPrefix("a.yaml:\(expected)") == true, "\(String(describing: first))")
    }

    @Test func `control characters of a file are shown harmlessly`() {
        let shown = text(SampleFleet.deployment("churn", more: "  \"a\\e[31m\u{202e}b\": 1"))
        #expect(!shown.unicodeScalars.contains { ($0.value < 0x20 && $0 != "\n") || $0.value == 0x202e })
        #expect(shown.contains("there is no field 'a\\u{1b}[31m\\u{202e}b' here"))
    }

    @Test func `a problem far to the right is shown with its surroundings`() {
        let padding = String(repeating: "x", count: 300)
        let shown = text(
            SampleFleet.deployment("churn", more: "  env: [{name: A, value: \(padding)}, {nmae: B, value: c}]"))
        #expect(shown.contains("{nmae: B, value: c}]\n"))
        #expect(shown.contains("^~~~\n  hint: did you mean 'name'?"))
    }

    @Test(
        arguments: [
            ("  env: [{name: A}]", "10:9: error: this variable has neither 'value' nor 'valueFrom'"),
            (
                "  env: [{name: A, value: b, valueFrom: {file: /c}}]",
                "10:29: error: 'value' and 'valueFrom' exclude each other"
            ),
            (
                "  env: [{name: CUDA_VISIBLE_DEVICES, value: '0'}]",
                "10:16: error: CUDA_VISIBLE_DEVICES is Waybill's own: a replica sees the accelerators it asks for"
            ),
            ("  env: [{name: A, value: b}, {name: A, value: c}]", "10:37: error: 'env' has two items with 'name' 'A'"),
            ("  replicas:", "10:12: error: 'replicas' has no value; expected a whole number"),
            ("  replicas: 012", "10:13: error: 'replicas' is '012'; expected a whole number"),
            ("  replicas: -1", "10:13: error: 'replicas' is -1; expected 0 to 1000"),
            ("  resources: [a]", "10:14: error: 'resources' is a list; expected a mapping of fields"),
            (
                "  rollout: {strategy: shadow}",
                "10:23: error: 'strategy' is 'shadow'; expected 'replace', 'blueGreen', 'canary'"
            ),
            ("  env: !!binary aGk=", "10:8: error: 'env' carries a tag that manifests do not use"),
        ])
    func `wrong values`(_ more: String, _ expected: String) {
        let found = ParsedFile(path: "a.yaml", bytes: Array(SampleFleet.deployment("churn", more: more).utf8))
            .diagnostics
        #expect(found.map(DiagnosticText.headline) == ["a.yaml:\(expected)"])
    }

    @Test func `a runtime or a deployment that chooses accelerators by hand is told where they are asked for`() throws {
        let runtime = SampleFleet.runtime + "  env: [{name: CUDA_VISIBLE_DEVICES, valueFrom: {file: /run/devices}}]\n"
        let deployment = SampleFleet.deployment("churn", more: "  env: [{name: CUDA_VISIBLE_DEVICES, value: '0,1'}]")
        for manifest in [runtime, deployment] {
            let found = ParsedFile(path: "a.yaml", bytes: Array(manifest.utf8)).diagnostics
            #expect(
                found.map(\.message) == [
                    "CUDA_VISIBLE_DEVICES is Waybill's own: a replica sees the accelerators it asks for"
                ])
            #expect(found.first?.hint == "use spec.resources.devices of the ModelDeployment")
        }
    }

    @Test func `columns count characters behind a byte order mark, CR LF and wide text`() throws {
        let manifest =
            "\u{feff}# 模型 é\r\n" + SampleFleet.model.replacing("\n", with: "\r\n").replacing("team", with: "é模")
        let bytes = Array((manifest + "  näme: x\r\n").utf8)
        let found = try #require(ParsedFile(path: "a.yaml", bytes: bytes).diagnostics.first)
        #expect(DiagnosticText.headline(found) == "a.yaml:8:3: error: there is no field 'näme' here")
        #expect(found.line == "  näme: x")
        #expect(found.length == 4)
    }

    @Test func `SARIF has the shape that forges read`() throws {
        let bytes = Array(SampleFleet.deployment("churn", more: "  replcas: 2").utf8)
        let found = ParsedFile(path: "a b.yaml", bytes: bytes).diagnostics
        let log = SARIF.log(found, version: "1.0")
        #expect(log["version"] == "2.1.0")
        let run = try #require(log["runs"]?.list?.first)
        let result = try #require(run["results"]?.list?.first)
        let rules = try #require(run["tool"]?["driver"]?["rules"]?.list)
        #expect(rules[Int(try #require(result["ruleIndex"]?.integer))]["id"] == result["ruleId"])
        #expect(run["columnKind"] == "unicodeCodePoints")
        #expect(result["level"] == "error")
        #expect(result["message"]?["text"] == "there is no field 'replcas' here. Hint: did you mean 'replicas'?")
        let place = try #require(result["locations"]?.list?.first?["physicalLocation"])
        #expect(place["artifactLocation"]?["uri"] == "a%20b.yaml")
        #expect(place["region"] == ["startLine": 10, "startColumn": 3, "endColumn": 10])
    }

    @Test func `JSON has stable names`() throws {
        let bytes = Array(SampleFleet.deployment("churn", more: "  replcas: 2").utf8)
        let found = try #require(ParsedFile(path: "a.yaml", bytes: bytes).diagnostics.first)
        #expect(
            found.value.json == #"{"column":3,"hint":"did you mean 'replicas'?","length":7,"line":10,"#
                + #""message":"there is no field 'replcas' here","path":"a.yaml","rule":"unknown-field","severity":"error","#
                + #""text":"  replcas: 2"}"#)
    }
}
