import Foundation
import Glibc
import Testing
import WaybillAPI
import WaybillCore
import WaybillTestSupport

extension `End to end` {
    @Test func `a killed model comes back, and the ledger says so in order`() async throws {
        try await withFleet { fleet in
            try await fleet.startServing()
            let model = try #require(fleet.processes.models.first)
            let known = try await fleet.ledgerSize()
            kill(model.pid, SIGKILL)
            try await fleet.eventually("another process serves") {
                fleet.processes.models.contains { $0.pid != model.pid }
            }
            try await fleet.serves("production/risk-score", "1.0.0")
            let said = try await fleet.lifeEvents(from: known)
            #expect(said == ["replica.exited fact", "replica.started intent", "replica.started outcome"])
            let exited = try #require(try await fleet.events(.replicaExited).first)
            #expect(exited.body["status"] == "ended by signal 9")
            #expect(exited.body["whileAway"]?.bool == false)
            #expect(try await fleet.answeringVersion("production/risk-score") == "1.0.0")
        }
    }

    @Test func `an exit while no controller ran is known with its status`() async throws {
        try await withFleet { fleet in
            try await fleet.startServing()
            let model = try #require(fleet.processes.models.first)
            try await fleet.controller.end(SIGKILL)
            kill(model.pid, SIGSEGV)
            try await fleet.eventually("it is gone") { fleet.processes.models.isEmpty }
            try await fleet.start()
            try await fleet.eventually("another process serves") { !fleet.processes.models.isEmpty }
            try await fleet.serves("production/risk-score", "1.0.0")
            let exited = try await fleet.events(.replicaExited)
            #expect(exited.count == 1)
            #expect(exited.first?.body["whileAway"]?.bool == true)
            #expect(exited.first?.body["status"] == "ended by signal 11")
        }
    }

    @Test func `a killed replica beside another costs no request`() async throws {
        try await withFleet { fleet in
            try await fleet.startServing(replicas: 2)
            let before = Set(fleet.processes.models)
            let killed = try #require(before.first)
            let tally = try await fleet.load("production/risk-score") {
                kill(killed.pid, SIGKILL)
                try await fleet.eventually("another process has its place") {
                    let now = Set(fleet.processes.models)
                    return now.count == 2 && !now.contains(killed)
                }
                try await fleet.serves("production/risk-score", "1.0.0")
            }
            #expect(tally.isFlawless, "\(tally.answers) \(tally.lost)")
            #expect(Set(fleet.processes.models).intersection(before).count == 1)
        }
    }

    @Test func `an edited weight file is found with both digests and put right`() async throws {
        try await withFleet { fleet in
            try await fleet.startServing()
            let original = try fleet.sample("artifacts/risk-score/1.0.0/model.json")
            let edited = original.replacing("0.8", with: "9.8")
            let expected = Digest(of: original.utf8)
            let program = try #require(fleet.processes.models.first?.arguments.first { $0.hasSuffix("/server.py") })
            let folder = String(program.dropLast("server.py".count))
            let weights = folder + "model.json"
            #expect(chmod(weights, 0o644) == 0)
            let handle = try #require(FileHandle(forUpdatingAtPath: weights))
            try handle.write(contentsOf: Data(edited.utf8))
            try handle.close()
            _ = try await fleet.client.perform(.retry(try key("production/risk-score")))
            try await fleet.eventually("the file is put right") {
                (try? Digest(of: Data(contentsOf: URL(fileURLWithPath: weights)))) == expected
                    || fleet.processes.models.contains { !$0.names(folder) }
            }
            try await fleet.eventually("the drift is recorded as corrected") {
                try await fleet.events(.driftCorrected).contains { $0.body["what"]?.string == "artifact-altered" }
            }
            try await fleet.serves("production/risk-score", "1.0.0")
            let drift = try #require(
                try await fleet.events(.driftFound).first { $0.body["what"]?.string == "artifact-altered" })
            #expect(drift.body["expected"]?.string == expected.description)
            #expect(drift.body["found"]?.string == Digest(of: edited.utf8).description)
        }
    }

    @Test func `a killed gateway comes back with the same routes`() async throws {
        try await withFleet { fleet in
            try await fleet.startServing()
            let before = try await fleet.client.status().gateway
            let model = fleet.processes.models
            kill(try #require(before.pid), SIGKILL)
            try await fleet.eventually("another gateway answers") {
                let now = try await fleet.client.status().gateway
                return now.running && now.pid != before.pid
            }
            #expect(try await fleet.answeringVersion("production/risk-score") == "1.0.0")
            let after = try await fleet.client.status().gateway
            #expect(after.address == before.address)
            #expect(fleet.processes.models == model)
            try await fleet.serves("production/risk-score", "1.0.0")
            let starts = try await fleet.events(.gatewayStarted)
            #expect(starts.map(\.phase) == [.intent, .outcome, .intent, .outcome])
            try await fleet.eventually("its return is written") { try await fleet.events(.driftCorrected).count == 1 }
            let drift = try await fleet.events(.driftFound)
            #expect(drift.map(\.subject) == ["controller"])
            #expect(drift.first?.body["what"] == "gateway-stopped" && drift.first?.body["found"] == "no process")
        }
    }

    @Test func `a gateway that takes over loses no request, and the controller goes on with it`() async throws {
        try await withFleet { fleet in
            try await fleet.startServing()
            let before = try await fleet.client.status().gateway
            let tally = try await fleet.load("production/risk-score") {
                try fleet.startNextGateway()
                try await fleet.eventually("only the next gateway is there") {
                    let old = before.pid ?? 0
                    let now = try await fleet.client.status().gateway.pid
                    return now != nil && now != old && !fleet.processes.all.contains { $0.pid == old }
                }
                try fleet.version("2.0.0")
                try fleet.deploy("2.0.0")
                try await fleet.apply("second")
                try await fleet.serves("production/risk-score", "2.0.0")
            }
            #expect(tally.isFlawless, "\(tally.answers) \(tally.lost)")
            #expect(try await fleet.answeringVersion("production/risk-score") == "2.0.0")
            #expect(try await fleet.events(.gatewayStarted, phase: .intent).count == 1)
        }
    }
}

extension Fleet {
    /// Starts `waybill gateway --take-over`, which the end of the fleet ends.
    func startNextGateway() throws {
        let log = folder + "/next-gateway.log"
        let process = try Program.process(
            [Program.waybill, "gateway", "--take-over", "--state", state], in: folder, [:], output: log, errors: log)
        try process.run()
    }

    /// Exits and starts of replicas as the ledger tells them, from an index on.
    func lifeEvents(from index: LedgerIndex) async throws -> [String] {
        let types: Set<EventType> = [.replicaExited, .replicaStarted]
        return try await events(from: index).filter { types.contains($0.type) }.map { event in
            "\(event.type.rawValue) \(event.phase.rawValue)"
        }
    }

    func ledgerSize() async throws -> LedgerIndex { try await client.status().ledger.entries }
}
