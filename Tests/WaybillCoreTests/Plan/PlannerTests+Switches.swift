import WaybillCore

extension PlannerTests {
    /// Who serves while a new revision takes over, and what is known of it when answers were lost.
    static let switches: [Case] = [
        Case(
            "the route was lost: what served last is routed again", desired: { $0.desired(2) },
            observed: { $0.observed([$0.replica(1, 1), $0.replica(2, 2, .starting)]) },
            context: { $0.lastServed = $1.desired(1).revision.short }, plan: "route 1 (route 2) (stop 1) (forget 1)"),
        Case(
            "a new one that died before the gateway followed: what is still routed goes on", desired: { $0.desired(2) },
            observed: { $0.observed([$0.replica(1, 1), $0.replica(2, 2, $0.exited)], routed: [$0.id(1, 1)]) },
            context: {
                $0.lastRotation = [$1.id(2, 2)]
                $0.lastServed = $1.desired(2).revision.short
            }, plan: "start 50 route 1 (route 50) (stop 1) (forget 1) (forget 2)"),
        Case(
            "one of two is no take-over though a switch was asked for that nobody confirmed",
            desired: { $0.desired(2, replicas: 2) },
            observed: {
                $0.observed(
                    [$0.replica(1, 1), $0.replica(1, 2), $0.replica(2, 3), $0.replica(2, 4, .starting)],
                    routed: [$0.id(1, 1), $0.id(1, 2)])
            }, context: { $0.lastRotation = [$1.id(1, 1), $1.id(1, 2), $1.id(2, 3)] },
            plan: "route 1+2 (route 3+4) (stop 1) (stop 2) (forget 1) (forget 2)"),
        Case(
            "nor is a way back to a revision of which one replica was never taken out",
            desired: { $0.desired(1, replicas: 2) },
            observed: {
                $0.observed(
                    [$0.replica(1, 1), $0.replica(1, 5, .starting), $0.replica(2, 3), $0.replica(2, 4)],
                    routed: [$0.id(2, 3), $0.id(2, 4)])
            }, context: { $0.lastRotation = [$1.id(1, 1), $1.id(2, 3), $1.id(2, 4)] },
            plan: "route 3+4 (route 1+5) (stop 3) (stop 4) (forget 3) (forget 4)"),
        Case(
            "a switch that the gateway confirms is one, whatever was heard of it",
            desired: { $0.desired(2, replicas: 2) },
            observed: {
                $0.observed(
                    [$0.replica(1, 1), $0.replica(1, 2), $0.replica(2, 3), $0.replica(2, 4, $0.exited)],
                    routed: [$0.id(2, 3), $0.id(2, 4)])
            }, context: { $0.lastRotation = [$1.id(1, 1), $1.id(1, 2), $1.id(2, 3), $1.id(2, 4)] },
            plan: "start 50 route 3 (route 3+50) (stop 1) (stop 2) (forget 1) (forget 2) (forget 4)"),
        Case(
            "a rollout that git ends half way has taken nothing over: what served goes back to all of it first",
            desired: { $0.desired(2, replicas: 3) },
            observed: {
                $0.observed(
                    [$0.replica(1, 1), $0.replica(1, 2), $0.replica(2, 3), $0.replica(2, 4, .starting)],
                    routed: [$0.id(1, 1), $0.id(1, 2), $0.id(2, 3)])
            }, context: { $0.lastRotation = [$1.id(1, 1), $1.id(1, 2), $1.id(2, 3)] },
            plan: "start 50 route 1+2 (route 3+4+50) (stop 1) (stop 2) (forget 1) (forget 2)"),
        Case(
            "an unready one that the gateway routes still stays, when the one published in its place has died",
            desired: { $0.desired(1, replicas: 2) },
            observed: {
                $0.observed([$0.replica(1, 1, .unready), $0.replica(1, 2, $0.exited)], routed: [$0.id(1, 1)])
            }, context: { $0.lastRotation = [$1.id(1, 2)] }, plan: "start 50 route 1 (route 1+50) (forget 2)"),
    ]
}
