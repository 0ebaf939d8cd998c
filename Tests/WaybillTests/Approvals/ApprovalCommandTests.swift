import Foundation
import Testing
import WaybillTestSupport

@testable import waybill

/// Words about changes by hand, on clones and keys as people have them.
@Suite struct `Approvals by hand` {
    @Test func `a change is proposed, approved and listed without a controller`() async throws {
        try await ApprovalFleet.with { (fleet) async throws in
            let before = try fleet.waybill("approvals", "list")
            #expect(before.code == 2)
            #expect(before.output.hasPrefix("production/greeting  sha256:"), "\(before.output)")
            #expect(before.output.contains("\n  asks for 1 of risk\n  missing  1 more of risk (alice, bob)\n"))

            #expect(try fleet.give("propose", "dave").hasSuffix("/dave.proposal"))
            let file = try fleet.give("approve", "alice")
            #expect(file.hasPrefix(".waybill/approvals/production/greeting/") && file.hasSuffix("/alice.approval"))
            let after = try fleet.waybill("approvals", "list")
            #expect(after.code == 0, "\(after.output)\(after.errors)")
            #expect(after.output.contains("\n  proposed by dave\n  given    alice as risk until "), "\(after.output)")
            #expect(try fleet.judged().message == "approved by alice (risk)")
        }
    }

    @Test func `what is approved is shown before it is signed, and nothing is signed without a yes`() async throws {
        try await ApprovalFleet.with { (fleet) async throws in
            let asked = try fleet.waybill("approve", ApprovalFleet.key, "--key", "alice")
            #expect(asked.code == 1)
            #expect(
                asked.output.hasPrefix(
                    "production/greeting\n  now   nothing\n  then  greeting@1.0.0, revision "), "\(asked.output)")
            #expect(asked.output.contains("\n    spec.version: nothing → 1.0.0\n"), "\(asked.output)")
            #expect(asked.output.contains("\nwaybill.approval/1\napprove production/greeting\nchange sha256:"))
            #expect(
                asked.errors
                    == "error: nothing was signed: there is no terminal to ask on; read the above and add --yes\n")
            #expect(try fleet.sh("cd fleet; git status --porcelain") == "")
        }
    }

    @Test(arguments: [
        (
            ["approve", ApprovalFleet.key, "--key", "eve"],
            "eve has no role that production asks for, which is 1 of risk"
        ),
        (
            ["approve", ApprovalFleet.key, "--key", "carol", "--as", "risk"],
            "carol cannot speak as risk for production/greeting; asked for is 1 of risk"
        ),
        (
            ["approve", "staging/greeting", "--key", "alice"], "staging/greeting is the same at "
        ),
        (["approve", ApprovalFleet.key, "--key", "forge"], "nobody in '.waybill/access.yaml' has the key SHA256:"),
        (["reject", ApprovalFleet.key, "--key", "alice", "--reason", ""], "a reason has 1 to 500 letters"),
    ])
    func `who may not speak is told why`(_ words: [String], _ message: String) async throws {
        try await ApprovalFleet.with { (fleet) async throws in
            let result = try fleet.program.run(
                words + ["--yes", "--base", "main", "--head", "HEAD", "--repository", "fleet"])
            #expect(result.code != 0)
            #expect(result.errors.contains(message), "\(result.errors)")
        }
    }

    @Test func `a rejection takes the place of an approval, and an approval that of a rejection`() async throws {
        try await ApprovalFleet.with { (fleet) async throws in
            try fleet.give("propose", "dave")
            let approval = try fleet.give("approve", "alice")
            #expect(try fleet.give("reject", "alice", "--reason", "the card is empty") == approval)
            #expect(
                try fleet.judged().message
                    == "rejected by alice (risk): the card is empty; it goes on once that is withdrawn. waiting for 1 more of risk (alice, bob)"
            )
            #expect(try fleet.give("approve", "alice") == approval)
            #expect(try fleet.judged().message == "approved by alice (risk)")
        }
    }

    @Test func `an approval beside the branch is pushed to a ref, and read from there`() async throws {
        try await ApprovalFleet.with { (fleet) async throws in
            try fleet.give("propose", "dave")
            let head = try fleet.sh("cd fleet; git rev-parse HEAD")
            let given = try fleet.waybill("approve", ApprovalFleet.key, "--key", "alice", "--yes", "--push-ref")
            #expect(given.code == 0, "\(given.errors)")
            #expect(given.output.contains("\npushed to refs/waybill/approvals/production/greeting/"))
            #expect(try fleet.sh("cd fleet; git rev-parse HEAD; git status --porcelain") == head)
            #expect(try fleet.sh("git -C remote.git for-each-ref refs/waybill").contains("/alice\n"))
            #expect(try fleet.judged().message == "approved by alice (risk)")
        }
    }

    @Test func `what is spent is pruned, and what can still count is not`() async throws {
        try await ApprovalFleet.with { (fleet) async throws in
            let kept = [try fleet.give("propose", "dave"), try fleet.give("approve", "alice")]
            try fleet.sh("cd fleet; echo x > .waybill/approvals/notes; git add -A; git commit -qm notes")
            let first = try fleet.program.run(["approvals", "prune", "--dry-run", "--repository", "fleet"])
            #expect(first.output == "would remove .waybill/approvals/notes\n", "\(first.output)\(first.errors)")
            try fleet.sh(
                "cd fleet; sed -i 's/replicas: 1/replicas: 2/' fleet/deployments/production-greeting.yaml; git commit -qam more"
            )
            let all = try fleet.program.run(["approvals", "prune", "--repository", "fleet"])
            let removed = (kept + [".waybill/approvals/notes"]).sorted()
            #expect(all.output == removed.map { "removed \($0)\n" }.joined())
            #expect(try fleet.sh("cd fleet; find .waybill/approvals -type f") == "")
        }
    }

    @Test func `the first access file names one person, who may then approve and govern`() async throws {
        try await ApprovalFleet.with { (fleet) async throws in
            let again = try fleet.program.run(
                ["access", "init", "--person", "ada", "--public-key", "alice.pub", "--repository", "fleet"])
            #expect(again.errors == "error: .waybill/access.yaml is there already; change it by hand\n")
            try fleet.sh("rm fleet/.waybill/access.yaml")
            let first = try fleet.program.run(
                ["access", "init", "--person", "ada", "--public-key", "alice.pub", "--repository", "fleet"])
            #expect(first.code == 0, "\(first.errors)")
            let lint = try fleet.program.run(["lint", "fleet/.waybill/access.yaml"])
            #expect(lint.code == 0, "\(lint.output)")
        }
    }

    @Test func `an override is signed by who may, for a time, and is told from an approval`() async throws {
        try await ApprovalFleet.with { (fleet) async throws in
            let words = ["--reason", "the old one answers nonsense", "--expires", "2h"]
            let refused = try fleet.program.run(
                ["override", ApprovalFleet.key, "--key", "eve", "--yes", "--base", "main", "--repository", "fleet"]
                    + words)
            #expect(refused.errors == "error: eve has not the role override for production/greeting\n")
            try fleet.sh("cd fleet; git checkout -q main")
            try fleet.writeAccess {
                $0 + "    - {role: override, models: [\"*\"], environments: [production], people: [eve]}\n"
            }
            try fleet.sh("cd fleet; git commit -qam 'eve may override'; git checkout -q change; git rebase -q main")
            let file = try fleet.give("override", "eve", words[0], words[1], words[2], words[3])
            #expect(file.hasSuffix("/eve.override"))
            let listed = try fleet.waybill("approvals", "list")
            #expect(listed.output.contains("  override eve until "), "\(listed.output)")
            #expect(listed.output.contains(": the old one answers nonsense\n"))
            let long = try fleet.program.run(
                ["override", ApprovalFleet.key, "--key", "eve", "--yes", "--reason", "x", "--expires", "0s"])
            #expect(long.errors.contains("an override holds for some time"), "\(long.errors)")
        }
    }
}
