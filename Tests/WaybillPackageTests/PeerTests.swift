import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillPackage

/// What other tools make of the store and its bundles.
@Suite struct `Peers read the store` {
    private func withBundle(_ body: (BundleFixture, ModelBundle) async throws -> Void) async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try BundleFixture(in: folder)
            try await body(fixture, try await fixture.build(try fixture.version()))
        }
    }

    @Test func `skopeo copies a bundle and its digest stays`() async throws {
        try await withBundle { (fixture, bundle) async throws in
            let image = fixture.store.content.layout.image
            let copy = fixture.store.folder.appending(path: "copy").path
            let copied = try await run([
                "skopeo", "copy", "--quiet", "oci:\(image):churn@1.4.0", "oci:\(copy):churn@1.4.0",
            ])
            #expect(copied.status == 0, "\(copied.output)")
            let raw = try await run(["skopeo", "inspect", "--raw", "oci:\(copy):churn@1.4.0"])
            #expect(Digest(of: raw.output.utf8) == bundle.manifest)
        }
    }

    @Test func `umoci lists the names`() async throws {
        try await withBundle { (fixture, _) async throws in
            _ = try await fixture.build(try fixture.version("churn@1.5.0"))
            let listed = try await run(["umoci", "ls", "--layout", fixture.store.content.layout.image])
            #expect(listed.status == 0, "\(listed.output)")
            #expect(listed.output.split(separator: "\n").sorted() == ["churn@1.4.0", "churn@1.5.0"])
        }
    }

    @Test func `the config is valid by the schema that ModelPack publishes`() async throws {
        try await withBundle { (fixture, _) async throws in
            let python = try await PythonSuite.environment(lock: Self.validator)
            let bundle = try await fixture.store.content.bundle("churn@1.4.0")
            let program = fixture.store.folder.appending(path: "check.py")
            try Data(Self.program.utf8).write(to: program)
            func check(_ config: String) async throws -> String {
                try await run([
                    python.appending(path: "bin/python").path, program.path, Self.schema.path, config,
                ]).output
            }
            #expect(try await check(fixture.store.content.layout.blob(bundle.config.digest)) == "valid\n")
            // The schema is closed: it would have refused anything else.
            let open = fixture.store.folder.appending(path: "open.json")
            var value = bundle.configValue.object ?? [:]
            value["data"] = []
            try Data(Value.object(value).json.utf8).write(to: open)
            #expect(
                try await check(open.path)
                    == "$: Additional properties are not allowed ('data' was unexpected)\n")
            value["data"] = nil
            value["modelfs"] = ["type": "layers", "diffIds": []]
            try Data(Value.object(value).json.utf8).write(to: open)
            #expect(try await check(open.path).hasPrefix("$.modelfs.diffIds: [] "))
        }
    }

    /// The published file itself; the README beside it says where it is from.
    private static let schema = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "Fixtures/modelpack/config-schema.json")

    /// Knows the draft 2020-12, in which the schema is written.
    private static let validator = """
        attrs==25.3.0
        jsonschema==4.23.0
        jsonschema-specifications==2024.10.1
        referencing==0.36.2
        rpds-py==0.24.0
        typing_extensions==4.13.2

        """

    private static let program = #"""
        import json, sys
        from jsonschema import Draft202012Validator

        schema = json.load(open(sys.argv[1]))
        Draft202012Validator.check_schema(schema)
        validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
        problems = [f"{each.json_path}: {each.message}" for each in validator.iter_errors(json.load(open(sys.argv[2])))]
        print("\n".join(problems) or "valid")
        """#
}
