import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import waybill

/// The built program makes and checks bundles, without a controller.
@Suite struct PackageTests {
    /// A fleet that `init` wrote, and a store beside it.
    private func withFleet(
        _ body: (_ run: ([String]) throws -> BuiltProgram.Result, _ fleet: URL, _ store: URL) throws -> Void
    ) async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fleet = folder.appending(path: "fleet")
            let store = folder.appending(path: "store")
            let program = BuiltProgram(folder: folder, variables: ["WAYBILL_STATE": folder.path + "/state"])
            #expect(try program.run(["init", "fleet"]).code == 0)
            try body({ try program.run(["package"] + $0 + ["--store", store.path]) }, fleet, store)
        }
    }

    private func json(_ result: BuiltProgram.Result) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    }

    @Test func `a version is built, shown, checked and verified`() async throws {
        try await withFleet { run, fleet, store in
            let build = ["build", "greeting@1.0.0", "--repository", fleet.path]
            let made = try run(build)
            #expect(made.code == 0, "\(made.errors)")
            let digest = try #require(made.output.split(separator: " ").dropFirst(2).first?.dropLast())
            #expect(made.output.hasPrefix("greeting@1.0.0 is sha256:"))
            #expect(try json(run(build + ["-o", "json"]))["digest"] as? String == String(digest))

            let shown = try run(["inspect", "greeting@1.0.0"])
            #expect(shown.output.contains(String(digest)))
            #expect(shown.output.contains(".waybill/modelversion.json"))
            #expect(shown.output.contains("Interface\n  input:   x: FP64 [-1]\n"), "\(shown.output)")
            #expect(shown.output.contains("Inside the files\n  FILE "), "\(shown.output)")
            #expect(try run(["inspect", String(digest.dropFirst(7).prefix(10))]).output == shown.output)

            let same = try run(build + ["--check"])
            #expect(same.code == 0)
            #expect(same.output == "greeting@1.0.0 builds again to \(digest): 2 layers are the same\n")
            let sound = try run(["verify", "--all"])
            #expect(sound.code == 0)
            #expect(sound.output.hasPrefix("9 of 9 blobs are sound, "))
            let kept = try run(["collect", "--dry-run"])
            #expect(
                kept.output.hasPrefix("would remove 0 blobs (0 B) and the names of 0 bundles\nkept 1 bundles, 9 blobs"))
        }
    }

    @Test func `known versions have the bundles that every build gives them`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let program = BuiltProgram(folder: folder, variables: ["WAYBILL_STATE": folder.path + "/state"])
            let waybill = BuiltProgram.products.appending(path: "waybill").path
            let checked = try program.run(BuiltProgram.source.appending(path: "scripts/check-bundles"), [waybill])
            #expect(checked.code == 0, "\(checked.errors)")
            #expect(checked.output.split(separator: "\n").count == 3)
        }
    }

    @Test func `a reviewer sees what differs between two versions`() async throws {
        try await withFleet { run, fleet, _ in
            let folder = fleet.appending(path: "fleet/models/greeting")
            let first = try String(contentsOf: folder.appending(path: "1.0.0.yaml"), encoding: .utf8)
            let second = first.replacing("version: 1.0.0", with: "version: 1.1.0")
                .replacing("{name: x, datatype: FP64, shape: [-1]}", with: "{name: x, datatype: FP64, shape: [-1, 2]}")
            try Data(second.utf8).write(to: folder.appending(path: "1.1.0.yaml"))
            for version in ["1.0.0", "1.1.0"] {
                #expect(try run(["build", "greeting@\(version)", "--repository", fleet.path]).code == 0)
            }
            let diff = ["diff", "greeting@1.0.0", "greeting@1.1.0"]
            let shown = try run(diff)
            #expect(shown.output.hasPrefix("greeting@1.0.0 → greeting@1.1.0: the files are the same\n"))
            let row = shown.output.split(separator: "\n").last { $0.contains("interface.inputs.x") }
            #expect(
                row?.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
                    == "changed interface.inputs.x fact FP64 [-1] FP64 [-1, 2]", "\(shown.output)")
            let value = try json(run(diff + ["-o", "json"]))
            #expect((value["packages"] as? [Any])?.count == 0 && (value["tensors"] as? [Any])?.count == 0)
        }
    }

    @Test func `a source that changed is named by check`() async throws {
        try await withFleet { run, fleet, _ in
            let build = ["build", "greeting@1.0.0", "--repository", fleet.path]
            #expect(try run(build).code == 0)
            let source = fleet.appending(path: FleetSkeleton.programPath)
            try Data("print('other')\n".utf8).write(to: source)
            let differs = try run(build + ["--check"])
            #expect(differs.code == 1)
            #expect(differs.output.hasPrefix("greeting@1.0.0 does not build again to sha256:"))
            let place = "  server.py: packaged sha256:"
            #expect(
                differs.output.split(separator: "\n").dropFirst().first?.hasPrefix(place) == true, "\(differs.output)")
            #expect(differs.output.contains("; the first byte that differs is "))
            #expect(differs.output.contains("is not what its manifest names: expected sha256:"))
            let differences = try #require(
                try json(run(build + ["--check", "-o", "json"]))["differences"] as? [[String: Any]])
            #expect(differences.map { $0["path"] as? String } == ["server.py"])
            #expect(differences.first?["offset"] is Int)
            // What is held is not asked for again.
            #expect(try run(build).code == 0)
        }
    }

    @Test func `a rotten blob is found and moved aside`() async throws {
        try await withFleet { run, fleet, store in
            #expect(try run(["build", "greeting@1.0.0", "--repository", fleet.path]).code == 0)
            let blobs = store.appending(path: "layout/blobs/sha256")
            let names = try FileManager.default.contentsOfDirectory(atPath: blobs.path).sorted()
            let victim = blobs.appending(path: try #require(names.first))
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: victim.path)
            try Data("rot".utf8).write(to: victim)
            let found = try run(["verify", "--all"])
            #expect(found.code == 1)
            #expect(found.output.hasPrefix("sha256:\(names[0]) had become \(Digest(of: "rot".utf8)), which is now at "))
            #expect(found.output.hasSuffix("8 of 9 blobs are sound, \(found.output.split(separator: ", ").last ?? "")"))
        }
    }

    @Test func `what is not there is said with what is`() async throws {
        try await withFleet { run, fleet, store in
            let unknown = try run(["build", "churn@9.9.9", "--repository", fleet.path])
            #expect(unknown.code == 1)
            #expect(
                unknown.errors.hasPrefix(
                    "error: \(fleet.path): no manifest below it defines churn@9.9.9; 'waybill lint' shows what it has"))
            let missing = try run(["inspect", "churn@9.9.9"])
            #expect(missing.code == 1)
            #expect(
                missing.errors.hasPrefix(
                    "error: 'churn@9.9.9' names no bundle in \(store.path)/layout: nothing is packaged there yet"))
            #expect(try run(["verify"]).code == 64)
        }
    }
}
