import Foundation
import Testing
import WaybillTestSupport

/// What lint and plan say of the locks of Python environments, and of the list of what pickles may import.
extension LintTests {
    private static let lock = "fleet/locks/a.txt"
    private static let hash = " --hash=sha256:" + String(repeating: "0a", count: 32)
    private static let command =
        "uv pip compile --universal --generate-hashes --python-version 3.11 --output-file \(lock) \(lock)"

    /// A fleet whose runtime has an environment with the lock `text`.
    private func withLock(
        _ text: String, at path: String = Self.lock, _ body: (BuiltProgram, URL) throws -> Void
    ) async throws {
        try await withFleet { program, folder in
            try change(
                folder.appending(path: "fleet/runtimes/python-oip.yaml"), "  protocol:",
                "  environment: {python: \"3.11\", lock: \(path)}\n  protocol:")
            try write(text, folder.appending(path: path))
            try body(program, folder)
        }
    }

    private func write(_ text: String, _ file: URL) throws {
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    @Test func `an unlocked list is refused in its place, with the command that locks it`() async throws {
        try await withLock("# ours\nsix==1.16.0\nidna==3.20\nattrs>=26\n") { program, _ in
            let result = try program.run(["lint"])
            #expect(result.code == 1)
            #expect(
                result.output == """
                    \(Self.lock):2:1: error: 'six==1.16.0' and 1 more have no hashes, so their bytes are not locked
                      2 | six==1.16.0
                        | ^~~~~~~~~~~
                      hint: lock it with '\(Self.command)'

                    \(Self.lock):4:1: error: 'attrs>=26' has no exact version
                      4 | attrs>=26
                        | ^~~~~~~~~
                      hint: lock it with '\(Self.command)'

                    2 problems

                    """, "\(result.errors)")
            let json = try program.run(["lint", "-o", "json"]).output
            #expect(json.contains("\"rule\": \"unlocked-environment\"") && json.contains("\"path\": \"\(Self.lock)\""))
            let sarif = try program.run(["lint", "-o", "sarif"]).output
            #expect(
                sarif.contains("\"ruleId\": \"unlocked-environment\"") && sarif.contains("\"uri\": \"\(Self.lock)\""))
        }
        try await withLock("# ours\nsix==1.16.0\(Self.hash)\n") { program, _ in
            let well = try program.run(["lint"])
            #expect(well.output == "6 resources, 1 deployment: no problems\n")
        }
    }

    @Test(
        arguments: [
            (
                "fleet/locks/a.in",
                "lists what is wanted and locks nothing; lock it with 'pip-compile --generate-hashes "
                    + "--output-file=fleet/locks/a.txt fleet/locks/a.in' and name what that writes"
            ),
            (
                "fleet/locks/pyproject.toml",
                "lists what is wanted and locks nothing; lock it with 'uv lock' and name its uv.lock"
            ),
            ("fleet/locks/uv.lock", "line 1: expected a name; make the lock with 'uv lock'"),
        ])
    func `a lock of another form is judged, too`(_ path: String, _ problem: String) async throws {
        try await withLock("= nothing\n", at: path) { program, _ in
            let result = try program.run(["lint"])
            #expect(result.code == 1)
            #expect(result.output.hasPrefix("\(path):1:1: error: \(problem)\n"), "\(result.output)")
        }
    }

    @Test func `a version names its lock and its card, and both are there`() async throws {
        try await withFleet { program, folder in
            let version = folder.appending(path: "fleet/models/greeting/1.0.0.yaml")
            try change(
                version, "  interface:",
                "  card: docs/card.md\n  environment: {python: \"3.11\", lock: \(Self.lock)}\n  interface:")
            let missing = try program.run(["lint"])
            #expect(missing.code == 1)
            for (name, what) in [("docs/card.md", "model card"), (Self.lock, "lock")] {
                #expect(
                    missing.output.contains("error: the repository has no file '\(name)'\n"), "\(missing.output)")
                #expect(
                    missing.output.contains("hint: commit the \(what) together with the manifest that names it\n"))
            }
            try write("# card\n", folder.appending(path: "docs/card.md"))
            try write("six\n", folder.appending(path: Self.lock))
            #expect(
                try program.run(["lint"]).output.hasPrefix("\(Self.lock):1:1: error: 'six' has no exact version\n"))
            try write("six==1.16.0\(Self.hash)\n", folder.appending(path: Self.lock))
            #expect(try program.run(["lint"]).code == 0)
        }
    }

    @Test func `a plan says that a new environment is not locked, and nothing of one that serves`() async throws {
        try await withLock("six==1.16.0\n") { program, folder in
            #expect(try program.bash("git init -q -b main . && git add -A && git commit -qm one").code == 0)
            #expect(try program.bash("echo '# more' >> README.md; git add -A; git commit -qm two").code == 0)
            let same = try program.run(["plan", "--base", "HEAD~1", "--head", "HEAD"])
            #expect(same.code == 0 && !same.output.contains("hashes"), "\(same.output)\(same.errors)")
            try write("six==1.17.0\n", folder.appending(path: Self.lock))
            #expect(try program.bash("git add -A; git commit -qm three").code == 0)
            let other = try program.run(["plan", "--base", "HEAD~1", "--head", "HEAD"])
            #expect(other.code == 1)
            #expect(
                other.output.contains(
                    "\(Self.lock):1:1: error: 'six==1.17.0' has no hashes, so its bytes are not locked"),
                "\(other.output)\(other.errors)")
        }
    }

    private static let list = "fleet/allow/models.txt"

    @Test(
        arguments: [
            (
                "os",
                "1:1: error: expected 'module name', or 'module name new' for a class that is made without being called",
                "a list that cannot be read allows nothing; '#' begins a comment"
            ),
            (
                "acme.models Scaler make",
                "1:1: error: expected 'module name', or 'module name new' for a class that is made without being called",
                "a list that cannot be read allows nothing; '#' begins a comment"
            ),
            (
                "acme Scaler.fit",
                "1:1: error: 'Scaler.fit' is no plain name; a name with a dot reaches inside another, and cannot be allowed",
                "a list that cannot be read allows nothing; '#' begins a comment"
            ),
            (
                "posix system", "1:1: warning: 'posix system' lets whoever writes a pickle run what they like",
                "remove it, and save the model in another way"
            ),
            (
                "builtins eval", "1:1: warning: 'builtins eval' lets whoever writes a pickle run what they like",
                "remove it, and save the model in another way"
            ),
        ])
    func `a line of the allow list is judged in its place`(_ line: String, _ problem: String, _ hint: String)
        async throws
    {
        try await withFleet { program, folder in
            try write(line + "\r\n", folder.appending(path: Self.list))
            let result = try program.run(["lint"])
            #expect(result.code == (problem.contains("error") ? 1 : 0))
            #expect(
                result.output == """
                    \(Self.list):\(problem)
                      1 | \(line)
                        | ^\(String(repeating: "~", count: line.utf8.count - 1))
                      hint: \(hint)

                    1 problem

                    """, "\(result.errors)")
            for form in ["json", "sarif"] {
                let output = try program.run(["lint", "-o", form]).output
                #expect(output.contains("invalid-allow-list") && output.contains(Self.list), "\(output)")
            }
        }
    }

    @Test func `an allow list says a name once, and is text`() async throws {
        try await withFleet { program, folder in
            let file = folder.appending(path: Self.list)
            try write("# é\nacme A\nacme B # ours\n\nacme A new\n", file)
            let twice = try program.run(["lint"])
            #expect(twice.code == 0)
            #expect(
                twice.output.hasPrefix(
                    "\(Self.list):5:1: warning: 'acme A' is in line 2 already, for another use\n  5 | acme A new\n"),
                "\(twice.output)")
            #expect(twice.output.contains("  hint: remove one of them; the last one counts\n"))
            try Data([0x61, 0x20, 0xff]).write(to: file)
            #expect(
                try program.run(["lint"]).output.hasPrefix(
                    "\(Self.list):1:1: error: the allow list is not UTF-8 text\n"))
            try write(String(try String(contentsOf: Self.shipped, encoding: .utf8)), file)
            #expect(try program.run(["lint"]).output == "6 resources, 1 deployment: no problems\n")
        }
    }

    private static var shipped: URL { BuiltProgram.source.appending(path: "manifests/allow/models.txt") }
}
