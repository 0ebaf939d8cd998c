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
    /// What a merge of `head` into `base` would do, were everything as `base` asks. Only deployments that differ are in it.
    /// - Parameter diff: which fields differ between two deployments.
    package static func between(
        base: DesiredState, head: DesiredState, at time: Timestamp,
        diff: (DesiredDeployment?, DesiredDeployment?) -> [FieldChange]
    ) -> FleetPlan {
        let keys = Set(base.deployments.keys).union(head.deployments.keys).sorted()
        let entries = keys.compactMap { key -> Entry? in
            let (before, after) = (base.deployments[key], head.deployments[key])
            // A broken manifest keeps what serves: it is held, not removed.
            if before?.rendering == after?.rendering || head.held[key] != nil { return nil }
            let isOrphaned = after == nil && base.isPruneDisabled(key)
            let context = PlanContext(
                now: time, nextSerial: UInt64(before?.replicas ?? 0) + 1, drain: before?.drain ?? .seconds(30),
                isOrphaned: isOrphaned)
            let plan = Planner.plan(
                key, desired: after, observed: .serving(before, at: time), context: context)
            return Entry(plan: plan, changes: diff(before, after))
        }
        return FleetPlan(
            entries, basis: "commit \(base.commit.short) is taken as what serves; \(head.commit.short) is planned")
    }
}

extension DesiredState {
    fileprivate func isPruneDisabled(_ key: DeploymentKey) -> Bool {
        resources[.modelDeployment(key)]?.metadata.isPruneDisabled ?? false
    }
}
