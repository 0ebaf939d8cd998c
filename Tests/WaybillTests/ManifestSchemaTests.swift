import Foundation
import Testing
import WaybillCore
import WaybillManifest
import WaybillTestSupport

/// The JSON Schemas of the kinds, by another program that knows JSON Schema, beside lint.
@Suite struct ManifestSchemaTests {
    private static let top = BuiltProgram.source

    /// What the schema of each document's kind, and the schema of all kinds, find wrong in each text; empty: nothing.
    private func judged(_ texts: [String]) async throws -> [String] {
        let python = try await PythonSuite.environment(lock: Self.lock).appending(path: "bin/python").path
        return try await withTemporaryFolder { (folder) async throws in
            let file = folder.appending(path: "texts.json")
            try JSONEncoder().encode(texts).write(to: file)
            let schemas = Self.top.appending(path: "manifests/schema").path
            let answer = try await SigningPeers.run([python, "-c", Self.judge, schemas, file.path])
            try #require(answer.status == 0, "\(answer.output)")
            return try JSONDecoder().decode([String].self, from: Data(answer.output.utf8))
        }
    }

    private func lint(_ text: String) -> [Diagnostic] {
        ParsedFile(path: "a.yaml", bytes: Array(text.utf8)).diagnostics
    }

    @Test func `every manifest that Waybill ships is one for the schemas, too`() async throws {
        let paths = ["samples/fleet", "manifests/runtimes"].flatMap { folder in
            (FileManager.default.enumerator(atPath: Self.top.appending(path: folder).path)?
                .compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(".yaml") }.map { "\(folder)/\($0)" }
        }.sorted()
        try #require(paths.count > 14)
        let texts = try paths.map { try String(contentsOf: Self.top.appending(path: $0), encoding: .utf8) }
        for (path, problems) in zip(paths, try await judged(texts)) { #expect(problems == "", "\(path)") }
        for (path, text) in zip(paths, texts) { #expect(lint(text).isEmpty, "\(path)") }
    }

    /// A sound document of each kind, and what in its spec makes it wrong for the schema as for lint.
    private static let cases: [(kind: String, metadata: String, spec: String, wrong: [String])] = [
        (
            "Model", "{name: churn}", "owner: team",
            ["owner: [team]", "owner: team\n  colour: red", "description: no owner", "owner: team\n  riskTier: huge"]
        ),
        (
            "Environment", "{name: staging}", "target: local",
            ["target: moon", "target: 7", "target: local\n  latencyTests: perhaps"]
        ),
        (
            "ModelDeployment", "{name: churn}",
            "environment: production\n  model: churn\n  version: 1.4.0\n  runtime: python",
            [
                "environment: production\n  model: churn\n  version: 1.4.0",
                "environment: production\n  model: Churn\n  version: 1.4.0\n  runtime: python",
                "environment: production\n  model: churn\n  version: 'one'\n  runtime: python",
                "environment: production\n  model: churn\n  version: 1.4.0\n  runtime: python\n  replicas: -1",
                "environment: production\n  model: churn\n  version: 1.4.0\n  runtime: python\n  replicas: '2'",
                "environment: production\n  model: churn\n  version: 1.4.0\n  runtime: python\n  replcas: 2",
                "environment: production\n  model: churn\n  version: 1.4.0\n  runtime: python\n  env: [{value: b}]",
                "environment: production\n  model: churn\n  version: 1.4.0\n  runtime: python\n  resources: [a]",
            ]
        ),
        (
            "ServingRuntime", "{name: python}", "formats: [python]\n  protocol: oip-v2\n  command: [python3]",
            [
                "formats: [python]\n  protocol: smoke\n  command: [python3]",
                "formats: [python]\n  protocol: oip-v2",
                "formats: [python]\n  protocol: oip-v2\n  command: []",
                "formats: [python]\n  protocol: oip-v2\n  command: [python3]\n  isolation: some",
                "formats: [python]\n  protocol: oip-v2\n  command: [python3]\n  stopGrace: ten",
            ]
        ),
    ]

    @Test func `the schemas refuse what lint refuses in a field, and take what it takes`() async throws {
        var texts: [(text: String, isSound: Bool)] = []
        for entry in Self.cases {
            for (index, spec) in ([entry.spec] + entry.wrong).enumerated() {
                let head = "apiVersion: waybill.dev/v1alpha1\nkind: \(entry.kind)\nmetadata: \(entry.metadata)\n"
                texts.append(("\(head)spec:\n  \(spec)\n", index == 0))
            }
        }
        texts.append(("apiVersion: waybill.dev/v2\nkind: Model\nmetadata: {name: a}\nspec: {owner: b}\n", false))
        texts.append(("apiVersion: waybill.dev/v1alpha1\nkind: Model\nmetadata: {name: A}\nspec: {owner: b}\n", false))
        for (entry, problems) in zip(texts, try await judged(texts.map(\.text))) {
            #expect((problems == "") == entry.isSound, "\(problems)\n\(entry.text)")
            #expect(lint(entry.text).isEmpty == entry.isSound, "\(entry.text)")
        }
    }

    private static let lock = """
        attrs==26.1.0
        jsonschema==4.26.0
        jsonschema-specifications==2025.9.1
        PyYAML==6.0.3
        referencing==0.37.0
        rpds-py==2026.9.1
        typing_extensions==4.16.0

        """

    private static let judge = """
        import json, pathlib, re, sys, yaml
        from jsonschema import Draft202012Validator

        class Loader(yaml.SafeLoader):
            pass

        # As in YAML 1.2, dates stay text, and 1e-9 is a number.
        Loader.yaml_implicit_resolvers = {
            first: [(tag, form) for tag, form in rules if tag != "tag:yaml.org,2002:timestamp"]
            for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }
        Loader.add_implicit_resolver(
            "tag:yaml.org,2002:float", re.compile("^[-+]?[0-9]+[eE][-+]?[0-9]+$"), list("-+0123456789"))
        validators = {}
        for path in pathlib.Path(sys.argv[1]).glob("*.json"):
            schema = json.loads(path.read_text())
            Draft202012Validator.check_schema(schema)
            validators[schema["$id"].split(":")[-1]] = Draft202012Validator(schema)
        answers = []
        for text in json.loads(pathlib.Path(sys.argv[2]).read_text()):
            problems = []
            for document in yaml.load_all(text, Loader):
                for name in ("v1alpha1", document["kind"]):
                    found = [problem.message for problem in validators[name].iter_errors(document)]
                    problems.append(found[0] if found else "")
            # Both schemas say the same of a document.
            assert all(bool(a) == bool(b) for a, b in zip(problems[::2], problems[1::2])), (text, problems)
            answers.append("; ".join(problem for problem in problems if problem))
        print(json.dumps(answers))
        """
}
