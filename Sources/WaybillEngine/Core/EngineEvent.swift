package import WaybillCore

/// What happened, as the shell tells the core. Any event may come twice, late or, but for answers, never.
package enum EngineEvent: Sendable {
    /// A commit was accepted. The first one after a start must be the whole desired state of the last accepted commit:
    /// every deployment in `changed` or `held`. What the target knows and it does not name is removed.
    case desired(DesiredDelta)
    /// Whose words changes need, and the words that are there; sent before the commit that asks for them, and whenever it changes.
    case words(ApprovalBoard)
    /// Deployments that the target has something of, whether or not git names them.
    case found(Set<DeploymentKey>)
    /// The answer to `Effect.observe`. Each request is answered once.
    case observed(EffectID, DeploymentKey, Result<Observation, Failure>)
    /// The answer to `Effect.perform`, given once the outcome is in the ledger (or `ledgerLost` was sent). Nil: it succeeded.
    case performed(EffectID, DeploymentKey, Failure?)
    /// The answer to `Effect.perform` of a validation that came to a verdict, whatever it is.
    case validated(EffectID, DeploymentKey, ValidationAnswer)
    /// More of what a preparation or validation of this revision waits for has arrived: it is slow, and not stuck.
    case progressed(Revision)
    /// The other answer to `Effect.perform`: the ledger did not take the intent, so nothing was begun.
    case refused(EffectID, DeploymentKey, Failure)
    /// The answer to `Effect.collect`. Nil: nothing unneeded is left, as far as was seen.
    case collected(EffectID, Failure?)
    /// The moment asked for by `Effect.wake` has come; harmless at any other.
    case wake
    /// The target or the gateway noticed a change.
    case replicaChanged(DeploymentKey)
    /// Look at everything again, spread over a little time.
    case resync
    /// No gateway answers, twice in a row; what is found in its place, in words.
    case gatewayLost(found: String)
    /// A gateway answers; sent once for each time that it came, the first time included.
    case gatewayBack(found: String)
    case command(OperatorCommand)
    /// The answer to `Effect.recall`.
    case recalled(DeploymentKey, CommitID, Result<DesiredDeployment, Failure>)
    /// The answer to `Effect.record`. A command that is not durable has no effect, then or later.
    case recorded(UInt64, isDurable: Bool)
    /// The commit gate held a commit; the last accepted one stays in force.
    case hold(FleetHold)
    /// The gate's reason is gone: the branch came back, or a later commit was accepted.
    case release(reason: String)
    /// The ledger takes nothing. Carries every note that was asked for and is not durable, in order; commands are not
    /// notes.
    case ledgerLost(unwritten: [Event])
    case ledgerBack
    /// Finish or park what is under way; `Effect.parked` follows.
    case stop
}

/// Names one effect, so that its answer is matched to it and to no other.
package struct EffectID: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let number: UInt64
    package init(_ number: UInt64) { self.number = number }
    package static func < (left: EffectID, right: EffectID) -> Bool { left.number < right.number }
    package var description: String { "#\(number)" }
}

/// What a person told the controller to do.
package struct OperatorCommand: Hashable, Sendable {
    package enum Verb: Hashable, Sendable {
        case pause(DeploymentKey)
        case resume(DeploymentKey)
        /// Forget failures and back-off, try now.
        case retry(DeploymentKey)
        /// Replace every replica that runs now, one by one, without a gap.
        case restart(DeploymentKey)
        /// Go back to what served before, and quarantine what is desired now; with a version, to that one.
        case rollback(DeploymentKey, to: SemanticVersion?)
        /// Allow again what was quarantined.
        case lift(DeploymentKey)
        /// Let a rollout go on past the pause that it is in, or after a failure that halted it.
        case advance(DeploymentKey)
        /// Take a rollout back: all traffic to what served before.
        case abort(DeploymentKey)
        /// Take exactly this held commit as desired state.
        case accept(CommitID)

        package var name: String {
            switch self {
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

        /// What it is about: `production/churn` or a commit id.
        package var subject: String {
            switch self {
            case .pause(let key), .resume(let key), .retry(let key), .restart(let key), .rollback(let key, _),
                .lift(let key), .advance(let key), .abort(let key):
                key.description
            case .accept(let commit): commit.hex
            }
        }
    }

    /// Chosen by the shell; comes back in `Effect.answer`.
    package var id: UInt64
    package var verb: Verb
    package var actor: Actor
    package var reason: String?

    package init(id: UInt64, verb: Verb, actor: Actor, reason: String? = nil) {
        self.id = id
        self.verb = verb
        self.actor = actor
        self.reason = reason
    }
}

/// A commit that is kept from becoming the desired state until an operator accepts it or a later one supersedes it.
package struct FleetHold: Hashable, Codable, Sendable {
    package enum Cause: String, CaseIterable, Hashable, Codable, Sendable {
        case historyRewound = "HistoryRewound"
        case massDeletion = "MassDeletion"
        /// It changes rules, and nobody who may has approved that.
        case rulesUnapproved = "RulesUnapproved"
    }

    package var cause: Cause
    package var commit: CommitID
    package var accepted: CommitID?
    package var message: String

    package init(cause: Cause, commit: CommitID, accepted: CommitID?, message: String) {
        self.cause = cause
        self.commit = commit
        self.accepted = accepted
        self.message = message
    }
}
