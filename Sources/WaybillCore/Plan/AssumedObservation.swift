extension Observation {
    /// The state in which `deployment` serves just as it asks, for plans that take a commit as observed. Serial numbers
    /// count from 1; nil: nothing is there.
    package static func serving(_ deployment: DesiredDeployment?, at time: Timestamp) -> Observation {
        guard let deployment else { return Observation(time: time) }
        let replicas = (0..<deployment.replicas).map { index in
            ObservedReplica(
                id: ReplicaID(key: deployment.key, revision: deployment.revision, serial: UInt64(index + 1)),
                revision: deployment.revision, version: deployment.spec.version, phase: .ready, port: nil,
                startedAt: time)
        }
        return Observation(
            replicas: replicas, preparations: [deployment.revision: .prepared],
            route: ObservedRoute(replicas: Set(replicas.map(\.id)), hasRoute: true), time: time)
    }
}

extension FleetPlan {
    /// What a merge of `head` into `base` would do, were everything as `base` asks. Only deployments that differ are in
    /// it, and those that `head` holds: a broken manifest keeps what serves, and makes nothing of what is new.
    /// - Parameter diff: which fields differ between two deployments; nil stands for nothing there.
    package static func between(
        base: DesiredState, head: DesiredState, at time: Timestamp,
        diff: (DesiredDeployment?, DesiredDeployment?) -> [FieldChange]
    ) -> FleetPlan {
        let keys = Set(base.deployments.keys).union(head.deployments.keys).union(head.held.keys).sorted()
        let entries = keys.compactMap { key -> Entry? in
            let (before, after) = (base.deployments[key], head.deployments[key])
            if let problems = head.held[key] { return held(key, at: before, problems) }
            if before?.rendering == after?.rendering { return nil }
            let isOrphaned = after == nil && base.isPruneDisabled(key)
            var context = PlanContext(
                now: time, nextSerial: UInt64(before?.replicas ?? 0) + 1, drain: before?.drain ?? .seconds(30),
                isOrphaned: isOrphaned)
            context.rollout = RolloutView(from: before, to: after)
            let plan = Planner.plan(
                key, desired: after, observed: .serving(before, at: time), context: context)
            let hold = plan.refusal.map { Hold(reason: $0.reason, message: $0.message) }
            return Entry(plan: plan, changes: isOrphaned ? [] : diff(before, after), hold: hold)
        }
        return FleetPlan(entries)
    }

    private static func held(
        _ key: DeploymentKey, at before: DesiredDeployment?, _ problems: [Diagnostic]
    ) -> Entry {
        let goal = before.map { KeyPlan.Goal.serve($0.revision, replicas: $0.replicas) } ?? .absent
        let why = problems.first.map(DiagnosticText.headline) ?? "its manifests are broken"
        return Entry(
            plan: KeyPlan(key: key, goal: goal, from: before?.revision, isGoalServed: true),
            hold: Hold(reason: Reason.invalidManifest.rawValue, message: why))
    }
}

extension DesiredState {
    fileprivate func isPruneDisabled(_ key: DeploymentKey) -> Bool {
        resources[.modelDeployment(key)]?.metadata.isPruneDisabled ?? false
    }

    /// Deployments that this state leaves in the world, were `base` in force before: those that it names, held ones
    /// included, and removed ones whose pruning is disabled.
    package func populationAfter(_ base: DesiredState) -> Set<DeploymentKey> {
        let named = Set(deployments.keys).union(held.keys)
        return named.union(base.deployments.keys.filter(base.isPruneDisabled))
    }
}
