import Foundation
import Glibc
import Testing
import WaybillAPI
import WaybillCore
import WaybillLedger
import WaybillTestSupport

@testable import waybill

/// What a command by hand does to a state folder's store stands in its ledger, whether a controller runs or not.
extension `End to end` {
    @Test func `commands by hand stand in the ledger with who gave them, beside a controller and without one`()
        async throws
    {
        try await withFleet { fleet in
            try await fleet.startServing()
            let key = "\(fleet.folder)/key"
            #expect(
                try await Program.run(
                    ["/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], in: fleet.folder
                ).code == 0)
            try fleet.version("2.0.0")
            try await fleet.everyAct(key)
            let beside = try await fleet.acts()
            #expect(beside == Fleet.everyAct)

            #expect(try await fleet.controller.end(SIGTERM) == 0)
            try await fleet.everyAct(key)
            #expect(try await fleet.acts() == Fleet.everyAct + Fleet.everyAct)
            let actors = try await fleet.events(from: 0).filter { $0.phase != .fact && $0.actor != .controller }
            #expect(Set(actors.map(\.actor)) == [.unixUser(geteuid())])
            #expect(actors.allSatisfy { $0.undeclaredMembers.isEmpty })
            let signed = try #require(actors.last { $0.type == .bundleSigned })
            #expect(signed.subject == "risk-score@2.0.0" && signed.body["form"] == "ssh")
            #expect(signed.body["key"]?.string?.hasPrefix("SHA256:") == true)
            let report = try LedgerVerifier.verify(folder: fleet.ledger, key: nil)
            #expect(report.openIntents == 0 && report.publishedSize == report.size)
            try await fleet.start()
        }
    }

    @Test func `what fails by hand is told with why, and without its ledger nothing is done`() async throws {
        try await withFleet { fleet in
            try await fleet.startServing()
            let program = try fleet.sample("artifacts/risk-score/1.0.0/server.py") + "# new\n"
            try fleet.version("2.0.0", program: program)
            try fleet.write("artifacts/risk-score/2.0.0/server.py", "other bytes")
            let failed = try await fleet.waybill(
                "package", "build", "risk-score@2.0.0", "--repository", fleet.clone)
            #expect(failed.code == 1)
            let event = try #require(try await fleet.events(.bundleBuilt, phase: .outcome).last)
            #expect(event.outcome == .failed && event.subject == "risk-score@2.0.0")
            #expect(event.body["message"]?.string.map { failed.errors.contains($0) } == true, "\(failed.errors)")

            #expect(try await fleet.controller.end(SIGTERM) == 0)
            try fleet.version("2.0.0", program: program)
            let size = try LedgerVerifier.verify(folder: fleet.ledger, key: nil).size
            let lock = try FileHandle(forUpdating: URL(fileURLWithPath: fleet.ledger + "/lock"))
            #expect(flock(lock.fileDescriptor, LOCK_EX | LOCK_NB) == 0)
            let refused = try await fleet.waybill("package", "build", "risk-score@2.0.0", "--repository", fleet.clone)
            #expect(refused.code == 1 && refused.errors.contains("is written by another process"), "\(refused.errors)")
            try lock.close()
            #expect(try LedgerVerifier.verify(folder: fleet.ledger, key: nil).size == size)
            #expect(try await fleet.waybill("package", "inspect", "risk-score@2.0.0").code == 1)

            // A store of its own has no ledger, and goes on.
            let own = try await fleet.waybill(
                "package", "build", "risk-score@2.0.0", "--repository", fleet.clone, "--store", "own")
            #expect(own.code == 0, "\(own.errors)")
            #expect(try LedgerVerifier.verify(folder: fleet.ledger, key: nil).size == size)
        }
    }
}

extension Fleet {
    fileprivate static let everyAct = [
        "bundle.built intent", "bundle.built succeeded", "bundle.signed intent", "bundle.signed succeeded",
        "bundle.attested intent", "bundle.attested succeeded", "content.verified intent", "content.verified succeeded",
        "content.collected intent", "content.collected succeeded",
    ]

    fileprivate func everyAct(_ key: String) async throws {
        let version = "risk-score@2.0.0"
        for words in [
            ["build", version, "--repository", clone], ["sign", version, "--key", key],
            ["attest", version, "--key", key],
            ["verify", "--all"], ["collect"], ["collect", "--dry-run"],
        ] {
            let result = try await Program.run([Program.waybill, "package"] + words, in: folder)
            #expect(result.code == 0, "\(words): \(result.errors)")
        }
    }

    /// Acts by hand, in order.
    fileprivate func acts() async throws -> [String] {
        try await events(from: 0).filter { $0.phase != .fact && $0.actor != .controller }
            .map { "\($0.type.rawValue) \($0.outcome?.rawValue ?? "intent")" }
    }
}
