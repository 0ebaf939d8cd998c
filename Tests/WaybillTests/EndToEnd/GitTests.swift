import Foundation
import Glibc
import Testing
import WaybillAPI
import WaybillCore
import WaybillTestSupport

extension `End to end` {
    @Test func `a broken manifest holds its own deployment only, with its place, until it is mended`() async throws {
        try await withFleet { fleet in
            for name in ["broken", "other"] { try fleet.deploy("1.0.0", as: name) }
            try await fleet.push()
            try await fleet.start()
            for name in ["broken", "other"] { try await fleet.serves("production/\(name)", "1.0.0") }
            let untouched = fleet.processes.models.filter { $0.names("--name=broken") }

            try fleet.version("2.0.0")
            try fleet.deploy("2.0.0", as: "other")
            try fleet.deploy("2.0.0", as: "broken")
            let file = "deployments/broken.yaml"
            let text = try String(contentsOfFile: "\(fleet.clone)/\(file)", encoding: .utf8)
            try fleet.write(file, text.replacing("  replicas: 1", with: "  replicas: many"))
            try await fleet.apply("one broken, one good")
            try await fleet.serves("production/other", "2.0.0")
            let held = try #require(try await fleet.condition("production/broken", "Held"))
            #expect(held.reason == "InvalidManifest")
            #expect(held.message.hasPrefix("deployments/broken.yaml:10:13: "), "\(held.message)")
            #expect(try await fleet.answeringVersion("production/broken") == "1.0.0")
            #expect(fleet.processes.models.filter { $0.names("--name=broken") } == untouched)

            try fleet.write(file, text)
            try await fleet.apply("mended")
            try await fleet.serves("production/broken", "2.0.0")
            #expect(try await fleet.condition("production/broken", "Held") == nil)
        }
    }

    /// More commits than a start looks back over by itself.
    @Test func `what a manifest defined before it broke, many commits ago, still serves after a kill`() async throws {
        try await withFleet { fleet in
            for name in ["broken", "other"] { try fleet.deploy("1.0.0", as: name) }
            try await fleet.push()
            try await fleet.start()
            for name in ["broken", "other"] { try await fleet.serves("production/\(name)", "1.0.0") }
            let models = fleet.processes.models
            try fleet.write("deployments/broken.yaml", "kind: [\n")
            for turn in 0..<66 {
                try fleet.write("notes.txt", "\(turn)\n")
                try await fleet.apply("note \(turn)")
            }
            #expect(try await fleet.events(.commitAccepted).count == 67)
            try await fleet.controller.end(SIGKILL)
            try await fleet.start()
            for name in ["broken", "other"] { try await fleet.serves("production/\(name)", "1.0.0") }
            #expect(fleet.processes.models == models, "something was started anew or stopped")
            #expect(try await fleet.condition("production/broken", "Held")?.reason == "InvalidManifest")
            #expect(try await fleet.answeringVersion("production/broken") == "1.0.0")
        }
    }

    @Test func `a renamed file changes nothing`() async throws {
        try await withFleet { fleet in
            try await fleet.startServing()
            let (models, size) = (fleet.processes.models, try await fleet.ledgerSize())
            try await fleet.git("mv", "deployments/risk-score.yaml", "moved.yaml")
            let commit = try await fleet.apply("a new name")
            try await fleet.eventually("the commit is in force") {
                try await fleet.client.status().repository.commit?.id == commit.hex
            }
            try await fleet.serves("production/risk-score", "1.0.0")
            #expect(fleet.processes.models == models)
            let new = try await fleet.events(from: size).map(\.type)
            #expect(new == [.commitObserved, .commitAccepted])
            let detail = try await fleet.client.describe(try key("production/risk-score"))
            #expect(detail.location?.hasPrefix("moved.yaml:") == true, "\(detail.location ?? "")")
        }
    }

    @Test func `a rewound branch is held until it is accepted with a reason`() async throws {
        try await withFleet { fleet in
            try await fleet.startServing()
            let first = try await fleet.git("rev-parse", "HEAD")
            try fleet.version("2.0.0")
            try fleet.deploy("2.0.0")
            let second = try await fleet.apply("second")
            try await fleet.serves("production/risk-score", "2.0.0")
            try await fleet.git("reset", "-q", "--hard", first)
            let rewound = try await fleet.apply("without the second")
            let hold = try #require(try await fleet.client.status().holds.first)
            #expect(hold.reason == "HistoryRewound" && hold.commit == rewound.hex)
            #expect(hold.message.contains(second.hex) && hold.message.contains(rewound.hex))
            #expect(try await fleet.answeringVersion("production/risk-score") == "2.0.0")

            let bare = try await fleet.waybill("accept", rewound.hex)
            #expect(bare.code == 64)
            let accepted = try await fleet.waybill("accept", rewound.hex, "--reason", "the second was a mistake")
            #expect(accepted.code == 0, "\(accepted.errors)")
            try await fleet.serves("production/risk-score", "1.0.0")
            #expect(try await fleet.client.status().holds == [])
            let command = try #require(try await fleet.events(.operatorCommand).last)
            #expect(command.body["reason"]?.string == "the second was a mistake")
            #expect(command.actor == .unixUser(uid: getuid(), name: NSUserName()))
        }
    }

    @Test func `a commit that removes too much is held, and a lost remote removes nothing`() async throws {
        try await withFleet { fleet in
            for name in ["one", "two", "three"] { try fleet.deploy("1.0.0", as: name) }
            try await fleet.push()
            try await fleet.start()
            for name in ["one", "two", "three"] { try await fleet.serves("production/\(name)", "1.0.0") }
            let models = fleet.processes.models
            try fleet.remove("deployments")
            let commit = try await fleet.apply("everything goes")
            let hold = try #require(try await fleet.client.status().holds.first)
            #expect(hold.reason == "MassDeletion" && hold.commit == commit.hex)
            try FileManager.default.moveItem(atPath: fleet.remote, toPath: fleet.remote + ".away")
            await #expect(throws: Failure.self) { try await fleet.client.perform(.sync) }
            #expect(try await fleet.client.status().repository.problem != nil)
            try await fleet.controller.end(SIGTERM)
            try await fleet.start()
            for name in ["one", "two", "three"] {
                try await fleet.serves("production/\(name)", "1.0.0")
                #expect(try await fleet.answeringVersion("production/\(name)") == "1.0.0")
            }
            #expect(fleet.processes.models == models)

            try FileManager.default.moveItem(atPath: fleet.remote + ".away", toPath: fleet.remote)
            _ = try await fleet.client.perform(.sync)
            #expect(try await fleet.client.status().holds.first?.commit == commit.hex)
            #expect(try await fleet.waybill("accept", commit.hex, "--reason", "moved elsewhere").code == 0)
            try await fleet.eventually("all are gone") {
                try await fleet.client.list(DeploymentView.self).items.isEmpty && fleet.processes.models.isEmpty
            }
            #expect(try await fleet.ask(Fleet.path("production/one"), body: Fleet.request).status == 404)
        }
    }
}
