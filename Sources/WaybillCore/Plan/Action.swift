/// One act on the world for one deployment.
package enum Action: Hashable, Sendable {
    /// Puts artifacts, verified, and environment on the machine.
    case prepare(Revision)
    /// Asks the gates of the environment's checklist about a prepared revision.
    case validate(Revision)
    case startReplica(ReplicaID, Revision)
    /// Asks politely, then ends the whole group after the revision's grace.
    case stopReplica(ReplicaID)
    /// Makes exactly these replicas the rotation. Empty: the route stays and answers 503 while the deployment is
    /// desired, and goes when it is not. The shares are of its revisions; without any, all replicas are one pool.
    case setRoute([ReplicaID], shares: [TrafficShare] = [])
    /// Forgets a replica that is gone (its folder goes, its last words stay in the ledger).
    case forgetReplica(ReplicaID)

    /// A stable short name for scripts.
    package var name: String {
        switch self {
        case .prepare: "prepare"
        case .validate: "validate"
        case .startReplica: "start-replica"
        case .stopReplica: "stop-replica"
        case .setRoute: "set-route"
        case .forgetReplica: "forget-replica"
        }
    }
}

/// What one revision is to have of a deployment's traffic.
package struct TrafficShare: Hashable, Codable, Sendable, CustomStringConvertible {
    package var revision: Revision
    /// Whole percent.
    package var weight: Int

    package init(_ revision: Revision, _ weight: Int) {
        self.revision = revision
        self.weight = weight
    }

    /// `3f2a9c01d4e5=90`.
    package var description: String { "\(revision.short)=\(weight)" }
}

/// An action with its reason in words a reviewer understands, and what it waits for, if it cannot run yet.
package struct PlannedAction: Hashable, Sendable {
    package var action: Action
    package var reason: String
    /// Nil when it can run now; otherwise what must hold first, in words.
    package var waitsFor: String?

    package init(_ action: Action, reason: String, waitsFor: String? = nil) {
        self.action = action
        self.reason = reason
        self.waitsFor = waitsFor
    }
}
