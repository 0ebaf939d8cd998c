import Testing
import WaybillCore

/// What stands between a prepared revision and its first start.
struct AdmissionTests {
    let fixtures: PlanFixtures
    init() throws { fixtures = try PlanFixtures() }

    private static func asked(_ name: String, atLeast bound: Int = 1) throws -> AskedChecklist {
        AskedChecklist(name: try Name(parsing: name), rules: Checklist(gates: [Gate(.signed(people: bound))]))
    }

    private static func desired(
        _ fixtures: PlanFixtures, _ setting: Int, replicas: Int = 1, bound: Int = 1
    ) throws -> DesiredDeployment {
        var desired = fixtures.desired(setting, replicas: replicas)
        desired.admission = AdmissionPolicy(checklist: try asked("c", atLeast: bound))
        return desired
    }

    private static func verdict(_ fixtures: PlanFixtures, _ setting: Int, _ verdict: Verdict) throws -> GateVerdict {
        GateVerdict(
            revision: fixtures.desired(setting).revision.description, checklist: "c", rules: try asked("c").digest,
            verdict: verdict, gate: verdict == .passed ? nil : "ranks-well",
            message: verdict == .passed ? nil : "rocAuc is 0.91 on 171 rows, at least 0.98 is asked")
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var replicas = 1
        var bound = 1
        let observed: @Sendable (PlanFixtures) -> Observation
        var verdict: Verdict?
        var context: @Sendable (inout PlanContext, PlanFixtures) -> Void = { _, _ in }
        let plan: String
    }

    private static let old: @Sendable (PlanFixtures) -> Observation = {
        $0.observed([$0.replica(1, 1)], routed: [$0.id(1, 1)])
    }

    @Test(arguments: [
        Case(
            testDescription: "the first revision is asked once it is prepared",
            observed: { $0.observed([], prepared: []) }, plan: "prepare (validate) (start 50) (route 50)"),
        Case(
            testDescription: "what served serves while the gates are asked", observed: Self.old,
            plan: "validate (start 50) (route 50) (stop 1) (forget 1)"),
        Case(
            testDescription: "a pass lets it start", observed: Self.old, verdict: .passed,
            plan: "start 50 (route 50) (stop 1) (forget 1)"),
        Case(
            testDescription: "a failure does not", observed: Self.old, verdict: .failed,
            plan: "(start 50) (route 50) (stop 1) (forget 1)"),
        Case(
            testDescription: "too little evidence does not", observed: Self.old, verdict: .inconclusive,
            plan: "(start 50) (route 50) (stop 1) (forget 1)"),
        Case(
            testDescription: "an error is asked again", observed: Self.old, verdict: .errored,
            plan: "validate (start 50) (route 50) (stop 1) (forget 1)"),
        Case(
            testDescription: "a pass by other rules is none", bound: 2, observed: Self.old, verdict: .passed,
            plan: "validate (start 50) (route 50) (stop 1) (forget 1)"),
        Case(
            testDescription: "a revision that serves is not asked, however few of its replicas are left", replicas: 2,
            observed: { $0.observed([$0.replica(2, 7)], routed: [$0.id(2, 7)]) }, plan: "start 50 (route 7+50)"),
        Case(
            testDescription: "nor one that was let start and has lost all its replicas",
            observed: { $0.observed([]) }, context: { context, _ in context.isAdmitted = true },
            plan: "start 50 (route 50)"),
        Case(
            testDescription: "nothing is asked for no replica", replicas: 0, observed: Self.old,
            plan: "route  (stop 1) (forget 1)"),
        Case(
            testDescription: "what runs of it though nothing here started it is no reason, and goes",
            observed: { $0.observed([$0.replica(1, 1), $0.replica(2, 9)], routed: [$0.id(1, 1)]) }, verdict: .failed,
            plan: "(start 50) (route 50) (stop 1) stop 9 (forget 1) (forget 9)"),
        Case(
            testDescription: "what served is kept whole for as long as the new one may not start",
            observed: { $0.observed([$0.replica(1, 1, $0.exited)]) }, verdict: .failed,
            context: { $0.standIn = $1.desired(1) }, plan: "start 50 (route 50) forget 1 (start 51)"),
        Case(
            testDescription: "also how many of it are asked for", replicas: 2, observed: Self.old,
            verdict: .inconclusive,
            context: { $0.standIn = $1.desired(1) }, plan: "start 50 (route 1+50) (start 51) (start 52)"),
        Case(
            testDescription: "and no longer once it may", observed: Self.old, verdict: .passed,
            context: { $0.standIn = $1.desired(1) }, plan: "start 50 (route 50) (stop 1) (forget 1)"),
    ])
    func decides(_ given: Case) throws {
        let desired = try Self.desired(fixtures, 2, replicas: given.replicas, bound: given.bound)
        let verdict = try given.verdict.map { try Self.verdict(fixtures, 2, $0) }
        let plan = fixtures.plan(
            desired, given.observed(fixtures),
            fixtures.context {
                $0.verdict = verdict
                given.context(&$0, fixtures)
            })
        #expect(fixtures.brief(plan) == given.plan)
        #expect(plan.to == desired.revision)
        #expect((plan.refusal != nil) == (given.verdict == .failed || given.verdict == .inconclusive))
    }

    @Test func `the plan says what is asked, and what a start waits for`() throws {
        let plan = fixtures.plan(try Self.desired(fixtures, 2), Self.old(fixtures))
        #expect(plan.actions.first?.reason == "production asks the checklist c about churn@1.4.0")
        #expect(plan.actions.dropFirst().first?.waitsFor == "the checklist")
    }

    @Test func `a refusal names gate, measurement and bound, and what to do`() throws {
        let plan = fixtures.plan(
            try Self.desired(fixtures, 2), Self.old(fixtures),
            fixtures.context { $0.verdict = try? Self.verdict(fixtures, 2, .failed) })
        #expect(plan.refusal?.reason == "GatesFailed")
        #expect(
            plan.refusal?.message
                == "gate ranks-well of checklist c: rocAuc is 0.91 on 171 rows, at least 0.98 is asked; what served goes on; "
                + "commit another version or another checklist, or have it asked again by 'waybill retry production/churn'"
        )
    }

    @Test func `what is asked is no part of a rendering, and has bytes of its own`() throws {
        let (plain, asked) = (fixtures.desired(2), try Self.desired(fixtures, 2))
        #expect(plain.rendering == asked.rendering && plain.revision == asked.revision && plain != asked)
        let checklist = try #require(asked.admission.checklist)
        #expect(
            String(decoding: asked.admission.bytes, as: UTF8.self)
                == "waybill.admission/1\n{\"checklist\":{\"name\":\"c\",\"rules\":\"\(checklist.digest)\"}}\n")
        #expect(String(decoding: AdmissionPolicy.open.bytes, as: UTF8.self) == "waybill.admission/1\n{}\n")
        #expect(try Self.desired(fixtures, 2, bound: 2).admission.digest != asked.admission.digest)
        #expect(plain.admission.isOpen && !asked.admission.isOpen)
    }
}
