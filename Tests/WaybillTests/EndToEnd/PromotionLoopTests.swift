import Foundation
import Glibc
import Testing
import WaybillAPI
import WaybillCore

@testable import waybill

/// The promotion path and freezes, kept by a controller that serves.
extension `End to end` {
    @Test func `production takes a version by itself once staging has served it for long enough, also over a kill`()
        async throws
    {
        try await withFleet { fleet in
            try fleet.deploy("1.0.0", in: "staging")
            try await fleet.startServing()
            try await fleet.serves("staging/risk-score", "1.0.0")
            try fleet.production("  promotion: {from: staging, soak: 8s}")
            try fleet.version("2.0.0")
            try fleet.deploy("2.0.0")
            try await fleet.apply("to production without staging")
            let name = "production/risk-score"
            try await fleet.eventually("it is held") {
                try await fleet.condition(name, "Held")?.message
                    == "production takes what staging has served, and staging/risk-score has not served risk-score@2.0.0"
            }
            #expect(try await fleet.answeringVersion(name) == "1.0.0")

            try fleet.deploy("2.0.0", in: "staging")
            try await fleet.apply("to staging")
            try await fleet.serves("staging/risk-score", "2.0.0")
            #expect(try await fleet.condition(name, "Held")?.reason == "AwaitingUpstream")
            try await fleet.controller.end(SIGKILL)
            try await fleet.start()
            try await fleet.serves(name, "2.0.0")
            let switched = try await fleet.events(.routesChanged, phase: .outcome).filter {
                $0.body["replicas"]?.list?.isEmpty == false
            }
            let staging = try #require(switched.last { $0.subject == "staging/risk-score" })
            let production = try #require(switched.last { $0.subject == name })
            #expect(production.time - staging.time >= .seconds(8))
        }
    }

    @Test func `while production is frozen what serves is cared for, by a new controller too, and an override ends it`()
        async throws
    {
        try await withFleet { fleet in
            try await fleet.startServing()
            let made = try await Program.run(
                ["/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "\(fleet.folder)/eve"], in: fleet.folder)
            #expect(made.code == 0, "\(made.errors)")
            let key = try String(contentsOfFile: "\(fleet.folder)/eve.pub", encoding: .utf8).trimmed
            try fleet.write(
                ".waybill/access.yaml",
                """
                apiVersion: waybill.dev/v1alpha1
                kind: Access
                spec:
                  people:
                    - {name: eve, keys: [{key: \(key)}]}
                  roles:
                    - {role: override, models: ["*"], people: [eve]}

                """)
            try fleet.production(
                "  freezes: [{weekly: {from: mon 00:00, until: sun 23:59}, reason: moving house, author: eve},\n"
                    + "            {weekly: {from: sun 23:58, until: mon 00:01}, reason: moving house, author: eve}]")
            try await fleet.apply("frozen")
            try fleet.version("2.0.0")
            try fleet.deploy("2.0.0")
            try await fleet.apply("second")
            let name = "production/risk-score"
            try await fleet.eventually("it is held") { try await fleet.condition(name, "Held")?.reason == "Frozen" }

            try await fleet.controller.end(SIGKILL)
            let old = try #require(fleet.processes.models.first?.pid)
            kill(old, SIGKILL)
            try await fleet.start()
            try await fleet.eventually("another replica of what is in force answers") {
                guard let view = try await fleet.deployment(name) else { return false }
                let isNew = fleet.processes.models.first.map { $0.pid != old } == true
                return isNew && view.serving == ["risk-score@1.0.0"]
            }
            #expect(try await fleet.condition(name, "Held")?.reason == "Frozen")

            let given = try await fleet.waybill(
                "override", name, "--key", "\(fleet.folder)/eve", "--yes", "--push-ref", "--base", "HEAD~1",
                "--repository", fleet.clone, "--reason", "the old one answers nonsense", "--expires", "1h")
            #expect(given.code == 0, "\(given.output)\(given.errors)")
            _ = try await fleet.client.perform(.sync)
            try await fleet.serves(name, "2.0.0")
            #expect(
                try await fleet.condition(name, "Overridden")?.message.hasPrefix(
                    "overridden by eve: the old one answers nonsense; instead of: frozen until ") == true)
        }
    }
}

extension Fleet {
    /// Writes the sample's environments with more lines for production.
    fileprivate func production(_ lines: String) throws {
        try write(
            "environments.yaml",
            try sample("environments.yaml").replacing(
                "  description: What customers see.", with: "  description: What customers see.\n" + lines))
    }
}
