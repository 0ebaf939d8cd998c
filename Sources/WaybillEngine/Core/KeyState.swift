import WaybillCore

/// What the core knows of one deployment beside `KeyFacts`. Lost with the process; everything that decides is in the
/// facts or is observed again.
struct KeyState: Sendable {
    /// What git wants with the deployment.
    enum Mode: Hashable, Sendable {
        /// Nothing is known yet: it is looked at, never acted upon.
        case undecided
        case desired
        case absent
        case orphaned
    }

    var mode: Mode = .undecided
    /// The last good desired state; stays while `mode` is `desired`.
    var desired: DesiredDeployment?
    var commit: CommitID?
    /// What was reached or desired before, to say what changes; and how long to drain once nothing is desired.
    var previous: DesiredDeployment?
    /// What served last, when git has asked for another revision since; kept whole until that one may start.
    var standIn: DesiredDeployment?
    /// A rollout to what is desired is under way, failed or taken back: what served before is looked after, too.
    var isRollingOut = false
    /// Since when its step's time counts, on the engine's clock.
    var rolloutSince: Timestamp?
    /// What it waited for at the last look.
    var rolloutWait: RolloutDecision?
    /// What was counted in the analysis that it is in, or was in last.
    var analysis: AnalysisRun?
    /// What served before it is being asked for, or could not be had last time.
    var isRecallingStable = false
    var stableFailure: FailureRow?
    /// Grows with every change of what is desired, so that an older observation is not acted upon.
    var generation: UInt64 = 0
    var held: [Diagnostic] = []
    /// What git asks for and nobody has approved yet. What is in force stays meanwhile.
    var wait: ApprovalWait?
    /// What git asks for while it is quarantined; `desired` is then what stands in for it, once that is recalled.
    var asked: Asked?
    /// What stands in is being asked for, or could not be had last time.
    var isRecalling = false
    var recallFailure: FailureRow?

    var observation: Observation?
    var plan: KeyPlan?
    var observeFailure: FailureRow?
    /// What failed, and until when it is left alone.
    var failures: [ActionClass: FailureRow] = [:]

    /// The rotation last seen and since when, on the engine's clock.
    var seenRotation: Set<ReplicaID>?
    var rotationChangedAt: Timestamp?
    var startNotBefore: Timestamp?
    var reservedSerials: [UInt64] = []
    /// When the last exit of a row was seen, on the engine's clock.
    var exitSeenAt: Timestamp?
    var notedDrift: Set<Drift.Identity> = []
    var decision: DecisionID?
    /// Something was reported while it was being worked on.
    var isDirty = false
    var idleLooks = 0

    var conditions = Conditions()
    /// What an earlier controller said last, until this one has looked: what is still so keeps since when.
    var earlier: Conditions?
    var summary: KeySummary?
}

/// What git asks for, and with which commit.
struct Asked: Sendable {
    var desired: DesiredDeployment
    var commit: CommitID
}

/// Failures of one act in a row.
struct FailureRow: Hashable, Sendable {
    var failure: Failure
    var count: Int
    /// Nil: not before a person or a commit changes something.
    var notBefore: Timestamp?

    func blocks(at now: Timestamp) -> Bool { notBefore.map { $0 > now } ?? true }
}

/// Acts that fail for the same cause: a start of one revision is the same act whatever the replica's number.
enum ActionClass: Hashable, Sendable {
    case prepare(Revision)
    case validate(Revision)
    case start(Revision)
    case stop(ReplicaID)
    case route
    case forget(ReplicaID)

    init(_ action: Action) {
        switch action {
        case .prepare(let revision): self = .prepare(revision)
        case .validate(let revision): self = .validate(revision)
        case .startReplica(_, let revision): self = .start(revision)
        case .stopReplica(let id): self = .stop(id)
        case .setRoute: self = .route
        case .forgetReplica(let id): self = .forget(id)
        }
    }
}

extension Action {
    /// It may take minutes.
    var isPreparation: Bool {
        switch self {
        case .prepare, .validate: true
        case .startReplica, .stopReplica, .setRoute, .forgetReplica: false
        }
    }
}

/// An effect that has no answer yet.
struct InFlight: Sendable {
    var id: EffectID
    /// Nil: an observation.
    var act: ActRequest?
    var deadline: Timestamp
    var isCancelled = false
    /// False once it was cancelled because nobody needs it any more.
    var isNeeded = true
    /// What the ledger had said of the deployment before the act's intent.
    var before: KeyFacts?
    /// The desired state's generation when it began.
    var generation: UInt64

    /// It may take minutes, and occupies a builder.
    var isPreparation: Bool { act?.action.isPreparation ?? false }
}
