import Foundation
import Testing
import WaybillTestSupport

@testable import waybill

/// What the reviewer's plan says of people's words, on real repositories.
@Suite struct `The plan shows whose words are there` {
    private func plan(_ fleet: ApprovalFleet) throws -> String {
        let result = try fleet.waybill("plan", "-o", "markdown")
        #expect(result.code == 0, "\(result.errors)")
        return result.output.replacing("\u{200B}", with: "")
    }

    @Test func `the plan names the change that is signed, and who is missing until all is said`() async throws {
        try await ApprovalFleet.with { (fleet) async throws in
            let before = try plan(fleet)
            #expect(before.hasPrefix("### Waybill plan: do not merge yet, 1 thing is missing\n"), "\(before)")
            #expect(
                before.contains("\n- production/greeting: waiting for 1 more of risk (alice, bob) and 1 more person"))

            try fleet.give("propose", "dave")
            let change = try #require(try fleet.give("approve", "alice").split(separator: "/").dropLast().last)
            let after = try plan(fleet)
            #expect(after.hasPrefix("### Waybill plan: may merge"), "\(after)")
            #expect(
                after.contains(
                    "\n| `production/greeting` | `sha256:\(change)` | 1 of risk | ✓ alice (risk); proposed by dave | ✓ nothing |\n"
                ), "\(after)")
            #expect(try plan(fleet) == after)
        }
    }

    @Test func `a rejection and void files stand in the plan with their reason`() async throws {
        try await ApprovalFleet.with { (fleet) async throws in
            try fleet.give("propose", "alice")
            try fleet.give("approve", "alice2")
            try fleet.give("reject", "bob", "--reason", "<b>not</b> @all | before 1.1")
            let text = try plan(fleet)
            #expect(
                text.contains("✗ bob (risk): &lt;b&gt;not&lt;/b&gt; @all \\| before 1.1; proposed by alice"), "\(text)")
            #expect(text.contains("alice proposed it, and an author's own approval does not count"), "\(text)")
            #expect(text.contains("\n- production/greeting: rejected by bob (risk): "), "\(text)")
        }
    }

    @Test func `a fleet without an access file is called ungoverned, and asks in vain`() async throws {
        try await ApprovalFleet.with { (fleet) async throws in
            try fleet.sh(
                "cd fleet; git checkout -q main; git rm -q .waybill/access.yaml; git commit -qm open; git checkout -q change; git rebase -q main"
            )
            let asked = try plan(fleet)
            #expect(asked.contains("Ungoverned: the base has no '.waybill/access.yaml'"), "\(asked)")
            #expect(
                asked.contains(
                    "\n- production/greeting: production asks for 1 of risk, and the base has no '.waybill/access.yaml' that says who they are\n"
                ), "\(asked)")
            // Rules that come with the change itself judge nothing.
            try fleet.writeAccess()
            try fleet.sh("cd fleet; git add -A; git commit -qm rules")
            #expect(try plan(fleet).contains("Ungoverned: the base has no"))
        }
    }

    @Test func `an access file that is broken by the change stops the merge in words`() async throws {
        try await ApprovalFleet.with { (fleet) async throws in
            try fleet.writeAccess { $0.replacing("kind: Access", with: "kind: Nonsense") }
            try fleet.sh("cd fleet; git commit -qam broken")
            let text = try fleet.waybill("plan", "-o", "markdown").output
            #expect(
                text.replacing("\u{200B}", with: "").contains(
                    "- who may say yes cannot be told: .waybill/access.yaml:2:7: error: 'kind' is 'Nonsense'; expected 'Access'\n"
                ), "\(text)")
        }
    }
}

/// Words that were given and are no longer there, and rules that are loosened in the pull request that needs them.
extension `Nobody gets past an approval` {
    @Test func `an approval that a rewind took away counts no longer`() async throws {
        try await ApprovalFleet.with { (fleet) async throws in
            try fleet.give("propose", "dave")
            try fleet.give("approve", "alice")
            #expect(try fleet.judged().code == 0)
            try fleet.sh("cd fleet; git reset -q --hard HEAD~1")
            let judged = try fleet.judged()
            #expect(judged.code == 2 && judged.message == "waiting for 1 more of risk (alice, bob)")
        }
    }

    @Test(arguments: [
        ("nobody is asked", "sed -i '/approvals:/,/required/d' fleet/environments.yaml"),
        ("another role is asked", "sed -i 's/role: risk/role: platform/' fleet/environments.yaml"),
        ("the access file goes", "git rm -q .waybill/access.yaml"),
    ])
    func `rules that the pull request loosens judge it as they were`(_ what: String, _ edit: String) async throws {
        try await ApprovalFleet.with { (fleet) async throws in
            try fleet.give("propose", "dave")
            try fleet.sh("cd fleet; \(edit); git add -A; git commit -qm loosened")
            let judged = try fleet.judged()
            #expect(judged.code == 2, "\(what)")
            #expect(judged.message == "waiting for 1 more of risk (alice, bob)", "\(what)")
        }
    }
}
