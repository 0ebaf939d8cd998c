import Foundation
import Glibc
import Testing
import WaybillAPI
import WaybillCore

@testable import waybill

/// What somebody tries to get a version past the rules of a controller that serves.
extension `End to end` {
    @Test func `a checklist that is loosened in the same commit asks as before`() async throws {
        try await withRules { fleet in
            try fleet.write("checklists/careful.yaml", Fleet.checklist("- integrity: {}"))
            try await fleet.isRefused("Checklist careful")
        }
    }

    @Test func `a runtime whose command is altered in the same commit starts nothing`() async throws {
        try await withRules { fleet in
            let runtime = try fleet.sample("runtimes/python-oip.yaml")
            try fleet.write("runtimes/python-oip.yaml", runtime.replacing("- -Iu\n", with: "- -u\n"))
            try await fleet.isRefused("ServingRuntime python-oip")
        }
    }

    @Test func `an allow list that is widened in the same commit allows nothing more`() async throws {
        try await withRules { fleet in
            try fleet.write("allow/models.txt", "churn.features Scaler\nos system\n")
            try await fleet.isRefused("allow allow/models.txt")
        }
    }

    /// A governed fleet that serves 1.0.0, whose production asks a license that no version has.
    private func withRules(_ body: (Fleet) async throws -> Void) async throws {
        try await withFleet { fleet in
            try await fleet.startServing()
            try await fleet.governed(also: "    - {role: governor, models: [\"*\"], people: [alice, bob]}\n")
            try fleet.askOne("- license: {allowed: [MIT]}")
            try fleet.write("allow/models.txt", "churn.features Scaler\n")
            try await fleet.apply("rules")
            try await fleet.eventually("the rules are governed") {
                try await fleet.events(.rulesAdopted).last?.body["governed"] == .bool(true)
            }
            try await body(fleet)
        }
    }

    @Test func `a fleet without an access file says that it is ungoverned, and with one which rules are in force`()
        async throws
    {
        try await withFleet { fleet in
            let name = "production/risk-score"
            try await fleet.startServing()
            let open = try #require(try await fleet.client.status().rules)
            #expect(
                open.ungoverned && open.inForce == nil
                    && open.message.hasPrefix("ungoverned: no '.waybill/access.yaml'"))
            #expect(
                try await fleet.waybill("status").output.contains("ungoverned: no '.waybill/access.yaml' is in force"))
            let listed = try await fleet.waybill("get", "deployments")
            #expect(listed.code == 0 && listed.errors.hasPrefix("note: ungoverned: "), "\(listed.errors)")
            #expect(try await fleet.waybill("describe", name).output.contains("no: no access file is in force"))
            #expect(try await fleet.waybill("describe", name, "-o", "json").output.contains("\"ungoverned\": true"))

            try await fleet.governed(also: "    - {role: governor, models: [\"*\"], people: [alice]}\n")
            let commit = try await fleet.apply("rules")
            try await fleet.eventually("rules are in force") { try await fleet.client.status().rules?.inForce != nil }
            let rules = try #require(try await fleet.client.status().rules)
            #expect(!rules.ungoverned && rules.governors == ["alice"] && rules.since == commit.hex)
            #expect(
                rules.message.hasSuffix(
                    ", since commit \(commit.short), governed by alice; alice is the only one, and needs nobody else's word: name a second one"
                ), "\(rules.message)")
            #expect(try await fleet.waybill("get", "deployments").errors == "")
            #expect(try await !fleet.waybill("describe", name, "-o", "json").output.contains("ungoverned"))
            try await fleet.controller.end(SIGKILL)
            try await fleet.start()
            try await fleet.serves(name, "1.0.0")
            #expect(try await fleet.client.status().rules == rules)
        }
    }

    @Test func `neither resume, nor accept, nor retry, nor restart gets past a gate`() async throws {
        try await withFleet { fleet in
            let name = "production/risk-score"
            try await fleet.startServing()
            try fleet.askOne("- license: {allowed: [MIT]}")
            try fleet.version("2.0.0")
            try fleet.deploy("2.0.0")
            let head = try await fleet.apply("a version without a license")
            func isRefused() async throws {
                try await fleet.eventually("it is refused") {
                    try await fleet.condition(name, "Stalled")?.reason == "GatesFailed"
                }
            }
            try await isRefused()
            for words in [
                ["pause", name, "--reason", "a trick"], ["resume", name], ["retry", name], ["restart", name],
                ["accept", head.hex, "--reason", "I know better"], ["sync"],
            ] {
                // What each says of itself is its own business; nothing of the version may begin.
                _ = try await Program.run([Program.waybill] + words, in: fleet.folder)
                if words[0] != "pause" { try await isRefused() }
                #expect(try await fleet.answeringVersion(name) == "1.0.0", "\(words)")
            }
            try await fleet.controller.end(SIGKILL)
            try await fleet.start()
            try await isRefused()
            let verdicts = try await fleet.events(.versionValidated, phase: .outcome)
                .compactMap { $0.body["verdict"]?.string }
            // Once for the commit, once for the retry.
            #expect(verdicts == ["failed", "failed"])
            let started = try await fleet.events(.replicaStarted, phase: .intent)
            // Of the version that served, and of no other.
            #expect(Set(started.compactMap { $0.body["revision"]?.string }).count == 1 && !started.isEmpty)
            #expect(try await fleet.answeringVersion(name) == "1.0.0")
        }
    }

    @Test func `an approval that names the evidence of another version is void before a controller`() async throws {
        try await withFleet { fleet in
            let name = "production/risk-score"
            try fleet.askOne("- integrity: {}")
            try await fleet.startServing()
            try await fleet.governed()
            try fleet.askOne("- integrity: {}", also: "approvals: {required: [{role: risk}], requireEvidence: true}")
            try await fleet.apply("rules")
            try fleet.version("2.0.0")
            try fleet.deploy("2.0.0")
            try await fleet.apply("second")
            try await fleet.eventually("both are measured") {
                try await fleet.events(.versionValidated, phase: .outcome).count == 2
            }
            let evidence = try await fleet.events(.versionValidated, phase: .outcome)
                .compactMap { try ($0.body["evidence"]?.string).map { try Digest(parsing: $0) } }
            try #require(evidence.count == 2 && evidence[0] != evidence[1])
            try await fleet.say("propose", "dave")
            try await fleet.say("approve", "alice", "--evidence", evidence[0].description)
            let why =
                "not counted: alice: it names the evidence \(evidence[0].short), and that of this change is \(evidence[1].short)"
            try await fleet.eventually("it is held for that") {
                try await fleet.condition(name, "Held")?.message.contains(why)
            }
            #expect(try await fleet.answeringVersion(name) == "1.0.0")
            try await fleet.say("approve", "alice", "--evidence", evidence[1].description)
            try await fleet.serves(name, "2.0.0")
        }
    }
}

extension Fleet {
    fileprivate static func checklist(_ gate: String) -> String {
        "apiVersion: waybill.dev/v1alpha1\nkind: Checklist\nmetadata: {name: careful}\nspec:\n  gates:\n    \(gate)\n"
    }

    /// Has production ask one gate, and what else `line` says.
    fileprivate func askOne(_ gate: String, also line: String? = nil) throws {
        try write("checklists/careful.yaml", Self.checklist(gate))
        try write(
            "environments.yaml",
            try sample("environments.yaml").replacing(
                "  description: What customers see.", with: "  checklist: careful" + (line.map { "\n  \($0)" } ?? "")))
    }

    /// Commits a new version along with the altered rule: nothing of either is taken, and no word to the controller changes that.
    fileprivate func isRefused(_ rule: String) async throws {
        let name = "production/risk-score"
        let before = try await events(.replicaStarted, phase: .intent).count
        try version("2.0.0")
        try deploy("2.0.0")
        let head = try await apply("nothing to see here")
        try await eventually("it is held") { try await condition(name, "Held")?.reason == "RulesUnapproved" }
        let message = try #require(try await condition(name, "Held")).message
        #expect(
            message.hasPrefix(
                "the rules change (\(rule)), and nothing of the commit is taken until that is approved: waiting for 1 more of governor"
            ),
            "\(message)")
        _ = try await waybill("accept", head.hex, "--reason", "I know better")
        _ = try await waybill("retry", name)
        _ = try await client.perform(.sync)
        #expect(try await condition(name, "Held")?.reason == "RulesUnapproved")
        #expect(try await answeringVersion(name) == "1.0.0")
        #expect(try await events(.replicaStarted, phase: .intent).count == before)
        #expect(try await events(.versionValidated).isEmpty)
    }

    /// `person` says a word about what serves in production, by a ref alone.
    fileprivate func say(_ verb: String, _ person: String, _ more: String...) async throws {
        let given = try await Program.run(
            [
                Program.waybill, verb, "production/risk-score", "--key", "\(folder)/\(person)", "--yes", "--push-ref",
                "--base", "HEAD~1", "--repository", clone,
            ] + more, in: folder)
        #expect(given.code == 0, "\(given.output)\(given.errors)")
        _ = try await client.perform(.sync)
    }
}
