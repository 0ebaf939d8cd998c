import Foundation
import Glibc
import Testing
import WaybillAPI
import WaybillCore
import WaybillTestSupport

extension `End to end` {
    @Test func `a pause holds against git and a restart of the controller, and resume ends it`() async throws {
        try await withFleet { fleet in
            try await fleet.startServing()
            let name = "production/risk-score"
            #expect(try await fleet.waybill("pause", name, "--reason", "an audit").code == 0)
            try fleet.version("2.0.0")
            try fleet.deploy("2.0.0")
            try await fleet.apply("second")
            try await fleet.controller.end(SIGKILL)
            try await fleet.start()
            try await fleet.eventually("it is known as paused, and was looked at") {
                guard try await fleet.condition(name, "Paused") != nil else { return false }
                return try await fleet.deployment(name)?.serving == ["risk-score@1.0.0"]
            }
            let view = try #require(try await fleet.deployment(name))
            #expect(view.version == "risk-score@2.0.0" && view.serving == ["risk-score@1.0.0"])
            #expect(try await fleet.answeringVersion(name) == "1.0.0")
            #expect(try await fleet.waybill("resume", name).code == 0)
            try await fleet.serves(name, "2.0.0")
            try await fleet.expectCommands(["pause": "an audit", "resume": nil])
        }
    }

    @Test func `restart replaces the process without a lost request`() async throws {
        try await withFleet { fleet in
            try await fleet.startServing()
            let before = fleet.processes.models
            let tally = try await fleet.load("production/risk-score") {
                #expect(try await fleet.waybill("restart", "production/risk-score").code == 0)
                try await fleet.eventually("only another process is left") {
                    let now = fleet.processes.models
                    return now.count == 1 && now.first?.pid != before.first?.pid
                }
            }
            #expect(tally.isFlawless, "\(tally.answers) \(tally.lost)")
            try await fleet.expectCommands(["restart": nil])
        }
    }

    @Test func `retry forgets a stall once its cause is gone`() async throws {
        try await withFleet { fleet in
            let name = "production/risk-score"
            let weights = Data(try fleet.sample("artifacts/risk-score/1.0.0/model.json").utf8)
            let outside = fleet.folder + "/weights.json"
            let manifest = try String(contentsOfFile: "\(fleet.clone)/models/risk-score/1.0.0.yaml", encoding: .utf8)
            try fleet.write(
                "models/risk-score/1.0.0.yaml",
                manifest.replacing("source: artifacts/risk-score/1.0.0/model.json", with: "source: file:\(outside)"))
            try fleet.write("../weights.json", "not these")
            try fleet.deploy("1.0.0")
            try await fleet.push()
            try await fleet.start()
            try await fleet.eventually("it is stalled") { try await fleet.condition(name, "Stalled") != nil }
            #expect(fleet.processes.models == [])
            try weights.write(to: URL(fileURLWithPath: outside))
            #expect(try await fleet.waybill("retry", name).code == 0)
            try await fleet.serves(name, "1.0.0")
            try await fleet.expectCommands(["retry": nil])
        }
    }
}

extension Fleet {
    /// The ledger has just these commands, by the user who runs the tests.
    func expectCommands(
        _ expected: KeyValuePairs<String, String?>, sourceLocation: Testing.SourceLocation = #_sourceLocation
    ) async throws {
        let commands = try await events(.operatorCommand)
        #expect(commands.map { $0.body["command"]?.string } == expected.map(\.key), sourceLocation: sourceLocation)
        #expect(commands.map { $0.body["reason"]?.string } == expected.map(\.value), sourceLocation: sourceLocation)
        for command in commands {
            #expect(
                command.actor == .unixUser(uid: getuid(), name: NSUserName()), sourceLocation: sourceLocation)
        }
    }
}
