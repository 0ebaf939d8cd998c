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

    @Test func `the config is valid against the closed schema`() async throws {
        try await withBundle { (fixture, _) async throws in
            let python = try await PythonSuite.environment(lock: "fastjsonschema==2.21.1\n")
            let bundle = try await fixture.store.content.bundle("churn@1.4.0")
            let files = fixture.store.folder
            try Data(Self.schema.utf8).write(to: files.appending(path: "schema.json"))
            try Data(Self.program.utf8).write(to: files.appending(path: "check.py"))
            let config = fixture.store.content.layout.blob(bundle.config.digest)
            let result = try await run([
                python.appending(path: "bin/python").path, files.appending(path: "check.py").path,
                files.appending(path: "schema.json").path, config,
            ])
            #expect(result.output == "valid\n")
            // The schema is closed: it would have refused anything else.
            let open = files.appending(path: "open.json")
            var value = bundle.configValue.object ?? [:]
            value["data"] = []
            try Data(Value.object(value).json.utf8).write(to: open)
            let refused = try await run([
                python.appending(path: "bin/python").path, files.appending(path: "check.py").path,
                files.appending(path: "schema.json").path, open.path,
            ])
            #expect(refused.output.hasPrefix("data must not contain {'data'} properties"))
        }
    }

    private static let program = """
        import json, sys
        import fastjsonschema
        try:
            fastjsonschema.compile(json.load(open(sys.argv[1])))(json.load(open(sys.argv[2])))
            print("valid")
        except fastjsonschema.JsonSchemaException as problem:
            print(problem)
        """

    /// What the ModelPack specification demands of a config: all three objects, nothing else at any level.
    private static let schema = #"""
        {
          "$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "additionalProperties": false,
          "required": ["descriptor", "config", "modelfs"],
          "properties": {
            "descriptor": {
              "type": "object", "additionalProperties": false,
              "properties": {
                "createdAt": {"type": "string", "format": "date-time"},
                "authors": {"type": "array", "items": {"type": "string"}},
                "family": {"type": "string"}, "name": {"type": "string", "minLength": 1},
                "docURL": {"type": "string"}, "sourceURL": {"type": "string"},
                "datasetsURL": {"type": "array", "items": {"type": "string"}},
                "version": {"type": "string"}, "revision": {"type": "string"}, "vendor": {"type": "string"},
                "licenses": {"type": "array", "items": {"type": "string"}},
                "title": {"type": "string"}, "description": {"type": "string"}
              }
            },
            "config": {
              "type": "object", "additionalProperties": false,
              "properties": {
                "architecture": {"type": "string"}, "format": {"type": "string"}, "paramSize": {"type": "string"},
                "precision": {"type": "string"}, "quantization": {"type": "string"},
                "capabilities": {"type": "object"}
              }
            },
            "modelfs": {
              "type": "object", "additionalProperties": false, "required": ["type", "diffIds"],
              "properties": {
                "type": {"const": "layers"},
                "diffIds": {
                  "type": "array", "minItems": 1,
                  "items": {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"}
                }
              }
            }
          }
        }
        """#
}
