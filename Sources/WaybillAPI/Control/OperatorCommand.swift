package import WaybillCore

/// Something that a person tells the controller to do.
package enum OperatorCommand: Hashable, Sendable {
    /// Look at the remote now.
    case sync
    /// Leave the deployment as it is until it is resumed.
    case pause(DeploymentKey, reason: String?)
    case resume(DeploymentKey)
    /// Forget back-off and stall; try again now.
    case retry(DeploymentKey)
    /// Replace each replica by a fresh one of the same revision, without a gap.
    case restart(DeploymentKey)
    /// Go back to what served before and quarantine what is desired now; with a version, to that one.
    case rollback(DeploymentKey, to: SemanticVersion?, reason: String)
    /// Allow again what was quarantined.
    case lift(DeploymentKey, reason: String)
    /// Let a rollout go on past the pause that it is in.
    case advance(DeploymentKey, reason: String?)
    /// Take a rollout back to what served before.
    case abort(DeploymentKey, reason: String)
    /// Take a held commit as the desired state.
    case accept(CommitID, reason: String)

    /// The verb, as the command line and the ledger's `operator.command` event have it.
    package var verb: String {
        switch self {
        case .sync: "sync"
        case .pause: "pause"
        case .resume: "resume"
        case .retry: "retry"
        case .restart: "restart"
        case .rollback: "rollback"
        case .lift: "lift"
        case .advance: "advance"
        case .abort: "abort"
        case .accept: "accept"
        }
    }

    /// The deployment that it is about, if it is about one.
    package var key: DeploymentKey? {
        switch self {
        case .sync, .accept: nil
        case .pause(let key, _), .resume(let key), .retry(let key), .restart(let key), .rollback(let key, _, _),
            .lift(let key, _), .advance(let key, _), .abort(let key, _):
            key
        }
    }

    package var reason: String? {
        switch self {
        case .pause(_, let reason), .advance(_, let reason): reason
        case .accept(_, let reason), .rollback(_, _, let reason), .lift(_, let reason), .abort(_, let reason): reason
        case .sync, .resume, .retry, .restart: nil
        }
    }
}

/// What came of a command.
package struct CommandResult: Hashable, Sendable, Codable {
    /// One line for the person, without a full stop: `paused production/churn`.
    package var message: String
    /// False when things were so already.
    package var changed: Bool
    /// For `sync`: the commit that the branch names now.
    package var commit: String?

    package init(message: String, changed: Bool = true, commit: CommitID? = nil) {
        self.message = message
        self.changed = changed
        self.commit = commit?.hex
    }
}

/// The most characters of a reason; a reason goes into an entry of the ledger.
package let longestReason = 1000
