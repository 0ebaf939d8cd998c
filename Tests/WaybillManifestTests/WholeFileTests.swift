import Testing
import WaybillCore

@testable import WaybillManifest

/// All of a file's problems come in one run, whatever kinds they are of.
@Suite struct WholeFileTests {
    private let tree = MemoryTree()

    private func headlines(_ manifest: String) -> [String] {
        ParsedFile(path: "a.yaml", bytes: Array(manifest.utf8)).diagnostics.map(DiagnosticText.headline)
    }

    @Test func `an unknown field hides no rule over several fields`() {
        let manifest = """
            apiVersion: waybill.dev/v1alpha1
            kind: ServingRuntime
            metadata: {name: r}
            spec:
              foo: 1
              formats: [sklearn-joblib]
              protocol: http
              command: [a]
              env: [{name: A}, 5, {name: B}]
              probes: {readiness: {period: 0s}}
            """
        #expect(
            headlines(manifest) == [
                "a.yaml:5:3: error: there is no field 'foo' here",
                "a.yaml:7:13: error: protocol 'http' needs 'paths', the prefixes that the gateway passes on",
                "a.yaml:9:9: error: this variable has neither 'value' nor 'valueFrom'",
                "a.yaml:9:20: error: 'env' is the number 5; expected a mapping of fields",
                "a.yaml:9:23: error: this variable has neither 'value' nor 'valueFrom'",
                "a.yaml:10:32: error: 'period' must be longer than nothing",
            ])
    }

    @Test func `a rule is silent about fields that have problems of their own`() {
        let manifest = """
            apiVersion: waybill.dev/v1alpha1
            kind: ServingRuntime
            metadata: {name: r}
            spec:
              formats: [sklearn-joblib]
              protocol: http
              paths: /predict
              command: [a]
              env: [{name: A, value: [b]}]
            """
        #expect(
            headlines(manifest) == [
                "a.yaml:7:10: error: 'paths' is '/predict'; expected a list",
                "a.yaml:9:26: error: 'value' is a list; expected text",
            ])
    }

    @Test func `after a document that is not YAML the next ones are read`() {
        let manifest =
            "a: [\n---\n" + SampleFleet.model + "  nothing: 1\n---\nb: \"x\n--- # more\nc: d: e\n...\n---\n- 1\n"
        let file = ParsedFile(path: "a.yaml", bytes: Array(manifest.utf8))
        #expect(
            file.diagnostics.map(DiagnosticText.headline) == [
                "a.yaml:2:1: error: this is not YAML: did not find expected node content (while parsing a flow node)",
                "a.yaml:9:3: error: there is no field 'nothing' here",
                "a.yaml:12:1: error: this is not YAML: found unexpected document indicator (while scanning a quoted scalar)",
                "a.yaml:13:5: error: this is not YAML: mapping values are not allowed in this context",
                "a.yaml:16:1: error: a manifest is a mapping of fields, not a list",
            ])
        #expect(file.claimed == [.model(FleetLoaderTests.churn.name)])
    }

    @Test func `places behind a document that is not YAML count characters of the whole file`() {
        let manifest = "\u{feff}# 模型\na: [é\n---\n# é\n- é\n"
        #expect(
            headlines(manifest) == [
                "a.yaml:3:1: error: this is not YAML: did not find expected ',' or ']' (while parsing a flow sequence)",
                "a.yaml:5:1: error: a manifest is a mapping of fields, not a list",
            ])
    }

    @Test func `dangling references are found beside other errors, and go when what they name is there`() async throws {
        let loader = FleetLoader(tree: tree)
        var files = SampleFleet.files
        files["a.yaml"] = """
            apiVersion: waybill.dev/v1alpha1
            kind: ModelDeployment
            metadata: {name: a}
            spec:
              environment: nowhere
              model: nothing
              version: 1.0.0
              runtime: rr
              replicas: 0x3
            """
        let delta = try await loader.load(try tree.commit(1, files))
        #expect(
            delta.diagnostics.map(DiagnosticText.headline) == [
                "a.yaml:5:16: error: there is no Environment 'nowhere'",
                "a.yaml:6:10: error: there is no Model 'nothing'",
                "a.yaml:8:12: error: there is no ServingRuntime 'rr'",
                "a.yaml:9:13: error: 'replicas' is '0x3'; expected a whole number",
            ])
        #expect(delta.diagnostics.last?.hint == "write 3: numbers are decimal")
        #expect(delta.diagnostics.first?.line == "  environment: nowhere")
        files["environments/nowhere.yaml"] = SampleFleet.environment("nowhere")
        let next = try await loader.load(try tree.commit(2, files))
        #expect(next.diagnostics.map(\.location.line) == [6, 8, 9])
    }

    @Test func `an error in one document hides no dangling reference of another`() async throws {
        let loader = FleetLoader(tree: tree)
        var files = SampleFleet.files
        files["a.yaml"] =
            SampleFleet.deployment("third", version: "9.9.9") + "\n---\n" + SampleFleet.environment("x")
            + "nothing: 1\n"
        let delta = try await loader.load(try tree.commit(1, files))
        #expect(
            delta.diagnostics.map(DiagnosticText.headline) == [
                "a.yaml:8:12: error: there is no ModelVersion 'churn@9.9.9'",
                "a.yaml:16:1: error: there is no field 'nothing' here",
            ])
    }

    @Test(
        arguments: [
            (
                "metadata:\n  <<: {name: churn}\n  <<: {labels: {a: b}}",
                ["a.yaml:5:3: error: '<<' is written twice"]
            ),
            (
                "metadata:\n  <<: [{name: churn}, 5, {labels: {a: b}}]",
                ["a.yaml:4:23: error: '<<' merges mappings, not the number 5"]
            ),
            ("metadata:\n  name: churn\n  <<: []", ["a.yaml:5:7: error: '<<' merges mappings, not a list"]),
        ])
    func `merge keys take mappings, once`(_ metadata: String, _ expected: [String]) {
        let manifest = "apiVersion: waybill.dev/v1alpha1\nkind: Model\n\(metadata)\nspec: {owner: a}\n"
        #expect(headlines(manifest) == expected)
    }

    @Test(
        arguments: [
            (
                "waybill.dev/prune: disable",
                "5:36: error: 'waybill.dev/prune' is 'disable'; expected 'disabled'", "did you mean 'disabled'?"
            ),
            (
                "waybill.dev/prune: \"true\"",
                "5:36: error: 'waybill.dev/prune' is 'true'; expected 'disabled'", "remove it to let it be pruned"
            ),
            (
                "waybill.dev/prun: disabled",
                "5:17: error: there is no annotation 'waybill.dev/prun'; names under 'waybill.dev/' are Waybill's own",
                "did you mean 'waybill.dev/prune'?"
            ),
            (
                "waybill.dev/colour: red",
                "5:17: error: there is no annotation 'waybill.dev/colour'; names under 'waybill.dev/' are Waybill's own",
                "use a prefix of your own"
            ),
        ])
    func `an annotation of Waybill's own is checked`(_ annotation: String, _ expected: String, _ hint: String) {
        let manifest = SampleFleet.deployment("churn").replacing(
            "  name: churn", with: "  name: churn\n  annotations: {\(annotation)}")
        let found = ParsedFile(path: "a.yaml", bytes: Array(manifest.utf8)).diagnostics
        #expect(found.map(DiagnosticText.headline) == ["a.yaml:\(expected)"])
        #expect(found.first?.hint == hint)
    }

    @Test func `only a deployment can ask not to be pruned, other annotations are the author's`() {
        let manifest = SampleFleet.model.replacing(
            "  name: churn", with: "  name: churn\n  annotations: {waybill.dev/prune: disabled, example.com/a: b}")
        #expect(
            headlines(manifest) == [
                "a.yaml:5:17: error: 'waybill.dev/prune' is for a ModelDeployment; a Model has nothing that runs"
            ])
    }
}
