import Foundation
import Glibc
import Testing
import WaybillAPI
import WaybillCore
import WaybillTestSupport

extension `End to end` {
    @Test func `a rollback needs no git, loses no request, outlives the controller, and writes the commit for git`()
        async throws
    {
        try await withFleet { fleet in
            try await fleet.startServing()
            let name = "production/risk-score"
            try fleet.version("2.0.0")
            try fleet.deploy("2.0.0")
            try await fleet.apply("second")
            try await fleet.serves(name, "2.0.0")
            try FileManager.default.moveItem(atPath: fleet.remote, toPath: fleet.remote + ".away")
            for (name, value) in [("user.name", "Ada"), ("user.email", "ada@example.org")] {
                _ = try await fleet.git("config", name, value)
            }
            let reason = "it answers nonsense"
            let tally = try await fleet.load(name) {
                let asked = try await fleet.waybill(
                    "rollback", name, "--reason", reason, "--repository", fleet.clone)
                #expect(asked.code == 0, "\(asked.errors)")
                #expect(
                    asked.output.hasPrefix("\(name) goes back from risk-score@2.0.0 to risk-score@1.0.0; the revision ")
                )
                #expect(asked.output.contains("\n-  version: 2.0.0\n+  version: 1.0.0\n"), "\(asked.output)")
                #expect(asked.output.contains(" on the branch rollback/production/risk-score-1.0.0\n"))
                try await fleet.serves(name, "1.0.0")
            }
            #expect(tally.isFlawless, "\(tally.answers) \(tally.lost)")
            let held = try await fleet.condition(name, "Held")
            #expect(held?.reason == "Quarantined")

            try await fleet.controller.end(SIGKILL)
            try await fleet.start()
            try await fleet.eventually("it is known as quarantined again") {
                try await fleet.condition(name, "Held")?.reason == "Quarantined"
            }
            try FileManager.default.moveItem(atPath: fleet.remote + ".away", toPath: fleet.remote)
            _ = try await fleet.waybill("sync")
            let view = try #require(try await fleet.deployment(name))
            #expect(view.version == "risk-score@2.0.0" && view.standIn == "risk-score@1.0.0")
            #expect(try await fleet.answeringVersion(name) == "1.0.0")

            #expect(try await fleet.waybill("lift", name, "--reason", "it was the data").code == 0)
            try await fleet.serves(name, "2.0.0")
            try await fleet.expectCommands(["rollback": reason, "lift": "it was the data"])
            let trailers = try await fleet.git(
                "log", "-1", "--format=%(trailers:only)", "rollback/production/risk-score-1.0.0")
            #expect(
                trailers.trimmingCharacters(in: .newlines) == """
                    Waybill-Rollback: production/risk-score
                    Waybill-Version: risk-score@1.0.0
                    Waybill-Left: risk-score@2.0.0
                    """)
        }
    }
}
