import Testing
import WaybillCore

/// Plans for a revision (2) that earns the traffic of another (1).
struct RolloutPlanTests {
    let fixtures: PlanFixtures
    init() throws { fixtures = try PlanFixtures() }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let weight: Int
        let isTakenBack: Bool
        let knowsStable: Bool
        let observed: @Sendable (PlanFixtures) -> Observation
        let context: @Sendable (inout PlanContext, PlanFixtures) -> Void
        let plan: String

        init(
            _ description: String, weight: Int, isTakenBack: Bool = false, knowsStable: Bool = true,
            observed: @escaping @Sendable (PlanFixtures) -> Observation,
            context: @escaping @Sendable (inout PlanContext, PlanFixtures) -> Void = { _, _ in }, plan: String
        ) {
            (testDescription, self.weight, self.isTakenBack) = (description, weight, isTakenBack)
            (self.knowsStable, self.observed, self.context, self.plan) = (knowsStable, observed, context, plan)
        }
    }

    @Test(arguments: growing + goingBack)
    func decides(_ given: Case) {
        let plan = fixtures.plan(
            fixtures.desired(2, replicas: 2), given.observed(fixtures),
            fixtures.context { context in
                given.context(&context, fixtures)
                context.rollout = RolloutView(
                    stable: given.knowsStable ? fixtures.desired(1, replicas: 2) : nil,
                    stableRevision: fixtures.desired(1).revision, weight: given.weight,
                    isTakenBack: given.isTakenBack, words: "step 1 of 2")
            })
        // What only the last step does is shown in each plan.
        let now = plan.actions.filter { $0.waitsFor != "the last step of the rollout" }
        var rest = plan
        rest.actions = now
        #expect(fixtures.brief(rest) == given.plan)
        #expect(plan.from == fixtures.desired(1).revision)
        #expect(!plan.isGoalServed)
    }

    static let two: @Sendable (PlanFixtures) -> [ObservedReplica] = { [$0.replica(1, 1), $0.replica(1, 2)] }

    static let growing: [Case] = [
        Case(
            "the new one starts beside the old one, which keeps all traffic", weight: 0,
            observed: { $0.observed(two($0), routed: [$0.id(1, 1), $0.id(1, 2)]) }, plan: "start 50 start 51"),
        Case(
            "ready, and nothing decided: the old one keeps all traffic", weight: 0,
            observed: {
                $0.observed(two($0) + [$0.replica(2, 3), $0.replica(2, 4)], routed: [$0.id(1, 1), $0.id(1, 2)])
            }, plan: ""),
        Case(
            "a share: both are in rotation", weight: 10,
            observed: {
                $0.observed(two($0) + [$0.replica(2, 3), $0.replica(2, 4)], routed: [$0.id(1, 1), $0.id(1, 2)])
            }, plan: "route 1+2+3+4 90:10"),
        Case(
            "the share is published: nothing to do", weight: 10,
            observed: {
                $0.observed(
                    two($0) + [$0.replica(2, 3), $0.replica(2, 4)],
                    routed: [$0.id(1, 1), $0.id(1, 2), $0.id(2, 3), $0.id(2, 4)])
            }, context: { published(&$0, $1, 10) }, plan: ""),
        Case(
            "another share of the same replicas is set, too", weight: 50,
            observed: {
                $0.observed(
                    two($0) + [$0.replica(2, 3), $0.replica(2, 4)],
                    routed: [$0.id(1, 1), $0.id(1, 2), $0.id(2, 3), $0.id(2, 4)])
            }, context: { published(&$0, $1, 10) }, plan: "route 1+2+3+4 50:50"),
        Case(
            "shares of which no outcome is known are set again", weight: 10,
            observed: {
                $0.observed(
                    two($0) + [$0.replica(2, 3), $0.replica(2, 4)],
                    routed: [$0.id(1, 1), $0.id(1, 2), $0.id(2, 3), $0.id(2, 4)])
            },
            context: { context, fixtures in
                published(&context, fixtures, 10)
                context.lastShares = nil
            }, plan: "route 1+2+3+4 90:10"),
        Case(
            "a dead replica of the old one is started again", weight: 10,
            observed: {
                $0.observed(
                    [$0.replica(1, 1), $0.replica(2, 3), $0.replica(2, 4)],
                    routed: [$0.id(1, 1), $0.id(2, 3), $0.id(2, 4)])
            }, plan: "start 50"),
        Case(
            "none of the old one is ready: the new one answers everything", weight: 10,
            observed: {
                $0.observed(
                    [$0.replica(1, 1, .starting), $0.replica(2, 3), $0.replica(2, 4)],
                    routed: [$0.id(2, 3), $0.id(2, 4)])
            }, plan: "start 50"),
        Case(
            "it begins anew while it answers everything alone: no gap, and nothing new of it joins", weight: 0,
            observed: {
                $0.observed(
                    [$0.replica(1, 1, .starting), $0.replica(2, 3), $0.replica(2, 4)], routed: [$0.id(2, 3)])
            }, plan: "start 50"),
        Case(
            "until one of the old one is ready, which answers everything then", weight: 0,
            observed: {
                $0.observed(
                    [$0.replica(1, 1), $0.replica(2, 3), $0.replica(2, 4)], routed: [$0.id(2, 3), $0.id(2, 4)])
            }, plan: "route 1 start 50"),
        Case(
            "taken back it answers nothing, also alone", weight: 0, isTakenBack: true,
            observed: { $0.observed([$0.replica(1, 1, .starting), $0.replica(2, 3)], routed: [$0.id(2, 3)]) },
            plan: "route  start 50 (stop 3) (forget 3)"),
        Case(
            "none of the new one is ready: the old one answers everything", weight: 10,
            observed: {
                $0.observed(
                    two($0) + [$0.replica(2, 3, .unready), $0.replica(2, 4, .unready)],
                    routed: [$0.id(1, 1), $0.id(1, 2), $0.id(2, 3), $0.id(2, 4)])
            }, context: { published(&$0, $1, 10) }, plan: "route 1+2"),
        Case(
            "all of it: the old one leaves the rotation and is whole", weight: 100,
            observed: {
                $0.observed(
                    two($0) + [$0.replica(2, 3), $0.replica(2, 4)],
                    routed: [$0.id(1, 1), $0.id(1, 2), $0.id(2, 3), $0.id(2, 4)])
            }, context: { published(&$0, $1, 50) }, plan: "route 3+4"),
        Case(
            "a third revision that git left behind goes", weight: 0,
            observed: { $0.observed(two($0) + [$0.replica(3, 9)], routed: [$0.id(1, 1), $0.id(1, 2)]) },
            plan: "stop 9 (forget 9) start 50 start 51"),
        Case(
            "what served cannot be read: its replicas are left as they are", weight: 10, knowsStable: false,
            observed: {
                $0.observed(
                    [$0.replica(1, 1), $0.replica(1, 2, .starting), $0.replica(2, 3), $0.replica(2, 4)],
                    routed: [$0.id(1, 1)])
            }, plan: "route 1+3+4 90:10"),
    ]

    static let goingBack: [Case] = [
        Case(
            "taken back: out of rotation first, then stopped", weight: 0, isTakenBack: true,
            observed: {
                $0.observed(
                    two($0) + [$0.replica(2, 3), $0.replica(2, 4)],
                    routed: [$0.id(1, 1), $0.id(1, 2), $0.id(2, 3), $0.id(2, 4)])
            }, context: { published(&$0, $1, 10) },
            plan: "route 1+2 (stop 3) (stop 4) (forget 3) (forget 4)"),
        Case(
            "taken back and out of rotation: stopped", weight: 0, isTakenBack: true,
            observed: {
                $0.observed(two($0) + [$0.replica(2, 3)], routed: [$0.id(1, 1), $0.id(1, 2)])
            }, plan: "stop 3 (forget 3)"),
        Case(
            "taken back while nothing else is ready: it gets nothing all the same", weight: 0, isTakenBack: true,
            observed: {
                $0.observed([$0.replica(2, 3)], routed: [$0.id(2, 3)])
            }, plan: "route  start 50 start 51 (stop 3) (forget 3)"),
        Case(
            "taken back, and what served cannot be read", weight: 0, isTakenBack: true, knowsStable: false,
            observed: {
                $0.observed([$0.replica(1, 1), $0.replica(2, 3)], routed: [$0.id(1, 1), $0.id(2, 3)])
            }, plan: "route 1 (stop 3) (forget 3)"),
    ]

    private static func published(_ context: inout PlanContext, _ fixtures: PlanFixtures, _ share: Int) {
        context.lastRotation = [fixtures.id(1, 1), fixtures.id(1, 2), fixtures.id(2, 3), fixtures.id(2, 4)]
        context.lastShares = [
            TrafficShare(fixtures.desired(1).revision, 100 - share), TrafficShare(fixtures.desired(2).revision, share),
        ]
    }

    @Test func `the plan of a commit shows the first share and what goes in the end`() {
        var new = fixtures.desired(2, replicas: 2)
        new.rollout = .init(strategy: .canary, steps: [.weight(10), .weight(100)])
        let old = fixtures.desired(1, replicas: 1)
        var context = fixtures.context()
        context.rollout = RolloutView(from: old, to: new)
        let plan = fixtures.plan(new, .serving(old, at: fixtures.now), context)
        #expect(
            fixtures.brief(plan) == "prepare (start 50) (start 51) (route 1+50+51 90:10) (stop 1)")
        #expect(RolloutView(from: nil, to: new) == nil)
        #expect(RolloutView(from: fixtures.desired(1, replicas: 0), to: new) == nil)
        #expect(RolloutView(from: new, to: new) == nil)
    }
}
