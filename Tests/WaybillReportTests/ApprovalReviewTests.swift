import Testing
import WaybillCore

@testable import WaybillReport
@testable import WaybillTrust

/// People's words in the reviewer's plan.
@Suite struct ApprovalReviewTests {
    private func item(_ key: String, _ fill: (inout ApprovalVerdict) throws -> Void) throws -> ApprovalReview.Item {
        let policy = ApprovalPolicy(required: [.init(role: try Samples.name("risk"))])
        let change = Change(
            try DeploymentKey(parsing: key), from: nil, rendering: Digest(of: key.utf8), checklist: nil)
        var verdict = ApprovalVerdict(change: change, policy: policy)
        try fill(&verdict)
        return .init(key: change.key, change: change.digest, policy: policy, verdict: verdict)
    }

    private func waiting(_ key: String) throws -> ApprovalReview.Item {
        try item(key) {
            $0.missing = [.init(role: try Samples.name("risk"), count: 1, people: [try Samples.name("alice")])]
        }
    }

    private func plan(_ review: ApprovalReview) throws -> ReviewPlan {
        let version = try Samples.version("1.4.0")
        let state = try Samples.state("a", [try Samples.deployment("production/churn", version)])
        var plan = Samples.review(state, state)
        plan.approvals = review
        plan.missing = review.missing
        plan.attention = review.attention
        return plan
    }

    @Test func `changes of which the same was said are one row, and each is named`() throws {
        let items = try (0..<120).map { try waiting("production/churn-\($0)") }
        let review = ApprovalReview(governance: .governed(ofRules: true), items: items.reversed())
        #expect(review == ApprovalReview(governance: .governed(ofRules: true), items: items))
        #expect(review.missing == ["120 deployments of production: waiting for 1 more of risk (alice)"])
        let text = try plan(review).plain
        #expect(
            text.contains(
                "| **120 deployments of production** | 120 changes | 1 of risk | – | ✗ waiting for 1 more of risk (alice) |\n"
            ))
        #expect(text.contains("- `production/churn-0` `\(items[0].change)`\n"), "\(text)")
    }

    @Test func `thousands of different words fit into a comment, and the end counts what is left out`() throws {
        let items = try (0..<3000).map { number in
            try item("production/churn-\(number)") {
                $0.rejections = [
                    .init(
                        person: try Samples.name("bob"), role: try Samples.name("risk"), place: "p",
                        reason: "\(number) " + String(repeating: "|", count: 400))
                ]
            }
        }
        let text = try plan(ApprovalReview(governance: .governed(ofRules: true), items: items)).markdown
        #expect(text.unicodeScalars.count <= BoundedMarkdown.limit)
        #expect(text.contains("Left out, for a comment is bounded: "))
    }

    @Test(arguments: EscapingTests.samples)
    func `a reason, a path and a rule's name change nothing in the shape of a page`(_ sample: EscapingTests.Hostile)
        throws
    {
        func page(_ text: String) throws -> String {
            let item = try item("production/churn") {
                let (person, role) = (try Samples.name("bob"), try Samples.name("risk"))
                $0.rejections = [.init(person: person, role: role, place: text, reason: text)]
                $0.void = [.init(place: text, person: nil, why: text, isOfThisChange: true)]
            }
            let review = ApprovalReview(
                governance: .governed(ofRules: false), items: [item], rules: [text],
                unread: [.init(path: text, why: text)])
            return HTMLWriter.text(try plan(review).document)
        }
        let tags = { (text: String) in text.matches(of: /<[^>]*>/).map { String($0.output) } }
        #expect(tags(try page(sample.text)) == tags(try page("plain")))
    }

    @Test func `an override is loud and keeps nobody waiting`() throws {
        let key = "production/churn"
        let person = try Samples.name("ada")
        let review = ApprovalReview(
            governance: .governed(ofRules: true),
            items: [
                try item(key) {
                    $0.missing = [.init(role: try Samples.name("risk"), count: 1, people: [])]
                    $0.overrides = [
                        .init(
                            person: person, place: "p",
                            key: try SSHPublicKey(
                                parsing:
                                    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"),
                            reason: "it answers nonsense", expires: nil)
                    ]
                }
            ])
        #expect(review.missing == [])
        #expect(
            review.attention == [
                "production/churn: overridden by ada: it answers nonsense; it begins in spite of what it waits for"
            ])
    }
}
