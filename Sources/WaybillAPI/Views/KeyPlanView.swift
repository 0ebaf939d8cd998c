package import WaybillCore

/// What is to be done for one deployment.
package struct KeyPlanView: Hashable, Sendable, Codable {
    package var deployment: String
    /// `create`, `replace`, `adjust`, `remove`, `orphan`, `hold` or `none`.
    package var verb: String
    /// `serve`, `absent`, `orphaned` for what is left alone though git no longer names it, or `held` when git's word for it
    /// cannot be read.
    package var goal: String
    /// How many replicas are to serve.
    package var replicas: Int?
    /// Digests; absent stands for nothing there.
    package var fromRevision: String?
    package var toRevision: String?
    /// Digest of the whole rendering that is to be reached.
    package var rendering: String?
    /// `sandbox` or `none`, of the revision that is to be reached.
    package var isolation: String?
    /// That the version is deprecated or banned, and why; absent while it is active.
    package var lifecycle: String?
    package var changes: [FieldChangeView]
    package var actions: [ActionView]
    package var drift: [DriftView]
    /// Why nothing is done although something differs: paused, broken.
    package var hold: HoldView?
    /// What preparing it brings onto the machine; absent when nothing is to be prepared.
    package var pulls: PullView?

    /// - Parameters:
    ///   - desired: what git asks for, or asked for last before its files broke.
    ///   - held: bytes of files that are on the machine, and of all of them; nil: nobody knows.
    package init(
        _ entry: FleetPlan.Entry, desired: DesiredDeployment?,
        held: (([Artifact]) -> (done: Int64, total: Int64))? = nil
    ) {
        let plan = entry.plan
        deployment = plan.key.description
        verb = entry.verb.rawValue
        fromRevision = plan.from?.description
        toRevision = plan.to?.description
        switch plan.goal {
        case .serve(_, let count):
            goal = "serve"
            replicas = count
            rendering = desired?.rendering.digest.description
            isolation = desired?.spec.isolation.rawValue
            lifecycle = desired.flatMap { desired in
                desired.lifecycle.map { "\(desired.spec.version) \($0.sentence)" }
            }
        case .absent: goal = entry.hold != nil && plan.isEmpty ? "held" : "absent"
        case .orphaned: goal = "orphaned"
        }
        changes = entry.changes.map(FieldChangeView.init)
        actions = plan.actions.map(ActionView.init)
        drift = plan.drift.map(DriftView.init)
        hold = entry.hold.map(HoldView.init)
        let prepares = plan.actions.contains { if case .prepare = $0.action { true } else { false } }
        if prepares, let held, let artifacts = desired?.spec.artifacts {
            let found = held(artifacts)
            pulls = PullView(size: found.total, held: found.done)
        }
    }
}

/// One field that differs: `spec.version: 1.4.0 → 1.5.0`.
package struct FieldChangeView: Hashable, Sendable, Codable {
    package var field: String
    /// Absent when the field is new.
    package var from: String?
    /// Absent when the field is gone.
    package var to: String?
    /// Whether it takes new replicas.
    package var restart: Bool

    package init(_ change: FieldChange) {
        field = change.path
        from = change.before
        to = change.after
        restart = change.restarts
    }
}

/// Something that runs otherwise than it was decided.
package struct DriftView: Hashable, Sendable, Codable {
    /// A stable word, such as `replica-missing`.
    package var what: String
    package var subject: String
    package var message: String

    package init(_ drift: Drift) {
        what = drift.what.rawValue
        subject = drift.subject
        message = drift.message
    }
}

/// One planned act and why.
package struct ActionView: Hashable, Sendable, Codable {
    /// `prepare`, `validate`, `start-replica`, `stop-replica`, `set-route` or `forget-replica`.
    package var action: String
    /// The replicas that it is about.
    package var replicas: [String]
    /// For `set-route` while two revisions serve: `3f2a9c01d4e5=90`, whole percent by revision.
    package var shares: [String]?
    /// For `prepare`, `validate` and `start-replica`.
    package var revision: String?
    package var reason: String
    package var waitsFor: String?

    package init(_ planned: PlannedAction) {
        action = planned.action.name
        reason = planned.reason
        waitsFor = planned.waitsFor
        switch planned.action {
        case .prepare(let revision), .validate(let revision):
            replicas = []
            self.revision = revision.description
        case .startReplica(let id, let revision):
            replicas = [id.description]
            self.revision = revision.description
        case .stopReplica(let id), .forgetReplica(let id): replicas = [id.description]
        case .setRoute(let ids, let shares):
            replicas = ids.map(\.description)
            self.shares = shares.isEmpty ? nil : shares.map(\.description)
        }
    }
}
