import Foundation
import Testing
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
}
