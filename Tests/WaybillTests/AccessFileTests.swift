import Foundation
import Testing
import WaybillTestSupport

@testable import waybill

/// The access file, by the built program and by its JSON Schema.
@Suite struct `The access file by hand` {
    @Test func `lint finds what is wrong in the access file, in its place`() async throws {
        try await SigningBench.with { (bench) async throws in
            try bench.writeAccess(also: "    - {role: signer, models: [greeting], people: [adda]}")
            let all = try bench.program.run(["lint", "fleet"])
            #expect(all.code == 1)
            let expected = """
                .waybill/access.yaml:10:51: error: there is no person 'adda'
                """
            #expect(all.output.hasPrefix(expected), "\(all.output)")
            #expect(all.output.contains("hint: did you mean 'ada'?"))
            #expect(try bench.program.run(["lint", "fleet/.waybill/access.yaml"]).output == all.output)
        }
    }

    private static let person = #"{"name": "ada", "keys": [{"key": "KEY", "validFrom": "2026-01-01"}]}"#
    private static let role = #"{"role": "signer", "models": ["*"], "people": ["ada"]}"#
    private static let files: [(spec: String, isSound: Bool)] = [
        (#"{"people": [\#(person)], "roles": [\#(role)]}"#, true),
        (#"{"people": [\#(person)], "groups": [{"name": "risk", "members": ["ada"]}]}"#, true),
        (#"{"people": [\#(person)], "rolls": [\#(role)]}"#, false),
        (#"{"people": []}"#, false),
        (#"{"roles": [\#(role)]}"#, false),
        (#"{"people": [{"name": "Ada", "keys": [{"key": "KEY"}]}]}"#, false),
        (#"{"people": [{"name": "ada", "keys": [{"key": 7}]}]}"#, false),
        (#"{"people": [\#(person)], "roles": [{"role": "king", "models": ["*"], "people": ["ada"]}]}"#, false),
        (#"{"people": [\#(person)], "roles": [{"role": "signer", "people": ["ada"]}]}"#, false),
    ]

    @Test func `the JSON Schema of the access file takes what lint takes`() async throws {
        try await SigningBench.with { (bench) async throws in
            let key = try String(contentsOfFile: bench.path("ada.pub"), encoding: .utf8).trimmed
            let python = try await SigningPeers.python()
            try FileManager.default.createDirectory(
                atPath: bench.path("fleet/.waybill"), withIntermediateDirectories: true)
            for (spec, isSound) in Self.files {
                let text =
                    #"{"apiVersion": "waybill.dev/v1alpha1", "kind": "Access", "spec": \#(spec)}"#
                    .replacing("KEY", with: key)
                try Data(text.utf8).write(to: bench.folder.appending(path: "fleet/.waybill/access.yaml"))
                let judged = try await SigningPeers.run([
                    python, "-c", Self.judge, bench.path("fleet/.waybill/schema/access.schema.json"),
                    bench.path("fleet/.waybill/access.yaml"),
                ])
                #expect(judged.status == (isSound ? 0 : 1), "\(spec): \(judged.output)")
                #expect(try bench.program.run(["lint", "fleet"]).code == (isSound ? 0 : 1), "\(spec)")
            }
        }
    }

    private static let judge = """
        import json, sys
        from jsonschema import Draft202012Validator
        schema = json.load(open(sys.argv[1]))
        Draft202012Validator.check_schema(schema)
        problems = list(Draft202012Validator(schema).iter_errors(json.load(open(sys.argv[2]))))
        for problem in problems: print(problem.message)
        sys.exit(1 if problems else 0)
        """
}
