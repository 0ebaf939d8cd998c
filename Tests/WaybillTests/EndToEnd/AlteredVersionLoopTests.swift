import Foundation
import Glibc
import Testing
import WaybillAPI
import WaybillCore

@testable import waybill

/// A version of a model stays what it was accepted as, whatever is pushed.
extension `End to end` {
    private static let manifest = "models/risk-score/1.0.0.yaml"

    @Test func `other bytes under a version that serves are refused, and what serves goes on`() async throws {
        try await withFleet { fleet in
            try await fleet.startServing()
            let first = try await fleet.git("rev-parse", "--short=10", "HEAD")
            let replicas = try await fleet.replicas("production/risk-score")
            let program = try fleet.sample("artifacts/risk-score/1.0.0/server.py")
            try fleet.version("1.0.0", program: "# other bytes\n" + program)
            try await fleet.apply("other bytes")
            let message =
                "risk-score@1.0.0 was accepted with other bytes, and a version never changes: 'server.py' was "
                + "\(Digest(of: program.utf8)) and is \(Digest(of: "# other bytes\n\(program)".utf8))"
            let hint = "commit \(first) fixed it first; give the new bytes a new version"
            #expect(try await fleet.problems() == ["\(Self.manifest): \(message); \(hint)"])
            let held = try #require(try await fleet.condition("production/risk-score", "Held"))
            #expect(held.reason == "InvalidManifest" && held.message.contains(message), "\(held.message)")
            #expect(try await fleet.answeringVersion("production/risk-score") == "1.0.0")
            #expect(try await fleet.replicas("production/risk-score") == replicas)
            #expect(try await fleet.events(.bundleBuilt).count == 1)

            try fleet.version("1.0.0")
            try await fleet.apply("as it was")
            #expect(try await fleet.problems() == [])
            try await fleet.serves("production/risk-score", "1.0.0")
            #expect(try await fleet.replicas("production/risk-score") == replicas)
        }
    }

    @Test func `a version that was removed comes again as it was, or not at all`() async throws {
        try await withFleet { fleet in
            try await fleet.startServing()
            let first = try await fleet.git("rev-parse", "--short=10", "HEAD")
            try fleet.version("2.0.0")
            try fleet.deploy("2.0.0")
            try fleet.remove(Self.manifest)
            try await fleet.apply("1.0.0 goes")
            try await fleet.serves("production/risk-score", "2.0.0")
            // What fixed it is in the ledger, and nowhere else.
            #expect(try await fleet.controller.end(SIGKILL) == -SIGKILL)
            try FileManager.default.removeItem(atPath: fleet.state + "/store.sqlite")
            try await fleet.start()

            let program = try fleet.sample("artifacts/risk-score/1.0.0/server.py")
            try fleet.version("1.0.0", program: "# other bytes\n" + program)
            try fleet.deploy("1.0.0", as: "second")
            try await fleet.apply("1.0.0 comes as another one")
            #expect(
                try await fleet.problems() == [
                    "\(Self.manifest): risk-score@1.0.0 was accepted otherwise, and a version never changes: it is not what it "
                        + "was before it was removed; commit \(first) fixed it first; give what is new a new version"
                ])
            #expect(try await fleet.condition("production/second", "Held") != nil)
            #expect(try await fleet.answeringVersion("production/risk-score") == "2.0.0")

            try fleet.version("1.0.0")
            try await fleet.apply("1.0.0 comes as it was")
            #expect(try await fleet.problems() == [])
            try await fleet.serves("production/second", "1.0.0")
            let fixed = try await fleet.events(.versionsFixed).flatMap { $0.body["versions"]?.list ?? [] }
            #expect(fixed.map { $0["version"]?.string } == ["risk-score@1.0.0", "risk-score@2.0.0"])
        }
    }

    @Test func `another text of a version's card is refused like other bytes`() async throws {
        try await withFleet { fleet in
            try fleet.write("cards/risk-score.md", "# Risk score\n")
            let manifest = try String(contentsOfFile: "\(fleet.clone)/\(Self.manifest)", encoding: .utf8)
            try fleet.write(Self.manifest, manifest + "  card: cards/risk-score.md\n")
            try await fleet.startServing()
            let first = try await fleet.git("rev-parse", "--short=10", "HEAD")
            let bundle = try #require(try await fleet.events(.bundleBuilt).first?.body["digest"]?.string)
            try fleet.write("cards/risk-score.md", "# Risk score, better\n")
            try await fleet.apply("another card")
            #expect(
                try await fleet.problems() == [
                    "\(Self.manifest): risk-score@1.0.0 was accepted otherwise, and a version never changes: its card "
                        + "'cards/risk-score.md' has another text; commit \(first) fixed it first; give what is new a new version"
                ])
            #expect(try await fleet.answeringVersion("production/risk-score") == "1.0.0")
            // By hand neither, in the controller's own store.
            let built = try await fleet.waybill(
                "package", "build", "risk-score@1.0.0", "--repository", fleet.clone, "--replace")
            #expect(built.code == 1)
            #expect(
                built.errors.contains(
                    "risk-score@1.0.0 is the bundle \(bundle), which commit \(first) fixed first, and would become "),
                "\(built.errors)")
            #expect(built.errors.contains(": '.waybill/card/risk-score.md' is not the same; a version never changes: "))
        }
    }
}

extension Fleet {
    /// What is wrong with the manifests in force, with hints.
    fileprivate func problems() async throws -> [String] {
        try await client.status().problems.map { problem in
            "\(problem.location.prefix { $0 != ":" }): \(problem.message); \(problem.hint ?? "")"
        }
    }

    fileprivate func replicas(_ key: String) async throws -> [String] {
        try await client.describe(try DeploymentKey(parsing: key)).replicas.map(\.replica)
    }
}
