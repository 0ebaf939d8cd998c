import Foundation
import Glibc
import Testing
import WaybillAPI
import WaybillCore
import WaybillTestSupport

extension `End to end` {
    @Test func `a command that is refused for want of a ledger is not carried out when it is back`() async throws {
        try await withFleet { fleet in
            try await fleet.startServing()
            try await fleet.git("checkout", "-q", "--orphan", "other")
            try fleet.remove("deployments")
            let held = try await fleet.apply("an orphan without deployments")
            #expect(try await fleet.client.status().holds.first?.commit == held.hex)
            let segment = "\(fleet.ledger)/journal/00000000000000000000.segment"
            for words in [["accept", held.hex, "--reason", "r"], ["pause", "production/risk-score"]] {
                try FileManager.default.moveItem(atPath: segment, toPath: segment + ".away")
                let refused = try await Program.run([Program.waybill] + words, in: fleet.folder)
                #expect(refused.code == 1)
                #expect(refused.errors.hasPrefix("error: the ledger "), "\(refused.errors)")
                try FileManager.default.moveItem(atPath: segment + ".away", toPath: segment)
                try await fleet.eventually("the ledger is back") {
                    try await fleet.client.status().ledger.problem == nil
                }
            }
            _ = try await fleet.client.perform(.retry(try key("production/risk-score")))
            // What would have been carried out late was so within five seconds.
            try await Task.sleep(for: .seconds(5))
            #expect(try await fleet.events(.operatorCommand).map { $0.body["command"]?.string } == ["retry"])
            #expect(try await fleet.client.status().holds.first?.commit == held.hex)
            #expect(try await fleet.condition("production/risk-score", "Paused") == nil)
            try await fleet.serves("production/risk-score", "1.0.0")
        }
    }

    @Test func `a gateway that hangs takes readiness, is one drift, and is not said to be started`() async throws {
        try await withFleet { fleet in
            try await fleet.startServing()
            let pid = try #require(try await fleet.client.status().gateway.pid)
            try await fleet.eventually("all is well") { try await fleet.monitor("/readyz").text == "ready\n" }
            kill(pid, SIGSTOP)
            try await fleet.eventually("it shows") {
                let ready = try await fleet.deployment("production/risk-score")?.conditions.first { $0.type == "Ready" }
                return ready?.status == false && ready?.reason == "GatewayStopped"
            }
            let readiness = try await fleet.monitor("/readyz")
            #expect(readiness.status == 503)
            #expect(
                readiness.text
                    == "not ready: gateway: it does not answer: process \(pid) runs and does not answer\n")
            try await fleet.eventually("the start was refused") {
                try await fleet.events(.gatewayStarted, phase: .outcome).count == 2
            }
            kill(pid, SIGCONT)
            try await fleet.serves("production/risk-score", "1.0.0")
            try await fleet.eventually("its return is written") { try await fleet.events(.driftCorrected).count == 1 }
            #expect(try await fleet.client.status().gateway.pid == pid)
            let outcomes = try await fleet.events(.gatewayStarted, phase: .outcome)
            #expect(outcomes.first?.outcome == .succeeded)
            #expect(outcomes.dropFirst().allSatisfy { $0.outcome == .failed })
            let drift = try await fleet.events(.driftFound)
            #expect(drift.map { $0.body["found"]?.string } == ["process \(pid) runs and does not answer"])
        }
    }

    @Test func `a log that cannot be published shows everywhere, and nowhere once it can`() async throws {
        try await withFleet { fleet in
            try await fleet.startServing()
            let tiles = fleet.ledger + "/log/tile"
            try FileManager.default.removeItem(atPath: tiles)
            #expect(FileManager.default.createFile(atPath: tiles, contents: Data()))
            _ = try await fleet.client.perform(.retry(try key("production/risk-score")))
            try await fleet.eventually("it shows") {
                try await fleet.client.status().ledger.warnings?.first?.hasPrefix("published log: ") == true
            }
            let readiness = try await fleet.monitor("/readyz")
            #expect(readiness.status == 503 && readiness.text.hasPrefix("not ready: published log: "), "\(readiness)")
            #expect(try await fleet.monitor("/metrics").text.contains("\nwaybill_ledger_warnings 1\n"))
            #expect(try await fleet.waybill("status").output.contains("published log: "))
            let verified = try await fleet.waybill("audit", "verify")
            #expect(verified.code == 1)
            #expect(
                verified.errors.contains(": log/tile/") && verified.errors.contains("Not a directory"), "\(verified)")

            try FileManager.default.removeItem(atPath: tiles)
            try await fleet.eventually("it is over") { try await fleet.client.status().ledger.warnings == nil }
            try await fleet.eventually("all is well") { try await fleet.monitor("/readyz").text == "ready\n" }
            try await fleet.eventually("the log says so once") {
                let log = try String(contentsOfFile: fleet.controller.log, encoding: .utf8)
                return log.components(separatedBy: "over: published log: ").count == 2
            }
        }
    }

    @Test func `a remote that is silent from the start leaves the controller unready`() async throws {
        try await withFleet { fleet in
            let silent = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            defer { close(silent) }
            try #require(listen(silent, 5) == 0)
            var address = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(silent, $0, &length) }
            }
            let settings = try String(contentsOfFile: fleet.folder + "/waybill.yaml", encoding: .utf8)
            let url = "https://127.0.0.1:\(UInt16(bigEndian: address.sin_port))/fleet.git"
            try fleet.write("../waybill.yaml", settings.replacing("url: remote.git", with: "url: '\(url)'"))
            try await fleet.start()
            let readiness = try await fleet.monitor("/readyz")
            #expect(readiness.status == 503)
            #expect(readiness.text.contains("not ready: git: no commit is in force yet"), "\(readiness.text)")
            try await fleet.controller.end(SIGKILL)
        }
    }
}

extension Fleet {
    /// An answer of the controller's second listener.
    func monitor(_ path: String) async throws -> (status: Int, text: String) {
        let result = try await Program.run(
            ["/usr/bin/curl", "-s", "-w", "%{http_code}", "http://127.0.0.1:\(ports.metrics)\(path)"], in: folder)
        return (Int(result.output.suffix(3)) ?? 0, String(result.output.dropLast(3)))
    }
}
