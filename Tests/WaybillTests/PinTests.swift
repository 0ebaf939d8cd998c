import Foundation
import Testing
import WaybillTestSupport

/// `waybill pin` on manifests that follow branches and tags of a real repository.
@Suite struct PinTests {
    private func withCode(_ body: (BuiltProgram, URL, _ code: String, _ commit: String) throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let program = BuiltProgram(folder: folder)
            let code = folder.appending(path: "code").path
            func git(_ words: String...) throws -> String {
                let result = try program.run(URL(filePath: "/usr/bin/git"), words)
                try #require(result.code == 0, "\(result.errors)")
                return result.output.trimmingCharacters(in: .newlines)
            }
            _ = try git("init", "-q", "-b", "main", code)
            try FileManager.default.createDirectory(atPath: "\(code)/m", withIntermediateDirectories: true)
            try Data("weights".utf8).write(to: URL(filePath: "\(code)/m/w.bin"))
            _ = try git("-C", code, "add", "-A")
            _ = try git("-C", code, "-c", "user.name=Ada", "-c", "user.email=a@b", "commit", "-q", "-m", "one")
            _ = try git("-C", code, "tag", "v1")
            let fleet = folder.appending(path: "fleet")
            try FileManager.default.createDirectory(at: fleet, withIntermediateDirectories: true)
            try Data("repository:\n  path: \"\"\n".utf8).write(to: fleet.appending(path: "waybill.yaml"))
            try body(program, fleet, code, try git("-C", code, "rev-parse", "HEAD"))
        }
    }

    private func manifest(_ code: String, source: String, digest: String, size: String, commit: String) -> String {
        """
        # é ours: kept as it is\r
        apiVersion: waybill.dev/v1alpha1
        kind: ModelVersion
        spec:
          model:   churn     # three spaces
          version: 2.0.0
          format: sklearn-joblib
          artifacts:
            - {path: w.bin, source: '\(source)', digest: \(digest), size: \(size)}  # in one line
          code:
            repository: \(code)
            commit: "\(commit)"   # the branch

        """
    }

    @Test func `only the values that move change, and nothing twice`() async throws {
        try await withCode { program, fleet, code, commit in
            let file = fleet.appending(path: "v.yaml")
            let place = "git+file://\(code)"
            let before = manifest(
                code, source: "\(place)@v1#m/w.bin", digest: "pin", size: "pin", commit: "main")
            let after = manifest(
                code, source: "\(place)@v1:\(commit)#m/w.bin",
                digest: "sha256:9a129038f2e1f9cfdb62f7f0a4d11e8a8b94b0c2b8a5f1ad1e9a2d3d1f6ac1d0", size: "7",
                commit: commit)
            try Data(before.utf8).write(to: file)
            try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: file.path)
            let check = try program.run(["pin", "--check", fleet.path])
            #expect(check.code == 1, "\(check.errors)")
            #expect(try String(contentsOf: file, encoding: .utf8) == before)
            let first = try program.run(["pin", fleet.path])
            #expect(first.code == 0, "\(first.errors)")
            #expect(first.output == check.output)
            #expect(first.output.hasPrefix("--- \(file.path)\n+++ \(file.path)\n@@ -8 +8 @@\n-    - {path: w.bin, "))
            let text = try String(contentsOf: file, encoding: .utf8)
            let digest = try #require(text.firstMatch(of: #/sha256:[0-9a-f]{64}/#)?.output)
            #expect(text == after.replacing(#/sha256:[0-9a-f]{64}/#, with: digest))
            #expect(try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int == 0o640)
            let again = try program.run(["pin", fleet.path, "--check"])
            #expect(again.output == "everything is pinned\n" && again.code == 0)
            #expect(try program.run(["lint", fleet.path]).output.contains("pin") == false)
        }
    }

    @Test func `what cannot be found out changes no file`() async throws {
        try await withCode { program, fleet, code, _ in
            for (name, commit) in [("a", "main"), ("b", "absent")] {
                let text = manifest(
                    code, source: "m/w.bin", digest: String(repeating: "0", count: 3), size: "1", commit: commit)
                try Data(text.utf8).write(to: fleet.appending(path: "\(name).yaml"))
            }
            let file = fleet.appending(path: "a.yaml")
            let before = try String(contentsOf: file, encoding: .utf8)
            let result = try program.run(["pin", fleet.path])
            #expect(result.code == 1)
            #expect(
                result.errors.contains(
                    "b.yaml: the code of ModelVersion churn@2.0.0: \(code): there is no branch or tag 'absent'; check its spelling"
                ),
                "\(result.errors)")
            #expect(try String(contentsOf: file, encoding: .utf8) == before)
        }
    }

    @Test func `lint refuses what follows a name and says how to pin it`() async throws {
        try await withCode { program, fleet, code, _ in
            let text = manifest(
                code, source: "git+file://\(code)@main#m/w.bin", digest: "pin", size: "1", commit: "main")
            try Data(text.utf8).write(to: fleet.appending(path: "v.yaml"))
            let result = try program.run(["lint", fleet.path])
            #expect(result.code == 1)
            #expect(result.output.contains("follows 'main', which may be another commit tomorrow; run 'waybill pin'"))
        }
    }
}
