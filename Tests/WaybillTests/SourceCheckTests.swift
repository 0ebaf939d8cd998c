import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

/// What lint and plan say of files that a model version names.
extension LintTests {
    private static let version = "fleet/models/greeting/1.0.0.yaml"

    @Test func `a file that the repository has not is a problem in its place`() async throws {
        try await withFleet { program, folder in
            let version = folder.appending(path: Self.version)
            let line = try String(contentsOf: version, encoding: .utf8).split(separator: "\n").first {
                $0.contains("source:")
            }
            let source = try #require(line?.split(separator: " ").last.map(String.init))
            try change(version, "source: \(source)", "source: none.py")
            let result = try program.run(["lint"])
            #expect(result.code == 1)
            #expect(
                result.output.contains(": error: the repository has no file 'none.py'\n"), "\(result.output)")
            #expect(result.output.hasPrefix(Self.version + ":"))
            #expect(result.output.contains("hint: commit it together with its manifest, or name it by 'file:/path'\n"))
        }
    }

    @Test func `a file of other bytes or another size is a problem in its place`() async throws {
        try await withFleet { program, folder in
            let text = try String(contentsOf: folder.appending(path: Self.version), encoding: .utf8)
            let source = try #require(
                text.split(separator: "\n").first { $0.contains("source:") }?.split(separator: " ").last.map(
                    String.init))
            let file = folder.appending(path: source)
            var bytes = try Data(contentsOf: file)
            bytes[0] ^= 1
            try bytes.write(to: file)
            let other = try program.run(["lint"])
            #expect(other.code == 1)
            #expect(other.output.contains("'\(source)' has the digest sha256:"), "\(other.output)")
            try (bytes + [0]).write(to: file)
            let longer = try program.run(["lint"])
            #expect(
                longer.output.contains("'\(source)' has \(bytes.count + 1) bytes, not \(bytes.count)")
                    || longer.output.contains("'\(source)' has more than \(bytes.count) bytes"), "\(longer.output)")
        }
    }

    @Test func `a plan of a new version without its file is a problem`() async throws {
        try await withFleet { program, folder in
            #expect(try program.bash("git init -q -b main . && git add -A && git commit -qm one").code == 0)
            let script = """
                sed 's/version: 1.0.0/version: 2.0.0/; s/source: .*/source: none.py/' \(Self.version) > fleet/models/greeting/2.0.0.yaml
                git add -A; git commit -qm two
                """
            #expect(try program.bash(script).code == 0)
            let plan = try program.run(["plan", "--base", "HEAD~1", "--head", "HEAD"])
            #expect(plan.code == 1)
            #expect(plan.output.contains("the repository has no file 'none.py'"), "\(plan.output)\(plan.errors)")
        }
    }

    @Test func `a plan that alters a version says which commit fixed it first`() async throws {
        try await withFleet { program, folder in
            #expect(try program.bash("git init -q -b main . && git add -A && git commit -qm one").code == 0)
            let script = """
                echo more >> README.md; git add -A; git commit -qm two
                echo more >> README.md; git add -A; git commit -qm three
                sed -i 's/size: .*/size: 1/' \(Self.version); git add -A; git commit -qm four
                """
            #expect(try program.bash(script).code == 0)
            let first = try program.bash("git rev-parse --short=10 HEAD~3").output.split(separator: "\n")[0]
            let plan = try program.run(["plan", "--base", "HEAD~1", "--head", "HEAD"])
            #expect(plan.code == 1)
            let hint = "hint: commit \(first) fixed it first; give the new bytes a new version\n"
            #expect(plan.output.contains(hint), "\(plan.output)\(plan.errors)")
        }
    }
}

/// What lint says of versions that come from other machines.
extension LintTests {
    /// A deployed version with one file at `source`, whose bytes are `content`.
    private func withSource(
        _ source: (URL) -> String, _ content: String, _ body: (BuiltProgram, URL) throws -> Void
    ) async throws {
        try await withFleet { program, folder in
            let file = folder.appending(path: "elsewhere.bin")
            try Data(content.utf8).write(to: file)
            let manifest = """
                apiVersion: waybill.dev/v1alpha1
                kind: ModelVersion
                spec:
                  model: greeting
                  version: 2.0.0
                  format: python-oip
                  artifacts:
                    - path: server.py
                      source: \(source(file))
                      digest: \(Digest(of: content.utf8))
                      size: \(content.utf8.count)

                """
            try Data(manifest.utf8).write(to: folder.appending(path: "fleet/models/greeting/2.0.0.yaml"))
            try change(
                folder.appending(path: "fleet/deployments/staging-greeting.yaml"), "version: 1.0.0", "version: 2.0.0")
            try body(program, folder)
        }
    }

    @Test func `lint says how much would be pulled, and what is packaged already`() async throws {
        let web = { (_: URL) in "https://models.example.com/server.py" }
        let text = String(repeating: "a", count: 3_100_000)
        try await withSource(web, text) { program, folder in
            let counts = "7 resources, 1 deployment: no problems\n"
            let state = ["--state", folder.appending(path: "state").path]
            #expect(try program.run(["lint"]).output == counts + "greeting@2.0.0 pulls 3.1 MB\n")
            let json = """
                {
                  "items": [],
                  "kind": "DiagnosticList",
                  "versions": [
                    {
                      "held": 0,
                      "packaged": false,
                      "size": 3100000,
                      "version": "greeting@2.0.0"
                    }
                  ]
                }

                """
            #expect(try program.run(["lint", "-o", "json"]).output == json)
            let none = try program.run(["lint"] + state)
            #expect(none.code == 1)
            #expect(
                none.errors == "error: \(state[1]): there is no content store; nothing is packaged there\n",
                "\(none.output)")

            // The same bytes, packaged from a file of this machine: into the store of the state folder.
            let version = folder.appending(path: "fleet/models/greeting/2.0.0.yaml")
            try change(version, web(folder), "file:\(folder.path)/elsewhere.bin")
            let built = try program.run(["package", "build", "greeting@2.0.0", "-o", "json"] + state)
            #expect(built.code == 0, "\(built.errors)")
            let digest = try #require(built.output.firstMatch(of: #/"digest": "(sha256:[0-9a-f]{64})"/#)?.1)
            #expect(try program.run(["lint"] + state).output == counts)
            try change(version, "file:\(folder.path)/elsewhere.bin", web(folder))
            #expect(try program.run(["lint"] + state).output == counts + "greeting@2.0.0 is packaged: \(digest)\n")
            #expect(
                try program.run(["lint", "--store", state[1] + "/content"]).output
                    == counts + "greeting@2.0.0 is packaged: \(digest)\n")
            let known = try program.run(["lint", "-o", "json"] + state).output
            #expect(known.contains("\"bundle\": \"\(digest)\"") && known.contains("\"packaged\": true"), "\(known)")
            try FileManager.default.removeItem(
                atPath: "\(state[1])/content/layout/blobs/sha256/\(Digest(of: text.utf8).hex)")
            #expect(try program.run(["lint"] + state).output == counts + "greeting@2.0.0 pulls 3.1 MB\n")
        }
    }

    @Test func `a pointer of Git LFS is pulled, a file of this machine is not`() async throws {
        try await withSource({ _ in "fleet/server.bin" }, "weights") { program, folder in
            let pointer = """
                version https://git-lfs.github.com/spec/v1
                oid \(Digest(of: "weights".utf8))
                size 7

                """
            try Data(pointer.utf8).write(to: folder.appending(path: "fleet/server.bin"))
            let result = try program.run(["lint"])
            #expect(result.output == "7 resources, 1 deployment: no problems\ngreeting@2.0.0 pulls 7 B\n")
        }
        try await withSource({ "file:\($0.path)" }, "weights") { program, _ in
            let result = try program.run(["lint"])
            #expect(result.output == "7 resources, 1 deployment: no problems\n", "\(result.errors)")
        }
    }
}
