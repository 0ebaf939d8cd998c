/// What people and programs are told about one deployment: its conditions and what they were derived from.
package struct KeySummary: Hashable, Sendable {
    package var key: DeploymentKey
    package var conditions: Conditions
    /// The commit that the desired rendering came with; nil when git does not name the deployment.
    package var commit: CommitID?
    package var desired: Revision?
    package var version: VersionID?
    /// What serves in the place of `version`, which git asks for and which is quarantined.
    package var standIn: VersionID?
    package var runtime: Name?
    package var servingProtocol: ServingProtocol?
    package var wantedReplicas: Int
    /// The revisions in rotation.
    package var serving: [Revision]
    package var replicas: [ObservedReplica]
    package var rotation: Set<ReplicaID>
    /// The rollout under way, failed or taken back.
    package var rollout: RolloutSummary?
    /// What is still to be done, in order.
    package var pending: [PlannedAction]
    /// When it is looked at next, if nothing is reported before.
    package var nextLook: Timestamp?
    package var observedAt: Timestamp?

    package init(
        key: DeploymentKey, conditions: Conditions = Conditions(), commit: CommitID? = nil, desired: Revision? = nil,
        version: VersionID? = nil, standIn: VersionID? = nil, runtime: Name? = nil,
        servingProtocol: ServingProtocol? = nil,
        wantedReplicas: Int = 0, serving: [Revision] = [], replicas: [ObservedReplica] = [],
        rotation: Set<ReplicaID> = [], pending: [PlannedAction] = [], nextLook: Timestamp? = nil,
        observedAt: Timestamp? = nil, rollout: RolloutSummary? = nil
    ) {
        self.rollout = rollout
        self.key = key
        self.conditions = conditions
        self.commit = commit
        self.desired = desired
        self.version = version
        self.standIn = standIn
        self.runtime = runtime
        self.servingProtocol = servingProtocol
        self.wantedReplicas = wantedReplicas
        self.serving = serving
        self.replicas = replicas
        self.rotation = rotation
        self.pending = pending
        self.nextLook = nextLook
        self.observedAt = observedAt
    }

    package var readyReplicas: Int { replicas.count { $0.phase == .ready } }
    /// The path below the gateway's address: `/production/churn`.
    package var path: String { "/\(key)" }
}
