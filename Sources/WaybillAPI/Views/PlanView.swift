package import WaybillCore

/// What is to be done, deployment by deployment; those with nothing to do and nothing to say are left out.
package struct PlanView: Hashable, Sendable, Codable {
    /// What it was compared with: `observed`, or a commit when it was made offline.
    package var base: String
    /// The desired commit.
    package var commit: String?
    package var deployments: [KeyPlanView]
    /// Problems of the desired commit.
    package var problems: [DiagnosticView]

    package init(base: String, commit: CommitID?, deployments: [KeyPlanView], problems: [Diagnostic] = []) {
        self.base = base
        self.commit = commit?.hex
        self.deployments = deployments
        self.problems = problems.map(DiagnosticView.init)
    }

    /// True when there is something to do.
    package var hasChanges: Bool { deployments.contains { !$0.actions.isEmpty || !$0.changes.isEmpty } }
}

/// What is to be done for one deployment.
package struct KeyPlanView: Hashable, Sendable, Codable {
    package var deployment: String
    /// Short forms; absent stands for nothing there.
    package var fromRevision: String?
    package var toRevision: String?
    /// Digest of the whole rendering that is to be reached.
    package var rendering: String?
    package var changes: [FieldChangeView]
    package var actions: [ActionView]
    /// Why nothing is done although something differs: paused, held, broken.
    package var hold: String?

    package init(
        key: DeploymentKey, from: Revision?, to: Revision?, rendering: Digest?, changes: [FieldChangeView],
        actions: [PlannedAction], hold: String? = nil
    ) {
        deployment = key.description
        fromRevision = from?.short
        toRevision = to?.short
        self.rendering = rendering?.description
        self.changes = changes
        self.actions = actions.map(ActionView.init)
        self.hold = hold
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

    package init(field: String, from: String?, to: String?, restart: Bool) {
        self.field = field
        self.from = from
        self.to = to
        self.restart = restart
    }
}

/// One planned act and why.
package struct ActionView: Hashable, Sendable, Codable {
    /// `prepare`, `start-replica`, `stop-replica`, `set-route` or `forget-replica`.
    package var action: String
    /// The replicas that it is about.
    package var replicas: [String]
    /// Short form, for `prepare` and `start-replica`.
    package var revision: String?
    package var reason: String
    package var waitsFor: String?

    package init(_ planned: PlannedAction) {
        action = planned.action.name
        reason = planned.reason
        waitsFor = planned.waitsFor
        switch planned.action {
        case .prepare(let revision):
            replicas = []
            self.revision = revision.short
        case .startReplica(let id, let revision):
            replicas = [id.description]
            self.revision = revision.short
        case .stopReplica(let id), .forgetReplica(let id): replicas = [id.description]
        case .setRoute(let ids): replicas = ids.map(\.description)
        }
    }
}
