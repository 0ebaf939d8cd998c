import Foundation
import Glibc
import Testing
import WaybillAPI
import WaybillCore
import WaybillLedger
import WaybillTestSupport

@testable import waybill

extension `End to end` {
    @Test(arguments: [SIGKILL, SIGTERM])
    func `the controller's end loses no request, and the next one adopts what runs`(_ signal: CInt) async throws {
        try await withFleet { fleet in
            try await fleet.startServing()
            let (models, keepers) = (fleet.processes.models, fleet.processes.keepers)
            let gateway = fleet.processes.gateway
            #expect(models.count == 1 && keepers.count == 1 && gateway != nil)
            let tally = try await fleet.load("production/risk-score") {
                #expect(try await fleet.controller.end(signal) == (signal == SIGTERM ? 0 : -SIGKILL))
                try await Task.sleep(for: .milliseconds(300))
                #expect(fleet.processes.models == models && fleet.processes.gateway == gateway)
                // Gateway, metrics and control socket are the same: whatever a model had inherited would be in the way.
                try await fleet.start()
                try await fleet.serves("production/risk-score", "1.0.0")
            }
            #expect(tally.isFlawless, "\(tally.answers) \(tally.lost)")
            #expect(fleet.processes.models == models && fleet.processes.gateway == gateway)
            let adopted = try await fleet.events(.replicaAdopted)
            #expect(adopted.count == 1)
            #expect(adopted.first?.body["pid"]?.integer.map(pid_t.init) == keepers.first?.pid)
            #expect(try await fleet.events(.controllerStarted).count == 2)
            #expect(try await fleet.events(.controllerStopped).count == (signal == SIGTERM ? 1 : 0))
            #expect(try await fleet.events(.replicaStarted, phase: .intent).count == 1)
            #expect(try await fleet.events(.gatewayStarted, phase: .intent).count == 1)
        }
    }

    /// `WAYBILL_KILLS` says how often.
    @Test func `controllers killed in the middle of replacements leave nothing undone or unsaid`() async throws {
        let kills = ProcessInfo.processInfo.environment["WAYBILL_KILLS"].flatMap(Int.init) ?? 4
        try await withFleet { fleet in
            try await fleet.startServing()
            let tally = try await fleet.load("production/risk-score") {
                for kill in 1...kills {
                    let version = "1.\(kill).0"
                    try fleet.version(version)
                    try fleet.deploy(version)
                    try await fleet.push("version \(version)")
                    _ = try? await fleet.client.perform(.sync)
                    try await Task.sleep(for: .milliseconds(Int.random(in: 0...1500)))
                    let signal = kill % 3 == 0 ? SIGTERM : SIGKILL
                    #expect(try await fleet.controller.end(signal) == (signal == SIGTERM ? 0 : -SIGKILL))
                    try await fleet.start()
                }
                try await fleet.serves("production/risk-score", "1.\(kills).0")
            }
            #expect(tally.isFlawless, "\(tally.answers) \(tally.lost)")
            try await fleet.eventually("only what serves is left") { fleet.processes.models.count == 1 }
        }
    }

    @Test func `a second controller is refused with the number of the first`() async throws {
        try await withFleet { fleet in
            try await fleet.startServing()
            let pid = try #require(fleet.controller.pid)
            let second = try await fleet.waybill("run")
            #expect(second.code == 1)
            #expect(
                second.errors
                    == "error: another controller (process \(pid)) holds \(fleet.state); "
                    + "stop it first, or use another state folder\n")
            #expect(try await fleet.client.status().controller.pid == pid)
            #expect(try await fleet.answeringVersion("production/risk-score") == "1.0.0")
        }
    }

    @Test func `a store lost between a pause, a rewind and a replacement decides nothing`() async throws {
        try await withFleet { fleet in
            for name in ["paused", "moving"] { try fleet.deploy("1.0.0", as: name) }
            try await fleet.push("first")
            try await fleet.start()
            for name in ["paused", "moving"] { try await fleet.serves("production/\(name)", "1.0.0") }
            let first = try await fleet.git("rev-parse", "HEAD")
            _ = try await fleet.client.perform(.pause(try key("production/paused"), reason: "an audit"))
            try fleet.version("2.0.0", program: try fleet.slowProgram())
            for name in ["paused", "moving"] { try fleet.deploy("2.0.0", as: name) }
            let moved = try await fleet.apply("the second version, which takes its time")
            try await fleet.eventually("the replacement is under way") {
                fleet.processes.models.contains { $0.names("--name=moving") && $0.names("--version=2.0.0") }
            }
            try await fleet.git("reset", "-q", "--hard", first)
            let rewound = try await fleet.apply("a history without the second version")
            #expect(try await fleet.client.status().holds.first?.commit == rewound.hex)

            let before = fleet.processes.models
            let tally = try await fleet.load("production/moving") {
                try await fleet.controller.end(SIGKILL)
                let stores = try fleet.removeStore()
                #expect(stores.contains("store.sqlite"), "nothing was there to lose")
                try await fleet.start()
                try await fleet.serves("production/moving", "2.0.0")
            }
            #expect(tally.isFlawless, "\(tally.answers) \(tally.lost)")
            #expect(Set(before).isSuperset(of: fleet.processes.models), "something was started anew")
            #expect(try await fleet.events(.storeRebuilt).count == 1)
            let status = try await fleet.client.status()
            #expect(status.repository.commit?.id == moved.hex)
            #expect(status.holds.first?.reason == "HistoryRewound" && status.holds.first?.commit == rewound.hex)
            #expect(try await fleet.condition("production/paused", "Paused") != nil)
            #expect(try await fleet.deployment("production/paused")?.serving == ["risk-score@1.0.0"])
            #expect(try await fleet.answeringVersion("production/paused") == "1.0.0")
        }
    }
}

/// A deployment by its name.
func key(_ text: String) throws -> DeploymentKey { try DeploymentKey(parsing: text) }

extension Fleet {
    /// Indices of intents that neither an outcome nor a reconciliation answers.
    func unsettledIntents() async throws -> [LedgerIndex] {
        let recorded = try await LedgerReader(folder: ledger).events()
        let causes = Set(
            recorded.compactMap(\.event).filter { $0.phase == .outcome || $0.type == .intentReconciled }.compactMap(
                \.cause))
        return recorded.filter { $0.event?.phase == .intent && !causes.contains($0.index) }.map(\.index)
    }

    /// The sample's program, which begins to listen after three seconds.
    func slowProgram() throws -> String {
        try sample("artifacts/risk-score/1.0.0/server.py")
            .replacing("\nThreadingHTTPServer(", with: "\nimport time; time.sleep(3)\nThreadingHTTPServer(")
    }

    /// Removes the store's files from the state folder; their names.
    func removeStore() throws -> [String] {
        let names = try FileManager.default.contentsOfDirectory(atPath: state).filter { $0.hasPrefix("store.") }
        for name in names { try FileManager.default.removeItem(atPath: "\(state)/\(name)") }
        return names
    }
}
