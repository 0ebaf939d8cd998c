package import WaybillCore

/// One deployment in a line: what git asks for and what serves. Every optional member is absent when it is unknown.
package struct DeploymentView: Hashable, Sendable, Codable, ConditionedView {
    /// `production/churn`.
    package var deployment: String
    package var environment: String
    package var name: String
    /// The version that git asks for, `churn@1.4.0`; absent when git no longer names the deployment.
    package var version: String?
    /// The version that serves in its place, while it is quarantined after a rollback.
    package var standIn: String?
    /// Versions in rotation, most often one.
    package var serving: [String]
    package var runtime: String?
    package var replicas: Counts
    /// Short form of the desired revision.
    package var revision: String?
    package var commit: String?
    /// The address that applications call, without the paths of the protocol.
    package var url: String?
    package var conditions: [ConditionView]
    /// True when git no longer names it and `waybill.dev/prune: disabled` keeps it.
    package var orphaned: Bool
    /// Present while its version is being packaged.
    package var packaging: PackagingView?
    /// `asking ranks-well`: present while the gates of its environment's checklist are asked.
    package var validation: String?
    /// True when no access file is in force, so that whoever may push may deploy; absent otherwise.
    package var ungoverned: Bool?
    /// Present while a rollout is under way, failed or taken back.
    package var rollout: RolloutStatusView?

    package struct Counts: Hashable, Sendable, Codable {
        package var desired: Int
        package var ready: Int
        package var running: Int

        package init(desired: Int, ready: Int, running: Int) {
            self.desired = desired
            self.ready = ready
            self.running = running
        }
    }

    package init(
        key: DeploymentKey, version: VersionID?, serving: [VersionID], runtime: Name?, replicas: Counts,
        revision: Revision?, commit: CommitID?, url: String?, conditions: Conditions, orphaned: Bool = false,
        packaging: PackagingProgress? = nil, standIn: VersionID? = nil, validation: String? = nil,
        isUngoverned: Bool = false, rollout: RolloutSummary? = nil
    ) {
        ungoverned = isUngoverned ? true : nil
        self.rollout = rollout.map(RolloutStatusView.init)
        self.validation = validation
        deployment = key.description
        environment = key.environment.text
        name = key.name.text
        self.version = version?.description
        self.standIn = standIn?.description
        self.serving = serving.sorted().map(\.description)
        self.runtime = runtime?.text
        self.replicas = replicas
        self.revision = revision?.short
        self.commit = commit?.hex
        self.url = url
        self.conditions = conditions.all.map(ConditionView.init)
        self.orphaned = orphaned
        self.packaging = packaging.map(PackagingView.init)
    }
}

/// A condition as Kubernetes users know it.
package struct ConditionView: Hashable, Sendable, Codable {
    package var type: String
    package var status: Bool
    package var reason: String
    package var message: String
    package var changedAt: Moment
    package var commit: String?

    package init(_ condition: Condition) {
        type = condition.kind.rawValue
        status = condition.isTrue
        reason = condition.reason
        message = condition.message
        changedAt = Moment(condition.changedAt)
        commit = condition.observedCommit?.hex
    }
}
