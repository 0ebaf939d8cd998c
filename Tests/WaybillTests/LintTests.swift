import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import waybill

/// Commands on files: no git, no controller.
@Suite struct LintTests {
    func withFleet(_ body: (BuiltProgram, URL) throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            try FleetSkeleton(remote: nil).write(to: folder)
            try body(BuiltProgram(folder: folder), folder)
        }
    }

    func change(_ file: URL, _ old: String, _ new: String) throws {
        let text = try String(contentsOf: file, encoding: .utf8)
        try #require(text.contains(old))
        try Data(text.replacing(old, with: new).utf8).write(to: file)
    }

    @Test func `what init writes is well`() async throws {
        try await withFleet { program, _ in
            let result = try program.run(["lint"])
            #expect(result.output == "6 resources, 1 deployment: no problems\n")
            #expect(result.code == 0)
            #expect(
                try program.run(["lint", "-o", "json"]).output
                    == "{\n  \"items\": [],\n  \"kind\": \"DiagnosticList\"\n}\n")
        }
    }

    @Test func `the fleets that we ship are well`() async throws {
        let program = BuiltProgram(folder: BuiltProgram.source)
        let result = try program.run(["lint", "samples/fleet"])
        #expect(result.code == 0, "\(result.output)\(result.errors)")
    }

    @Test func `a problem is shown in its place`() async throws {
        try await withFleet { program, folder in
            try change(
                folder.appending(path: "fleet/deployments/staging-greeting.yaml"), "model: greeting", "model: greting")
            let result = try program.run(["lint", folder.path])
            #expect(result.code == 1)
            #expect(
                result.output.hasPrefix("fleet/deployments/staging-greeting.yaml:8:10: error: "), "\(result.output)")
            #expect(result.output.contains("  8 |   model: greting\n    |          ^~~~~~~\n"))
            #expect(result.output.hasSuffix("\n1 problem\n"))
        }
    }

    @Test func `a variable that no replica would have is a problem`() async throws {
        try await withFleet { program, folder in
            let runtime = folder.appending(path: "fleet/runtimes/python-oip.yaml")
            try change(runtime, "{{ ports.http }}", "{{ ports.htp }}")
            let result = try program.run(["lint"])
            #expect(result.code == 1)
            #expect(
                result.output == """
                    fleet/runtimes/python-oip.yaml:16:7: error: 'ports.htp' is not a variable
                      16 |     - "--port={{ ports.htp }}"
                         |       ^~~~~~~~~~~~~~~~~~~~~~~~
                      hint: did you mean 'ports.http'?

                    1 problem

                    """)
        }
    }

    @Test func `a runtime that wants the one file of a version with two is a problem`() async throws {
        try await withFleet { program, folder in
            let runtime = folder.appending(path: "fleet/runtimes/python-oip.yaml")
            try change(runtime, "{{ model.dir }}/server.py", "{{ model.file }}")
            #expect(try program.run(["lint"]).code == 0)
            let version = folder.appending(path: "fleet/models/greeting/1.0.0.yaml")
            try change(
                version, "  interface:",
                """
                    - path: more.bin
                      source: file:/srv/more.bin
                      digest: sha256:\(String(repeating: "0", count: 64))
                      size: 1
                  interface:
                """)
            let result = try program.run(["lint"])
            #expect(result.code == 1)
            #expect(
                result.output.contains(
                    "error: runtime python-oip wants 'model.file', but greeting@1.0.0 has 2 files"), "\(result.output)")
        }
    }

    @Test func `forges and scripts get the same facts`() async throws {
        try await withFleet { program, folder in
            try change(folder.appending(path: "fleet/environments.yaml"), "target: local", "taget: local")
            let json = try JSONSerialization.jsonObject(
                with: Data(try program.run(["lint", "-o", "json"]).output.utf8))
            let items = try #require((json as? [String: Any])?["items"] as? [[String: Any]])
            #expect(items.contains { $0["rule"] as? String == "unknown-field" && $0["line"] as? Int == 7 })
            let sarif = try program.run(["lint", "-o", "sarif"])
            #expect(sarif.code == 1)
            let log = try JSONSerialization.jsonObject(with: Data(sarif.output.utf8)) as? [String: Any]
            try valid(try #require(log))
        }
    }

    /// The members that SARIF 2.1.0 requires, and those that a forge needs to show a result on its line.
    private func valid(_ log: [String: Any]) throws {
        #expect(log["version"] as? String == "2.1.0")
        #expect(log["$schema"] as? String == "https://json.schemastore.org/sarif-2.1.0.json")
        let run = try #require((log["runs"] as? [[String: Any]])?.first)
        #expect(run["columnKind"] as? String == "unicodeCodePoints")
        let driver = try #require((run["tool"] as? [String: Any])?["driver"] as? [String: Any])
        #expect(driver["name"] as? String == "waybill")
        let rules = try #require(driver["rules"] as? [[String: Any]]).map { $0["id"] as? String }
        #expect(Set(rules).count == rules.count)
        let results = try #require(run["results"] as? [[String: Any]])
        #expect(!results.isEmpty)
        for result in results {
            let index = try #require(result["ruleIndex"] as? Int)
            #expect(rules[index] == result["ruleId"] as? String)
            #expect(["error", "warning"].contains(result["level"] as? String))
            #expect(((result["message"] as? [String: Any])?["text"] as? String)?.isEmpty == false)
            let place = try #require(
                (result["locations"] as? [[String: Any]])?.first?["physicalLocation"] as? [String: Any])
            let artifact = try #require(place["artifactLocation"] as? [String: Any])
            #expect((artifact["uri"] as? String)?.hasPrefix("fleet/") == true)
            let region = try #require(place["region"] as? [String: Int])
            let column = try #require(region["startColumn"])
            #expect(region["startLine"] ?? 0 >= 1 && column >= 1 && region["endColumn"] ?? 0 > column)
        }
    }

    @Test func `a file or a folder below is judged with the whole fleet, and only what concerns it is shown`()
        async throws
    {
        try await withFleet { program, folder in
            let deployments = "fleet/deployments"
            #expect(try program.run(["lint", deployments]).output == "6 resources, 1 deployment: no problems\n")
            #expect(try program.run(["lint", "\(deployments)/staging-greeting.yaml"]).code == 0)
            try change(
                folder.appending(path: "\(deployments)/staging-greeting.yaml"), "model: greeting", "model: greting")
            let result = try program.run(["lint", "\(deployments)/staging-greeting.yaml", "-o", "sarif"])
            #expect(result.code == 1)
            let uri = "\"uri\": \"\(deployments)/staging-greeting.yaml\""
            #expect(result.output.contains(uri), "\(result.output)\(result.errors)")
            let other = try program.run(["lint", "fleet/runtimes"])
            #expect(other.code == 0, "\(other.output)\(other.errors)")
            let below = BuiltProgram(folder: folder.appending(path: deployments))
            #expect(try below.run(["lint"]).output.hasPrefix("\(deployments)/staging-greeting.yaml:8:10: error: "))
        }
    }

    @Test(
        arguments: [
            ("stte: {}", "1:1: error: there is no setting 'stte'"),
            ("[a]: b", "1:1: error: the name of a setting is text, not a list or a mapping"),
            (
                "repository: {path: ../x}",
                "1:20: error: repository.path: '../x' is not allowed; expected a folder of the "
                    + "repository, from its top, as in 'fleet'; '' is the top"
            ),
            (
                "repository: {tokenFile: /a, tokenVariable: B}",
                "1:25: error: repository.tokenFile and "
                    + "repository.tokenVariable are both set; keep one of them"
            ),
            (
                "ledger: {anchors: [ftp:x]}",
                "1:19: error: ledger.anchors: 'ftp:x' is not an anchor; use "
                    + "file:/ABSOLUTE/PATH, git:refs/waybill/checkpoints (any reference outside refs/heads/) or an http(s) address"
            ),
        ])
    func `what is wrong with waybill.yaml is shown in its place, in every form`(_ text: String, _ expected: String)
        async throws
    {
        try await withFleet { program, folder in
            try Data((text + "\n").utf8).write(to: folder.appending(path: "waybill.yaml"))
            let shown = try program.run(["lint"])
            #expect(shown.code == 1)
            #expect(
                shown.output.hasPrefix("waybill.yaml:\(expected)\n  1 | \(text)\n"), "\(shown.output)")
            let json = try program.run(["lint", "-o", "json"])
            #expect(json.code == 1 && json.output.contains("\"kind\": \"DiagnosticList\""))
            #expect(json.output.contains("\"text\": "), "\(json.output)\(json.errors)")
        }
    }

    @Test func `an empty path of the manifests is the top, one that is not there is an error`() async throws {
        try await withFleet { program, folder in
            let file = folder.appending(path: "waybill.yaml")
            try Data("repository: {path: ''}\n".utf8).write(to: file)
            #expect(try program.run(["lint"]).code == 0)
            try Data("repository: {path: nowhere}\n".utf8).write(to: file)
            let result = try program.run(["lint"])
            #expect(result.code == 1)
            #expect(
                result.errors.contains("there is no manifest below 'nowhere'; set 'repository.path'"),
                "\(result.errors)")
        }
    }

    @Test func `a folder without manifests is most often the wrong one`() async throws {
        try await withTemporaryFolder { folder in
            let result = try BuiltProgram(folder: folder).run(["lint"])
            #expect(result.code == 1)
            #expect(result.errors.hasPrefix("error: \(folder.path): no manifest (*.yaml, *.yml) is below it; "))
            #expect(try BuiltProgram(folder: folder).run(["lint", "absent"]).code == 1)
        }
    }

    @Test func `a new version has digest, size and format, and lints`() async throws {
        try await withFleet { program, folder in
            let model = folder.appending(path: "fleet/artifacts/greeting/2.0.0/model.gguf")
            try FileManager.default.createDirectory(
                at: model.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data("GGUF and more".utf8).write(to: model)
            let arguments = ["new", "version", "greeting@2.0.0", "fleet/artifacts/greeting/2.0.0/model.gguf"]
            let shown = try program.run(arguments)
            #expect(
                shown.output == """
                    apiVersion: waybill.dev/v1alpha1
                    kind: ModelVersion
                    spec:
                      model: greeting
                      version: 2.0.0
                      format: gguf
                      artifacts:
                        - path: model.gguf
                          source: fleet/artifacts/greeting/2.0.0/model.gguf
                          digest: \(Digest(of: "GGUF and more".utf8))
                          size: 13

                    """, "\(shown.errors)")
            let place = "fleet/models/greeting/2.0.0.yaml"
            #expect(try program.run(arguments + ["-o", place]).output == "greeting@2.0.0 written to \(place)\n")
            let written = try String(contentsOf: folder.appending(path: place), encoding: .utf8)
            #expect(
                written == "# yaml-language-server: $schema=../../../.waybill/schema/model-version.schema.json\n"
                    + shown.output)
            #expect(try program.run(["lint"]).output == "7 resources, 1 deployment: no problems\n")
            let again = try program.run(arguments + ["-o", place])
            #expect(again.code == 1)
            #expect(again.errors == "error: \(folder.path)/\(place): is there already; a version is written once\n")
        }
    }

    @Test func `a format that nothing tells is asked for`() async throws {
        try await withTemporaryFolder { folder in
            try Data("x".utf8).write(to: folder.appending(path: "a.bin"))
            let program = BuiltProgram(folder: folder)
            let result = try program.run(["new", "version", "m@1.0.0", "a.bin"])
            #expect(
                result.errors
                    == "error: neither the names nor the first bytes of the files tell the format; say it with --format, as "
                    + "the runtime lists it\n")
            #expect(try program.run(["new", "version", "m@1.0.0", "a.bin", "--format", "raw"]).code == 0)
            #expect(try program.run(["new", "version", "m@1.0.0", "absent", "--format", "raw"]).code == 1)
            #expect(try program.run(["new", "version", "m", "a.bin"]).code == 64)
            let bad = try program.run(["new", "version", "m@1.0.0", "a.bin", "--format", "Bad Format"])
            #expect(bad.code == 1)
            #expect(bad.errors.hasPrefix("error: --format: "), "\(bad.errors)")
            let deep = try program.run(
                ["new", "version", "m@1.0.0", "a.bin", "--format", "raw", "-o", "new/dir/x.yaml"])
            #expect(deep.output == "m@1.0.0 written to new/dir/x.yaml\n", "\(deep.errors)")
        }
    }
}
