/// Plans the way to nothing: no route, no replica, no remains.
struct RemovalPlanning {
    let key: DeploymentKey
    let observed: Observation
    let context: PlanContext

    mutating func plan() -> KeyPlan {
        var retirement = RetirementPlanning(
            observed: observed, context: context, drain: context.drain, rotation: [])
        var actions: [PlannedAction] = []
        let reason = "git no longer names the deployment"
        if let route = retirement.removeRoute(reason: reason) { actions.append(route) }
        let alive = observed.replicas.filter { $0.isAlive && $0.phase != .stopping }.sorted { $0.id < $1.id }
        actions += alive.map { replica in
            replica.failure.map { retirement.stopAtOnce(replica, reason: $0) }
                ?? retirement.stop(replica, reason: reason)
        }
        actions += retirement.forget(stopped: alive)
        return KeyPlan(
            key: key, goal: .absent, from: observed.servedRevision, actions: actions,
            drift: observed.stuck(at: context.now),
            isGoalServed: actions.isEmpty && observed.route.isGatewayRunning,
            wakeAt: [retirement.wakeAt, observed.nextStuck(after: context.now)].compactMap { $0 }.min())
    }
}
