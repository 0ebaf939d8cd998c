import Foundation
import Glibc
import Testing
import WaybillAPI
import WaybillCore

@testable import waybill

/// Changes that wait for the words of people, with a controller that serves.
extension `End to end` {
    @Test func `a merge without its approvals is held, goes on by a ref alone, and is not asked again`() async throws {
        try await withFleet { fleet in
            try await fleet.startServing()
            let name = "production/risk-score"
            try await fleet.governed()
            try await fleet.apply("rules")
            try fleet.version("2.0.0")
            try fleet.deploy("2.0.0")
            try await fleet.apply("second, merged by nobody's word")
            try await fleet.eventually("it is held") {
                try await fleet.condition(name, "Held")?.reason == "AwaitingApproval"
            }
            #expect(
                try await fleet.condition(name, "Held")?.message
                    == "waiting for 1 more of risk (alice, bob) and 1 more person, since no signed proposal says who the author is (alice, bob)"
            )
            #expect(try await fleet.answeringVersion(name) == "1.0.0")

            for (verb, person) in [("propose", "dave"), ("approve", "alice")] {
                let given = try await fleet.waybill(
                    verb, name, "--key", "\(fleet.folder)/\(person)", "--yes", "--push-ref", "--base", "HEAD~1",
                    "--repository", fleet.clone)
                #expect(given.code == 0, "\(given.output)\(given.errors)")
            }
            let head = try await fleet.git("rev-parse", "origin/main")
            _ = try await fleet.client.perform(.sync)
            try await fleet.serves(name, "2.0.0")
            #expect(try await fleet.git("rev-parse", "origin/main") == head)
            let admitted = try #require(try await fleet.events(.changeAdmitted).first)
            #expect(admitted.body["approvals"]?.list?.first?["person"] == "alice")
            #expect(admitted.body["authors"] == ["dave"])
            #expect(try await fleet.events(.approvalSeen).map { $0.body["person"]?.string } == ["alice"])

            // The words are withdrawn after it began, and the controller starts anew.
            try await fleet.git("push", "-q", "origin", "--delete", try await fleet.approvalRef("alice"))
            try await fleet.controller.end(SIGKILL)
            try await fleet.start()
            try await fleet.serves(name, "2.0.0")
            #expect(try await fleet.events(.changeAdmitted).count == 1)
        }
    }

    @Test func `a deployment that is removed without approval serves on, also over a kill`() async throws {
        try await withFleet { fleet in
            try fleet.deploy("1.0.0", as: "second")
            try fleet.deploy("1.0.0", as: "third")
            try await fleet.startServing()
            try await fleet.governed()
            try await fleet.apply("rules")
            let models = fleet.processes.models
            try fleet.remove("deployments/risk-score.yaml")
            try await fleet.apply("away with it")
            try await fleet.eventually("it is held") {
                try await fleet.condition("production/risk-score", "Held")?.reason == "AwaitingApproval"
            }
            try await fleet.controller.end(SIGKILL)
            try await fleet.start()
            try await fleet.serves("production/second", "1.0.0")
            #expect(try await fleet.condition("production/risk-score", "Held")?.reason == "AwaitingApproval")
            #expect(try await fleet.answeringVersion("production/risk-score") == "1.0.0")
            #expect(fleet.processes.models == models)
        }
    }
}

extension Fleet {
    /// Production asks for one of risk: alice or bob; dave writes.
    func governed(also roles: String = "") async throws {
        var people = ""
        for person in ["alice", "bob", "dave"] {
            let made = try await Program.run(
                ["/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", person, "-f", "\(folder)/\(person)"],
                in: folder)
            #expect(made.code == 0, "\(made.errors)")
            let key = try String(contentsOfFile: "\(folder)/\(person).pub", encoding: .utf8).trimmed
            people += "    - name: \(person)\n      keys: [{key: \(key)}]\n"
        }
        try write(
            ".waybill/access.yaml",
            """
            apiVersion: waybill.dev/v1alpha1
            kind: Access
            spec:
              people:
            \(people)  roles:
                - {role: approver, as: risk, models: ["*"], people: [alice, bob]}
            \(roles)
            """)
        try write(
            "environments.yaml",
            try sample("environments.yaml").replacing(
                "  description: What customers see.",
                with: "  description: What customers see.\n  approvals: {required: [{role: risk}]}"))
    }

    fileprivate func approvalRef(_ person: String) async throws -> String {
        let names = try await git("-C", remote, "for-each-ref", "--format=%(refname)", "refs/waybill/approvals")
        return try #require(names.split(separator: "\n").first { $0.hasSuffix("/\(person)") }.map(String.init))
    }
}

extension `End to end` {
    @Test func `rules that are loosened in the same commit stay, until a governor of those in force approves`()
        async throws
    {
        try await withFleet { fleet in
            try await fleet.startServing()
            let name = "production/risk-score"
            try await fleet.governed(also: "    - {role: governor, models: [\"*\"], people: [alice, bob]}\n")
            try await fleet.apply("rules")
            try await fleet.eventually("the rules are governed") {
                try await fleet.events(.rulesAdopted).last?.body["governed"] == .bool(true)
            }
            // Who approves is no longer asked for, and a new version comes along.
            try fleet.write("environments.yaml", try fleet.sample("environments.yaml"))
            try fleet.version("2.0.0")
            try fleet.deploy("2.0.0")
            try await fleet.apply("nothing to see here")
            let hold = try #require(try await fleet.condition(name, "Held"))
            #expect(hold.reason == "RulesUnapproved")
            #expect(
                hold.message
                    == "the rules change (Environment production), and nothing of the commit is taken until that is approved: "
                    + "waiting for 1 more of governor (alice, bob) and 1 more person, since no signed proposal says who the author is (alice, bob)"
            )
            let head = try await fleet.git("rev-parse", "HEAD")
            let accepted = try await fleet.waybill("accept", head, "--reason", "I know better")
            _ = try await fleet.client.perform(.sync)
            #expect(try await fleet.condition(name, "Held")?.reason == "RulesUnapproved", "\(accepted)")
            #expect(try await fleet.answeringVersion(name) == "1.0.0")

            for (verb, person) in [("propose", "dave"), ("approve", "alice")] {
                let given = try await fleet.waybill(
                    verb, "fleet/rules", "--key", "\(fleet.folder)/\(person)", "--yes", "--push-ref", "--base",
                    "HEAD~1",
                    "--repository", fleet.clone)
                #expect(given.code == 0, "\(given.output)\(given.errors)")
            }
            _ = try await fleet.client.perform(.sync)
            try await fleet.serves(name, "2.0.0")
            let adopted = try await fleet.events(.rulesAdopted)
            #expect(
                adopted.map { $0.body["message"]?.string } == [
                    "the first rules that are governed; nobody had to approve them", "approved by the rules before",
                ])
            #expect(adopted.last?.body["changed"] == ["Environment production"])
        }
    }
}
