import Foundation
import Glibc
import Testing
import WaybillTestSupport

@testable import waybill

/// The README's tutorial, run as it stands.
@Suite struct ReadmeTests {
    @Test func `each block of the tutorial works and nothing is left running`() async throws {
        let script = try DocumentScript.of("README.md", section: "Ten minutes on your own repository")
        #expect(script.split(separator: "\n").count > 20)
        try await withTemporaryFolder { folder in
            // The folder of the replicas must be reachable for their own users.
            chmod(folder.path, 0o755)
            // A reader has a home without settings of git, and begins in the checkout. Ports and the place for scratch are
            // the test's own, so that it meets no other one.
            var program = BuiltProgram(folder: BuiltProgram.source, variables: BuiltProgram.ownPorts())
            program.variables["HOME"] = folder.path
            program.variables["TMPDIR"] = folder.path
            program.variables["PATH"] = "/usr/local/bin:/usr/bin:/bin"
            program.hasGitIdentity = false
            // What a failing step leaves is ended too. The products may lie elsewhere than in `.build/debug`.
            let state = folder.path + "/tutorial/my-fleet/.state"
            defer { _ = try? program.run(["stop", "--all", "--state", state]) }
            let moved = "waybill() { '\(BuiltProgram.products.path)/waybill' \"$@\"; }\n"
            let isUsual = FileManager.default.fileExists(atPath: BuiltProgram.source.path + "/.build/debug/waybill")
            let result = try program.bash((isUsual ? "" : moved) + script)
            #expect(result.code == 0, "\(result.output)\n\(result.errors)")
            #expect(result.output.contains("6 resources, 1 deployment: no problems\n"))
            #expect(result.output.contains("    spec.replicas: 1 → 2 (no restart)\n"))
            #expect(result.output.contains("\"data\": [2.0, 4.0, 6.0]"))
            #expect(result.output.contains("consistent with the checkpoint of "))
            #expect(result.output.contains(", that this folder keeps itself; not anchored outside it\n"))
            #expect(try program.run(["stop", "--all", "--state", state]).output == "nothing runs in \(state)\n")
            #expect(Self.processes(naming: folder.path) == [])
        }
    }

    /// Command lines of processes that name `text`.
    private static func processes(naming text: String) -> [String] {
        let ids = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return ids.filter { Int($0) != nil }.compactMap { id in
            FileManager.default.contents(atPath: "/proc/\(id)/cmdline").map { String(decoding: $0, as: UTF8.self) }
        }.filter { $0.contains(text) }
    }
}
