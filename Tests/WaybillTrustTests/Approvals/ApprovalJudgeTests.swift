import Testing
import WaybillCore

@testable import WaybillTrust

@Suite struct `What words are worth` {
    typealias Bench = ApprovalBench

    /// One situation and the sentence that is said of it.
    struct Situation: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var found: [FoundStatement]
        var policy: ApprovalPolicy
        var access: Access
        var evidence: Digest?
        var now: Timestamp
        let message: String

        init(
            _ what: String, _ found: [FoundStatement], policy: ApprovalPolicy = Bench.policy,
            access: Access = Bench.access(), evidence: Digest? = nil, now: Timestamp = Bench.now, says message: String
        ) {
            testDescription = what
            (self.found, self.policy, self.access) = (found, policy, access)
            (self.evidence, self.now, self.message) = (evidence, now, message)
        }

        var verdict: ApprovalVerdict {
            ApprovalJudge(
                access: access, now: now, change: Bench.change, policy: policy, model: Bench.name("churn"),
                evidence: evidence
            ).judge(found)
        }
    }

    private static let proposal = Bench.found("dave", Bench.statement(.propose))
    private static let alice = Bench.found("alice", Bench.statement())
    private static let two = ApprovalPolicy(required: [
        .init(role: Bench.name("risk"), count: 2), .init(role: Bench.name("platform")),
    ])
    private static let withEvidence = ApprovalPolicy(
        required: [.init(role: Bench.name("risk"))], requiresEvidence: true)
    private static let waiting = "waiting for 1 more of risk (alice, bob). not counted: "

    private static func moved(_ edit: (inout ApprovalStatement) -> Void) -> FoundStatement {
        Bench.found("alice", Bench.statement(edit: edit))
    }

    static let given: [Situation] = [
        Situation("an approval and a proposal", [proposal, alice], says: "approved by alice (risk)"),
        Situation(
            "three people in two roles",
            [
                proposal, alice, Bench.found("bob", Bench.statement()),
                Bench.found("carol", Bench.statement(as: "platform")),
            ], policy: two, says: "approved by alice (risk), bob (risk), carol (platform)"),
        Situation(
            "one more person where nobody proposed", [alice, Bench.found("bob", Bench.statement())],
            says: "approved by alice (risk), bob (risk)"),
        Situation(
            "an approval by a second key", [proposal, Bench.found("alice", Bench.statement(), seed: 11)],
            says: "approved by alice (risk)"),
        Situation(
            "the evidence that is asked for", [proposal, moved { $0.evidence = Bench.evidence }], policy: withEvidence,
            evidence: Bench.evidence, says: "approved by alice (risk)"),
        Situation(
            "a clock that is a little ahead", [proposal, moved { $0.issued = Bench.now + .seconds(300) }],
            says: "approved by alice (risk)"),
        Situation(
            "a rejection that was withdrawn by an approval given later",
            [
                proposal, alice,
                Bench.found(
                    "alice", Bench.statement(.reject) { $0.issued = Bench.now + .seconds(-60) }, place: "refs/a:x"),
            ], says: "approved by alice (risk)"),
    ]

    static let missing: [Situation] = [
        Situation("nothing but a proposal", [proposal], says: "waiting for 1 more of risk (alice, bob)"),
        Situation(
            "nothing at all", [],
            says:
                "waiting for 1 more of risk (alice, bob) and 1 more person, since no signed proposal says who the author is (alice, bob)"
        ),
        Situation(
            "an approval where nobody proposed", [alice],
            says: "waiting for 1 more person, since no signed proposal says who the author is (bob)"),
        Situation(
            "two roles", [proposal, alice], policy: two,
            says: "waiting for 1 more of risk (bob) and 1 more of platform (carol)"),
        Situation(
            "more people than there are", [proposal, alice, Bench.found("bob", Bench.statement())],
            policy: ApprovalPolicy(required: [.init(role: Bench.name("risk"), count: 3)]),
            says: "waiting for 1 more of risk (nobody left who may)"),
    ]

    static let void: [Situation] = [
        Situation(
            "a key of nobody", [proposal, Bench.found("alice", Bench.statement(), seed: 77)],
            says: waiting
                + "\(ApprovalPath(Bench.statement(), of: Bench.name("alice"))): nobody in the access file has its key \(Bench.secret(77).publicKey.fingerprint)"
        ),
        Situation(
            "a revoked key", [proposal, alice],
            access: Bench.access { people, _ in people[0].keys[0].revoked = Bench.now + .seconds(-1) },
            says: waiting + "alice: the key of alice was revoked at 2026-11-18T11:06:39Z"),
        Situation(
            "a key whose time is over", [proposal, alice],
            access: Bench.access { people, _ in people[0].keys[0].validUntil = Bench.now },
            says: waiting + "alice: the key of alice counted until 2026-11-18T11:06:40Z"),
        Situation(
            "a key whose time has not come", [proposal, alice],
            access: Bench.access { people, _ in people[0].keys[0].validFrom = Bench.now + .seconds(1) },
            says: waiting + "alice: the key of alice counts only from 2026-11-18T11:06:41Z on"),
        Situation(
            "somebody else's name", [proposal, Bench.found("bob", Bench.statement(), seed: 1)],
            says: waiting
                + "alice: it is not where it says it is: '\(ApprovalPath(Bench.statement(), of: Bench.name("alice")))'"),
        Situation(
            "expired", [proposal, alice], now: Bench.now + Bench.days(2),
            says: waiting + "alice: it expired at 2026-11-20T11:06:40Z"),
        Situation(
            "older than an approval holds", [proposal, moved { $0.expires = Bench.now + Bench.days(99) }],
            now: Bench.now + Bench.days(7),
            says: waiting + "alice: it was given at 2026-11-18T11:06:40Z, and an approval holds 168h"),
        Situation(
            "from the future", [proposal, moved { $0.issued = Bench.now + .seconds(301) }],
            says: waiting + "alice: it was given in the future, at 2026-11-18T11:11:41Z"),
        Situation(
            "the signature of a commit", [proposal, Bench.found("alice", Bench.statement(), namespace: "git")],
            says: waiting
                + "\(ApprovalPath(Bench.statement(), of: Bench.name("alice"))): it was made for 'git' and proves nothing for 'waybill.dev/approve'"
        ),
        Situation(
            "a proposal passed as an approval",
            [proposal, Bench.found("alice", Bench.statement(), namespace: "waybill.dev/propose")],
            says: waiting
                + "\(ApprovalPath(Bench.statement(), of: Bench.name("alice"))): it was made for 'waybill.dev/propose' and proves nothing for 'waybill.dev/approve'"
        ),
        Situation(
            "from another state", [proposal, moved { $0.from = nil }],
            says: waiting + "alice: it starts from absent, and \(Bench.serving.short) serves"),
        Situation(
            "no evidence where it is asked for", [proposal, alice], policy: withEvidence, evidence: Bench.evidence,
            says: waiting + "alice: it names no evidence, which production asks for"),
        Situation(
            "evidence of another version", [proposal, moved { $0.evidence = Digest(of: [1]) }], policy: withEvidence,
            evidence: Bench.evidence,
            says: waiting
                + "alice: it names the evidence \(Digest(of: [1]).short), and that of this change is \(Bench.evidence.short)"
        ),
        Situation(
            "evidence where nothing was validated", [proposal, moved { $0.evidence = Bench.evidence }],
            says: waiting + "alice: it names the evidence \(Bench.evidence.short), and nothing was validated"),
        Situation(
            "a role that is not asked for", [proposal, Bench.found("carol", Bench.statement(as: "platform"))],
            says: waiting + "carol: it is given as platform, and asked for is 1 of risk"),
        Situation(
            "a role that one has not", [proposal, Bench.found("eve", Bench.statement())],
            says: waiting + "eve: eve has not the role risk here"),
        Situation(
            "a bot", [proposal, Bench.found("robot", Bench.statement())],
            says: waiting + "robot: robot is a bot, whose word never counts"),
        Situation(
            "the author's own, by a second key",
            [
                Bench.found("alice", Bench.statement(.propose)), Bench.found("alice", Bench.statement(), seed: 11),
            ],
            says:
                "waiting for 1 more of risk (bob). not counted: alice: alice proposed it, and an author's own approval does not count"
        ),
        Situation(
            "one person twice",
            [proposal, alice, Bench.found("alice", Bench.statement(), seed: 11, place: "refs/a:x")],
            policy: ApprovalPolicy(required: [.init(role: Bench.name("risk"), count: 2)]),
            says:
                "waiting for 1 more of risk (bob). not counted: alice: alice counts once, by '\(ApprovalPath(Bench.statement(), of: Bench.name("alice")))'"
        ),
        Situation(
            "rejected", [proposal, alice, Bench.found("bob", Bench.statement(.reject))],
            says: "rejected by bob (risk): not yet; it goes on once that is withdrawn"),
        Situation(
            "rejected after one's own approval, wherever each is",
            [
                proposal, Bench.found("bob", Bench.statement()), alice,
                Bench.found("alice", Bench.statement(.reject), place: "refs/a:x"),
            ],
            says:
                "rejected by alice (risk): not yet; it goes on once that is withdrawn. not counted: alice: alice counts once, by 'refs/a:x'"
        ),
    ]

    @Test(arguments: given) func `enough words are enough`(_ situation: Situation) {
        #expect(situation.verdict.message == situation.message)
        #expect(situation.verdict.isApproved)
    }

    @Test(arguments: missing + void) func `too few words wait, and say for whom and why`(_ situation: Situation) {
        #expect(situation.verdict.message == situation.message)
        #expect(!situation.verdict.isApproved)
    }

    @Test func `words about another change are listed, and not in the sentence`() {
        let other = Bench.found("alice", Bench.statement { $0.change = Digest(of: [2]) })
        let elsewhere = Bench.statement { $0.key = Bench.deployment("staging/churn") }
        let replayed = FoundStatement(
            place: "p", path: ApprovalPath(Bench.statement(), of: Bench.name("alice")),
            file: Bench.signed(elsewhere, 1).file)
        let verdict = Situation("", [other, replayed], says: "").verdict
        #expect(
            verdict.void.map(\.why) == [
                "it is about another change, \(Digest(of: [2]).short)",
                "it is not where it says it is: '\(ApprovalPath(elsewhere, of: Bench.name("alice")))'",
            ])
        #expect(verdict.void.map(\.isOfThisChange) == [false, true])
    }

    @Test func `a role that is given for some models and environments is not one for others`() throws {
        let access = Bench.access { _, grants in
            grants = [
                Access.Grant(
                    role: .approver, as: Bench.name("risk"),
                    models: [(try? NamePattern(parsing: "fraud*"))].compactMap { $0 },
                    people: [Bench.name("alice")]),
                Access.Grant(
                    role: .approver, as: Bench.name("risk"),
                    models: [(try? NamePattern(parsing: "*"))].compactMap { $0 },
                    environments: [(try? NamePattern(parsing: "staging"))].compactMap { $0 },
                    people: [Bench.name("bob")]),
            ]
        }
        let verdict = Situation(
            "", [Self.proposal, Self.alice, Bench.found("bob", Bench.statement())], access: access, says: ""
        ).verdict
        #expect(verdict.given.isEmpty)
        #expect(
            verdict.void.map(\.why) == ["alice has not the role risk here", "bob has not the role risk here"])
    }

    @Test func `the rules of a fleet that one person holds are theirs, and of two need the other one`() {
        let policy = ApprovalPolicy(required: [.init(role: Bench.name("governor"))])
        let found = [
            Bench.found("alice", Bench.statement(.propose)), Bench.found("alice", Bench.statement(as: "governor")),
        ]
        func verdict(_ access: Access) -> ApprovalVerdict {
            ApprovalJudge(
                access: access, now: Bench.now, change: Bench.change, policy: policy, model: nil, evidence: nil,
                role: .governor
            ).judge(found)
        }
        #expect(verdict(Bench.access()).isApproved)
        let two = verdict(Bench.access { _, grants in grants[2].people.insert(Bench.name("bob")) })
        #expect(!two.isApproved)
        #expect(two.message.hasPrefix("waiting for 1 more of governor (bob)"))
    }

    @Test func `what a key in hardware says of a person's presence is told`() throws {
        let statement = Bench.statement()
        let hardware = try SSHCorpus.ofHardware(Array(statement.description.utf8), namespace: statement.kind.namespace)
        for (_, signature) in hardware {
            let access = Bench.access { people, _ in people[0].keys.append(Access.Key(key: signature.key)) }
            let path = ApprovalPath(statement, of: Bench.name("alice"))
            let file = FoundStatement(
                place: path.description, path: path, file: SignedStatement(statement, signature).file)
            let verdict = Situation("", [Self.proposal, file], access: access, says: "").verdict
            #expect(verdict.given.first?.presence == SSHPresence(isUserPresent: true, isUserVerified: true, counter: 7))
            #expect(verdict.value["given"]?.list?.first?["presence"]?["userPresent"] == true)
        }
    }

    // MARK: Overrides

    private static func override(_ edit: (inout ApprovalStatement) -> Void = { _ in }) -> ApprovalStatement {
        Bench.statement(.override, as: "override") {
            ($0.expires, $0.reason) = (Bench.now + .seconds(600), "it answers nonsense")
            edit(&$0)
        }
    }

    private static func overriders(_ names: String...) -> Access {
        Bench.access { _, grants in
            guard let all = try? NamePattern(parsing: "*") else { return }
            grants.append(Access.Grant(role: .override, models: [all], people: Set(names.map(Bench.name))))
        }
    }

    @Test func `an override is in the place of what is missing, by as many people as it takes`() {
        let (one, two) = (Bench.found("eve", Self.override()), Bench.found("dave", Self.override()))
        let access = Self.overriders("eve", "dave", "robot")
        let alone = Situation("", [one], access: access, says: "").verdict
        #expect(alone.isOverridden && !alone.isApproved)
        #expect(alone.overriddenText == "overridden by eve: it answers nonsense")
        var policy = Bench.policy
        policy.overriders = 2
        let lacking = Situation("", [one], policy: policy, access: access, says: "").verdict
        #expect(!lacking.isOverridden)
        #expect(lacking.message.hasSuffix("overridden by eve: it answers nonsense, and it takes 2 people"))
        #expect(Situation("", [one, two], policy: policy, access: access, says: "").verdict.isOverridden)
        // One person by the same word in two places is one.
        let twice = Bench.found("eve", Self.override(), place: "refs/waybill/approvals/x:y")
        #expect(!Situation("", [one, twice], policy: policy, access: access, says: "").verdict.isOverridden)
        // A rejection does not hinder it: that is what it is for.
        let no = Bench.found("alice", Bench.statement(.reject))
        #expect(Situation("", [one, no], access: access, says: "").verdict.isOverridden)
    }

    @Test func `an override of who may not, of another purpose, or past its end is void`() {
        let access = Self.overriders("eve", "robot")
        let rows: [(FoundStatement, Timestamp, String)] = [
            (Bench.found("dave", Self.override()), Bench.now, "dave has not the role override here"),
            (Bench.found("robot", Self.override()), Bench.now, "robot is a bot, whose word never counts"),
            (
                Bench.found("eve", Self.override()), Bench.now + .seconds(600), "it expired at 2026-11-18T11:16:40Z"
            ),
            (
                Bench.found("eve", Self.override { $0.from = nil }), Bench.now,
                "it starts from absent, and \(Bench.serving.short) serves"
            ),
            (
                Bench.found("eve", Self.override { $0.key = Bench.deployment("staging/churn") }), Bench.now,
                "it is about staging/churn"
            ),
            (
                Bench.found("eve", Self.override { $0.role = Bench.name("risk") }), Bench.now,
                "eve has not the role override here"
            ),
        ]
        for (file, now, why) in rows {
            let verdict = Situation("", [file], access: access, now: now, says: "").verdict
            #expect(!verdict.isOverridden && verdict.void.map(\.why) == [why])
        }
        let stolen = Bench.found("eve", Self.override(), namespace: "waybill.dev/approve")
        #expect(!Situation("", [stolen], access: access, says: "").verdict.isOverridden)
    }
}
