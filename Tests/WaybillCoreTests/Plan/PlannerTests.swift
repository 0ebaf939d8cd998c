import Testing
import WaybillCore

struct PlannerTests {
    let fixtures: PlanFixtures
    init() throws { fixtures = try PlanFixtures() }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let desired: @Sendable (PlanFixtures) -> DesiredDeployment?
        let observed: @Sendable (PlanFixtures) -> Observation
        let context: @Sendable (inout PlanContext, PlanFixtures) -> Void
        let plan: String

        init(
            _ description: String, desired: @escaping @Sendable (PlanFixtures) -> DesiredDeployment?,
            observed: @escaping @Sendable (PlanFixtures) -> Observation,
            context: @escaping @Sendable (inout PlanContext, PlanFixtures) -> Void = { _, _ in }, plan: String
        ) {
            testDescription = description
            self.desired = desired
            self.observed = observed
            self.context = context
            self.plan = plan
        }
    }

    @Test(arguments: rollouts + switches + failures + removals + gateways)
    func decides(_ given: Case) {
        let plan = fixtures.plan(
            given.desired(fixtures), given.observed(fixtures), fixtures.context { given.context(&$0, fixtures) })
        #expect(fixtures.brief(plan) == given.plan)
    }

    static let rollouts: [Case] = [
        Case(
            "nothing is there: the whole way is shown", desired: { $0.desired(1, replicas: 2) },
            observed: { $0.observed([], prepared: []) }, plan: "prepare (start 50) (start 51) (route 50+51)"),
        Case(
            "all as desired: nothing", desired: { $0.desired(1) },
            observed: { $0.observed([$0.replica(1, 1)], routed: [$0.id(1, 1)]) }, plan: ""),
        Case(
            "a new revision: the old one stays until the new is ready", desired: { $0.desired(2) },
            observed: { $0.observed([$0.replica(1, 1)], routed: [$0.id(1, 1)]) },
            plan: "start 50 (route 50) (stop 1) (forget 1)"),
        Case(
            "the new one is ready: the route switches, the old one waits", desired: { $0.desired(2) },
            observed: { $0.observed([$0.replica(1, 1), $0.replica(2, 2)], routed: [$0.id(1, 1)]) },
            plan: "route 2 (stop 1) (forget 1)"),
        Case(
            "two of two must be ready where two served", desired: { $0.desired(2, replicas: 2) },
            observed: {
                $0.observed(
                    [$0.replica(1, 1), $0.replica(1, 2), $0.replica(2, 3), $0.replica(2, 4, .starting)],
                    routed: [$0.id(1, 1), $0.id(1, 2)])
            }, plan: "(route 3+4) (stop 1) (stop 2) (forget 1) (forget 2)"),
        Case(
            "one of three is enough where one served", desired: { $0.desired(2, replicas: 2) },
            observed: {
                $0.observed(
                    [$0.replica(1, 1), $0.replica(2, 3), $0.replica(2, 4, .starting)], routed: [$0.id(1, 1)])
            }, plan: "route 3 (route 3+4) (stop 1) (forget 1)"),
        Case(
            "a published switch is not taken back before the gateway follows", desired: { $0.desired(2, replicas: 2) },
            observed: {
                $0.observed(
                    [$0.replica(1, 1), $0.replica(1, 2), $0.replica(2, 3), $0.replica(2, 4, .unready)],
                    routed: [$0.id(1, 1), $0.id(1, 2)])
            }, context: { $0.lastRotation = [$1.id(2, 3), $1.id(2, 4)] },
            plan: "route 3 (route 3+4) (stop 1) (stop 2) (forget 1) (forget 2)"),
        Case(
            "the old one has no ready replica: any new one is better", desired: { $0.desired(2, replicas: 2) },
            observed: {
                $0.observed(
                    [$0.replica(1, 1, .unready), $0.replica(2, 3), $0.replica(2, 4, .starting)], routed: [$0.id(1, 1)])
            }, plan: "route 3 (route 3+4) (stop 1) (forget 1)"),
        Case(
            "requests in flight are waited for", desired: { $0.desired(2) },
            observed: {
                $0.observed(
                    [$0.replica(1, 1), $0.replica(2, 2)], routed: [$0.id(2, 2)], outstanding: [$0.id(1, 1): 3],
                    changedAt: Timestamp(milliseconds: $0.now.milliseconds - 29_999))
            }, plan: "(stop 1) (forget 1)"),
        Case(
            "but no longer than the drain", desired: { $0.desired(2) },
            observed: {
                $0.observed(
                    [$0.replica(1, 1), $0.replica(2, 2)], routed: [$0.id(2, 2)], outstanding: [$0.id(1, 1): 3],
                    changedAt: Timestamp(milliseconds: $0.now.milliseconds - 30_000))
            }, plan: "stop 1 (forget 1)"),
        Case(
            "more replicas: only the missing ones start", desired: { $0.desired(1, replicas: 3) },
            observed: { $0.observed([$0.replica(1, 1)], routed: [$0.id(1, 1)]) },
            plan: "start 50 start 51 (route 1+50+51)"),
        Case(
            "fewer replicas: the youngest leave the rotation first", desired: { $0.desired(1) },
            observed: {
                $0.observed([$0.replica(1, 1), $0.replica(1, 2)], routed: [$0.id(1, 1), $0.id(1, 2)])
            }, plan: "route 1 (stop 2) (forget 2)"),
        Case(
            "a restart goes one by one", desired: { $0.desired(1, replicas: 2) },
            observed: {
                $0.observed([$0.replica(1, 1), $0.replica(1, 2)], routed: [$0.id(1, 1), $0.id(1, 2)])
            }, context: { context, _ in context.replaceSerialsBelow = 50 },
            plan: "start 50 (start 51) (route 50+51) (stop 1) (stop 2) (forget 1) (forget 2)"),
        Case(
            "a restart's first replacement lets the first old one go", desired: { $0.desired(1, replicas: 2) },
            observed: {
                $0.observed(
                    [$0.replica(1, 1), $0.replica(1, 2), $0.replica(1, 50)], routed: [$0.id(1, 1), $0.id(1, 2)])
            },
            context: { context, _ in
                context.replaceSerialsBelow = 50
                context.nextSerial = 51
            }, plan: "(start 51) route 2+50 (route 50+51) (stop 1) (stop 2) (forget 1) (forget 2)"),
        Case(
            "no replica is asked for", desired: { $0.desired(1, replicas: 0) },
            observed: { $0.observed([$0.replica(1, 1)], routed: [$0.id(1, 1)]) }, plan: "route  (stop 1) (forget 1)"),
    ]

    static let failures: [Case] = [
        Case(
            "an exited replica leaves the rotation and is replaced", desired: { $0.desired(1, replicas: 2) },
            observed: {
                $0.observed([$0.replica(1, 1), $0.replica(1, 2, $0.exited)], routed: [$0.id(1, 1), $0.id(1, 2)])
            }, plan: "start 50 route 1 (route 1+50) (forget 2)"),
        Case(
            "its replacement waits for the back-off", desired: { $0.desired(1) },
            observed: { $0.observed([$0.replica(1, 2, $0.exited)]) },
            context: { $0.startNotBefore = $1.now + .seconds(8) }, plan: "(start 50) (route 50) forget 2"),
        Case(
            "the only replica stays in rotation though it is unready", desired: { $0.desired(1) },
            observed: { $0.observed([$0.replica(1, 1, .unready)], routed: [$0.id(1, 1)]) }, plan: ""),
        Case(
            "an unready replica leaves when another is ready", desired: { $0.desired(1, replicas: 2) },
            observed: {
                $0.observed([$0.replica(1, 1, .unready), $0.replica(1, 2)], routed: [$0.id(1, 1), $0.id(1, 2)])
            }, plan: "route 2 (route 1+2)"),
        Case(
            "a failing replica leaves the rotation, stops and is replaced", desired: { $0.desired(1) },
            observed: { $0.observed([$0.replica(1, 1, .failing("x"))], routed: [$0.id(1, 1)]) },
            plan: "route  (stop 1) start 50 (route 50) (forget 1)"),
        Case(
            "out of rotation it stops before anything else, its requests in flight or not",
            desired: { $0.desired(1, replicas: 2) },
            observed: {
                $0.observed(
                    [$0.replica(1, 1, .failing("x")), $0.replica(1, 2)], routed: [$0.id(1, 2)],
                    outstanding: [$0.id(1, 1): 3], changedAt: $0.now)
            }, plan: "stop 1 start 50 (route 2+50) (forget 1)"),
        Case(
            "a failing one of the old revision does not wait for the new one", desired: { $0.desired(2) },
            observed: {
                $0.observed(
                    [$0.replica(1, 1, .failing("x")), $0.replica(1, 2), $0.replica(2, 3, .starting)],
                    routed: [$0.id(1, 1), $0.id(1, 2)])
            }, plan: "route 2 (stop 1) (route 3) (stop 2) (forget 1) (forget 2)"),
        Case(
            "its replacement waits for the back-off, its end does not", desired: { $0.desired(1) },
            observed: { $0.observed([$0.replica(1, 1, .failing("x"))]) },
            context: { $0.startNotBefore = $1.now + .seconds(8) }, plan: "stop 1 (start 50) (route 50) (forget 1)"),
        Case(
            "a replica with drift is replaced before it goes", desired: { $0.desired(1) },
            observed: {
                $0.observed([$0.replica(1, 1, drift: "its port belongs to another process")], routed: [$0.id(1, 1)])
            }, plan: "start 50 (route 50) (stop 1) (forget 1)"),
        Case(
            "one that was condemned and answers again serves until its replacement does", desired: { $0.desired(1) },
            observed: { $0.observed([$0.replica(1, 1)], routed: [$0.id(1, 1)]) },
            context: { $0.crashed = [$1.id(1, 1)] }, plan: "start 50 (route 50) (stop 1) (forget 1)"),
        Case(
            "an interrupted rollout's replicas go at once, the serving ones stay", desired: { $0.desired(3) },
            observed: {
                $0.observed([$0.replica(1, 1), $0.replica(2, 2, .starting)], routed: [$0.id(1, 1)])
            }, plan: "start 50 (route 50) (stop 1) stop 2 (forget 1) (forget 2)"),
    ]

    static let removals: [Case] = [
        Case(
            "removed from git", desired: { _ in nil },
            observed: { $0.observed([$0.replica(1, 1)], routed: [$0.id(1, 1)]) }, plan: "route  (stop 1) (forget 1)"),
        Case(
            "out of rotation: it stops", desired: { _ in nil }, observed: { $0.observed([$0.replica(1, 1)]) },
            plan: "stop 1 (forget 1)"),
        Case(
            "a failing one of a removed deployment is not waited for", desired: { _ in nil },
            observed: {
                $0.observed([$0.replica(1, 1, .failing("x"))], outstanding: [$0.id(1, 1): 3], changedAt: $0.now)
            }, plan: "stop 1 (forget 1)"),
        Case("nothing is left", desired: { _ in nil }, observed: { $0.observed([]) }, plan: ""),
        Case(
            "orphaned: left alone", desired: { _ in nil },
            observed: { $0.observed([$0.replica(1, 1)], routed: [$0.id(1, 1)]) },
            context: { context, _ in context.isOrphaned = true }, plan: ""),
    ]

    static let gateways: [Case] = [
        Case(
            "no gateway: nothing that may serve is stopped", desired: { _ in nil },
            observed: { $0.observed([$0.replica(1, 1)], gateway: false) }, plan: "(stop 1) (forget 1)"),
        Case(
            "no gateway: a new replica starts, its route waits", desired: { $0.desired(1) },
            observed: { $0.observed([], gateway: false) }, plan: "start 50 (route 50)"),
        Case(
            "a table that may be published keeps a replica from being stopped", desired: { $0.desired(2) },
            observed: { $0.observed([$0.replica(1, 1), $0.replica(2, 2)], routed: [$0.id(2, 2)]) },
            context: { $0.lastRotation = [$1.id(1, 1), $1.id(2, 2)] }, plan: "route 2 (stop 1) (forget 1)"),
        Case(
            "the gateway has ten seconds to follow a table", desired: { $0.desired(1) },
            observed: { $0.observed([$0.replica(1, 1)], changedAt: $0.now) },
            context: { $0.lastRotation = [$1.id(1, 1)] }, plan: "(route 1)"),
        Case(
            "then the rotation is set again", desired: { $0.desired(1) },
            observed: {
                $0.observed([$0.replica(1, 1)], changedAt: Timestamp(milliseconds: $0.now.milliseconds - 10_000))
            }, context: { $0.lastRotation = [$1.id(1, 1)] }, plan: "route 1"),
    ]

    @Test func `reasons are words for a reviewer`() {
        let plan = fixtures.plan(
            fixtures.desired(2), fixtures.observed([fixtures.replica(1, 1)], routed: [fixtures.id(1, 1)], prepared: []))
        let old = fixtures.desired(1).revision.short
        let new = fixtures.desired(2).revision.short
        #expect(
            plan.actions.map { "\($0.reason) | \($0.waitsFor ?? "now")" } == [
                "revision \(new) (churn@1.4.0) is not on this machine | now",
                "0 of 1 replicas of churn@1.4.0 run | the preparation",
                "1 of churn@1.4.0 serve in the end | 1 replica to be ready",
                "revision \(old) is no longer desired | the new revision to take over",
                "it was told to stop | it to end",
            ])
    }

    @Test func `altered bytes are drift and are prepared again`() {
        var observed = fixtures.observed([fixtures.replica(1, 1)], routed: [fixtures.id(1, 1)])
        let (expected, found) = (Digest(of: [1]), Digest(of: [2]))
        observed.preparations[fixtures.desired(1).revision] = .altered(
            path: "model.bin", expected: expected, found: found)
        let plan = fixtures.plan(fixtures.desired(1), observed)
        #expect(fixtures.brief(plan) == "prepare")
        #expect(plan.drift.map(\.what) == [.artifactAltered])
        #expect(plan.drift.map(\.found) == [found.description])
    }

    @Test func `what has ended last in a row of exits is kept, and no other`() {
        let observed = fixtures.observed(
            [
                fixtures.replica(1, 1, fixtures.exited), fixtures.replica(1, 2, fixtures.exited),
                fixtures.replica(1, 3, fixtures.exited), fixtures.replica(1, 4),
            ], routed: [fixtures.id(1, 4)])
        var context = fixtures.context {
            $0.keepsLastUntil = fixtures.now + .seconds(60)
            $0.crashed = [fixtures.id(1, 1), fixtures.id(1, 2)]
        }
        let plan = fixtures.plan(fixtures.desired(1), observed, context)
        #expect(fixtures.brief(plan) == "forget 1 forget 3")
        #expect(plan.wakeAt == fixtures.now + .seconds(60))
        context.now = fixtures.now + .seconds(60)
        #expect(fixtures.brief(fixtures.plan(fixtures.desired(1), observed, context)) == "forget 1 forget 2 forget 3")
    }

    @Test(arguments: [true, false])
    func `a replica that is told to stop and stays is drift ten seconds after its grace`(_ isDesired: Bool) {
        var stopping = fixtures.replica(1, 1, .stopping)
        stopping.goneBy = fixtures.now
        let observed = fixtures.observed([stopping])
        var context = fixtures.context()
        let desired = isDesired ? fixtures.desired(1, replicas: 0) : nil
        let before = fixtures.plan(desired, observed, context)
        #expect(before.drift == [] && before.wakeAt == fixtures.now + .seconds(10))
        context.now = fixtures.now + .seconds(10)
        let after = fixtures.plan(desired, observed, context)
        #expect(
            after.drift.map(\.message) == [
                "\(stopping.id) was told to stop and has not ended 10 s after its grace; look at its keeper, which does not "
                    + "answer"
            ])
    }

    @Test func `replicas that nobody started and those that vanished are drift`() {
        let observed = fixtures.observed(
            [fixtures.replica(1, 1), fixtures.replica(1, 9)], routed: [fixtures.id(1, 1), fixtures.id(1, 9)])
        let context = fixtures.context { $0.started = [fixtures.id(1, 1), fixtures.id(1, 3)] }
        let plan = fixtures.plan(fixtures.desired(1), observed, context)
        #expect(plan.drift.map(\.what) == [.replicaExtra, .replicaMissing])
        #expect(fixtures.brief(plan) == "route 1 (stop 9) (forget 9)")
    }
}
