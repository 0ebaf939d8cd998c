import Foundation
import Glibc
import Testing
import WaybillCore
import WaybillTestSupport

@testable import waybill

/// The built program itself, for what needs no controller.
@Suite struct BinaryTests {
    private func run(_ arguments: [String], in folder: URL) throws -> BuiltProgram.Result {
        try BuiltProgram(folder: folder, variables: ["WAYBILL_STATE": folder.path + "/state"]).run(arguments)
    }

    @Test func `version needs no controller`() async throws {
        try await withTemporaryFolder { folder in
            let text = try run(["version"], in: folder)
            let mark = /waybill 0\.1\.0\+([0-9a-f]{8})\nno controller runs\n/
            let build = try #require(text.output.wholeMatch(of: mark)).1
            #expect(text.code == 0)
            let json = try run(["version", "-o", "json"], in: folder)
            #expect(json.output == "{\n  \"build\": \"\(BuildVersion.text)+\(build)\"\n}\n")
            // Another build of the same version.
            let copy = folder.appending(path: "waybill")
            try FileManager.default.copyItem(at: BuiltProgram.products.appending(path: "waybill"), to: copy)
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: copy.path)
            let other = try await Program.run(
                [copy.path, "version"], in: folder.path, ["WAYBILL_STATE": folder.path + "/state"])
            let otherBuild = try #require(other.output.wholeMatch(of: mark)).1
            #expect(otherBuild != build)
        }
    }

    @Test func `version hides no error but that no controller runs`() async throws {
        try await withTemporaryFolder { folder in
            let result = try BuiltProgram(folder: folder, variables: ["WAYBILL_STAET": "/x"]).run(["version"])
            #expect(result.code == 1)
            #expect(result.output == "")
            #expect(result.errors.contains("WAYBILL_STAET"), "\(result.errors)")
        }
    }

    @Test func `without a controller a command says where it looked`() async throws {
        try await withTemporaryFolder { folder in
            let result = try run(["get", "deployments"], in: folder)
            #expect(result.code == 1)
            #expect(result.output == "")
            let state = folder.path + "/state"
            #expect(
                result.errors
                    == "error: no controller runs in \(state): nothing answers at \(state)/control.sock\n"
                    + "hint: start one with 'waybill run', or name the folder of another with --state or WAYBILL_STATE\n"
            )
        }
    }

    @Test func `a wrong command line is 64`() async throws {
        try await withTemporaryFolder { folder in
            let result = try run(["get", "nonsense"], in: folder)
            #expect(result.code == 64)
            #expect(result.errors.hasPrefix("error: The value 'nonsense' is invalid for '<kind>'."))
        }
    }

    @Test func `init writes a fleet once and never over another`() async throws {
        try await withTemporaryFolder { folder in
            let first = try run(["init", "fleet one"], in: folder)
            #expect(first.code == 0)
            let root = folder.appending(path: "fleet one")
            let program = try Data(contentsOf: root.appending(path: FleetSkeleton.programPath))
            let version = String(
                decoding: try Data(contentsOf: root.appending(path: "fleet/models/greeting/1.0.0.yaml")), as: UTF8.self)
            #expect(version.contains("digest: \(Digest(of: program))\n"))
            #expect(version.contains("size: \(program.count)\n"))
            #expect(
                version.hasPrefix(
                    "# yaml-language-server: $schema=../../../.waybill/schema/model-version.schema.json\n")
            )
            let second = try run(["init", "fleet one"], in: folder)
            #expect(second.code == 1)
            #expect(
                second.errors
                    == "error: \(root.path): has .gitignore, .waybill/schema/access.schema.json, "
                    + ".waybill/schema/checklist.schema.json and 16 more already; nothing was written\n")
        }
    }

    @Test func `init names the remote from everywhere, and takes no password`() async throws {
        try await withTemporaryFolder { folder in
            let remote = folder.resolvingSymlinksInPath().path + "/remote.git"
            let first = try run(["init", "fleet", "--remote", "remote.git"], in: folder)
            #expect(first.output.contains(" && git push \(remote) main\n"), "\(first.output)")
            let settings = try String(
                contentsOf: folder.appending(path: "fleet/waybill.yaml"), encoding: .utf8)
            #expect(settings.contains("url: \"\(remote)\"\n"))
            #expect(
                FileManager.default.fileExists(
                    atPath: folder.appending(path: "fleet/.waybill/schema/waybill.schema.json").path))
            for address in ["https://ada:s3cret@host/fleet", "http://ada:s3cret@host/fleet", "ssh://a:s3cret@host/x"] {
                let refused = try run(["init", "other", "--remote", address], in: folder)
                #expect(refused.code == 1)
                #expect(refused.errors.hasPrefix("error: --remote: "), "\(refused.errors)")
                #expect(!refused.errors.contains("s3cret"))
            }
            #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "other").path))
        }
    }

    @Test func `the example's server runs and doubles`() async throws {
        try await withTemporaryFolder { folder in
            let file = folder.appending(path: "server.py")
            try Data(FleetSkeleton.program.utf8).write(to: file)
            let check = Process()
            check.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
            check.arguments = ["-I", "-c", Self.driver, file.path]
            let output = Pipe()
            check.standardOutput = output
            try check.run()
            let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
            check.waitUntilExit()
            #expect(check.terminationStatus == 0)
            #expect(text == "200 [2.0, 4.0]\n400\n404\n")
        }
    }

    /// Starts the server on a free port, asks it three things and ends it.
    private static let driver = """
        import json, socket, subprocess, sys, time, urllib.request, urllib.error
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        server = subprocess.Popen([sys.executable, "-Iu", sys.argv[1], "--name=g", "--version=1.0.0", "--port=%d" % port])
        base = "http://127.0.0.1:%d/v2/models/" % port
        def ask(path, body):
            request = urllib.request.Request(base + path, json.dumps(body).encode())
            try:
                answer = urllib.request.urlopen(request, timeout=30)
                return "%d %s" % (answer.status, json.load(answer)["outputs"][0]["data"])
            except urllib.error.HTTPError as error:
                return str(error.code)
        try:
            for _ in range(600):
                try:
                    urllib.request.urlopen(base + "g/ready", timeout=5)
                    break
                except OSError:
                    time.sleep(0.05)
            print(ask("g/infer", {"inputs": [{"name": "x", "datatype": "FP64", "shape": [2], "data": [1.0, 2.0]}]}))
            print(ask("g/infer", {}))
            print(ask("other/infer", {}))
        finally:
            server.kill()
            server.wait()
        """

    @Test(arguments: ["bash", "zsh", "fish"]) func `completions are made`(_ shell: String) async throws {
        try await withTemporaryFolder { folder in
            let result = try run(["completions", shell], in: folder)
            #expect(result.code == 0)
            #expect(result.output.contains("describe"))
        }
    }

    @Test func `doctor says how the machine stands`() async throws {
        try await withTemporaryFolder { folder in
            let result = try run(["doctor", "-o", "json"], in: folder)
            let examination = try JSONDecoder().decode(Examination.self, from: Data(result.output.utf8))
            #expect(
                Set(examination.findings.map(\.subject)) == [
                    "git", "libgit2", "state", "disk", "python", "ports", "keeper", "isolation", "limits", "devices",
                    "files",
                    "clock",
                    "gateway", "ledger",
                ])
            #expect(result.code == (examination.worst == .problem ? 1 : 0))
            #expect(examination.findings.allSatisfy { $0.level == .ok || $0.remedy != nil })
            let limits = examination.findings.filter { $0.subject == "libgit2" }
            #expect(limits.count == GitLimitsCheck.limits.count)
            #expect(limits.allSatisfy { $0.level == .ok && $0.remedy != nil })
        }
    }

    @Test func `doctor names the runtimes of a fleet that are not isolated`() async throws {
        try await withTemporaryFolder { folder in
            try FleetSkeleton(remote: nil).write(to: folder)
            let file = folder.appending(path: "fleet/runtimes/python-oip.yaml")
            let text = try String(contentsOf: file, encoding: .utf8)
            #expect(!(try run(["doctor"], in: folder).output.contains("isolation: none")))
            try Data(text.replacing("spec:\n", with: "spec:\n  isolation: none\n").utf8).write(to: file)
            #expect(
                try run(["doctor"], in: folder).output.contains(
                    "runtime python-oip has 'isolation: none': replicas of staging/greeting run as the controller's own user\n"
                ))
        }
    }

    @Test func `a full disk under the output is an error`() async throws {
        try await withTemporaryFolder { folder in
            let process = Process()
            process.executableURL = BuiltProgram.products.appending(path: "waybill")
            process.arguments = ["completions", "bash"]
            process.currentDirectoryURL = folder
            process.standardOutput = FileHandle(forWritingAtPath: "/dev/full")
            let errors = Pipe()
            process.standardError = errors
            try process.run()
            let text = String(decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
            process.waitUntilExit()
            #expect(process.terminationStatus == 1)
            #expect(text == "error: the output cannot be written: No space left on device\n")
        }
    }
}
