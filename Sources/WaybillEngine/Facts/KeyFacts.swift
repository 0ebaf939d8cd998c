package import WaybillCore

/// What the ledger says about one deployment, as far as it decides anything after a restart.
package struct KeyFacts: Hashable, Codable, Sendable {
    package var isPaused = false
    package var pausedBy: String?
    /// Removed from git with pruning disabled.
    package var isOrphaned = false
    /// Held at its last good state because its manifest is broken.
    package var isInvalid = false
    /// Held because a model file was altered and its source is gone.
    package var isAltered = false
    /// Replicas with a lower serial are to be replaced.
    package var replaceSerialsBelow: UInt64 = 0
    /// The revision whose replicas were last made the rotation, in its short form: git may ask for another by then.
    package var lastServed: String?
    /// The rotation last published; more than one rotation's replicas while an outcome is unknown. Nil: never set.
    package var rotation: Set<ReplicaID>?
    /// The shares last published with it; empty: one pool. Nil: an outcome is unknown.
    package var shares: [TrafficShare]? = []
    /// The rollout under way, or the last one.
    package var rollout: RolloutState?
    /// What served when it began, to find it again in git.
    package var stable: ServedState?
    /// Renderings that failed or were taken back, and why: none has traffic again without a person's word.
    package var takenBack: [String: String] = [:]
    /// Replicas whose start was intended and that are not forgotten.
    package var replicas: [ReplicaID: ReplicaFacts] = [:]
    package var exits: ExitRow?
    /// Kinds of drift found and not yet corrected.
    package var openDrift: Set<Drift.What> = []
    package var decided: DecidedPlan?
    /// The rendering, or `absent`, that people approved and that no plan was decided for yet.
    package var approved: String?
    /// The change that waits, for words or for something else.
    package var awaited: Digest?
    package var awaitedReason: Reason?
    /// The rendering that began in spite of what it waited for, and in whose word.
    package var overridden: OverriddenChange?
    /// Words about it that were written down.
    package var seenWords: Set<String> = []

    package var isAwaiting: Bool { awaited != nil }
    /// What served, each revision once, the newest last; not more than `mostServed`.
    package var served: [ServedState] = []
    /// Which revision was alone in rotation from when to when, the newest last; not more than `mostServed`.
    package var stays: [Stay] = []
    /// Revisions that were rolled back and that nobody has allowed again.
    package var quarantined: [String: Quarantine] = [:]
    /// What serves in the place of what git asks for, while that is quarantined.
    package var standIn: ServedState?
    /// What the gates said when they were last asked.
    package var verdict: GateVerdict?
    /// The gates are to be asked anew, with nothing taken from an earlier run: a person said so.
    package var isAskedAnew = false
    /// The revision that was last let start under an environment's rules.
    package var admitted: AdmittedRevision?

    package init() {}

    /// Whether a revision was let start, or was started when nothing was asked: it is not asked again. Nor is one that served before
    /// and that a person goes back to.
    ///
    /// Told by whole digests: a manifest can be made to share the short form of what serves.
    func isAdmitted(_ revision: Revision) -> Bool {
        let full = revision.description
        return admitted?.revision == full || standIn?.revision == full
            || served.contains { $0.revision == full && $0.short == lastServed }
            || replicas.values.contains { $0.revision == full && $0.isStarted }
    }

    /// False when nothing of the deployment can be left anywhere.
    var needsAttention: Bool {
        !replicas.isEmpty || !(rotation ?? []).isEmpty || isOrphaned || decided.map { $0.to != Self.absent } ?? false
    }

    /// Goes back to what acts had left before one whose intent was not written; a deployment has one act at a time.
    mutating func takeBackIntent(to before: KeyFacts) {
        rotation = before.rotation
        shares = before.shares
        replicas = before.replicas
    }

    /// Replicas that ended by themselves or by a probe's verdict, and are not forgotten.
    package var crashed: Set<ReplicaID> { Set(replicas.filter { $0.value.hasExited || $0.value.failure != nil }.keys) }

    /// Replicas that should be there: started, not told to stop, not known to have ended.
    package var started: Set<ReplicaID> {
        Set(replicas.filter { $0.value.isStarted && !$0.value.isStopAsked && !$0.value.hasExited }.keys)
    }
}

/// What began in spite of what it waited for.
package struct OverriddenChange: Hashable, Codable, Sendable {
    package var rendering: String
    /// Who, why, and what it waited for.
    package var words: String
    /// When the first of the overrides ends.
    package var until: String?
}

/// A revision that was let start, with what was asked and found.
package struct AdmittedRevision: Hashable, Codable, Sendable {
    package var revision: String
    /// Digest of the whole rendering.
    package var rendering: String?
    package var evidence: String?

    package init(revision: String, rendering: String?, evidence: String?) {
        self.revision = revision
        self.rendering = rendering
        self.evidence = evidence
    }
}

package struct ReplicaFacts: Hashable, Codable, Sendable {
    /// The whole digest of what it runs, as its start says.
    package var revision: String?
    /// Its start succeeded.
    package var isStarted = false
    package var isStopAsked = false
    package var hasExited = false
    /// Why a probe condemned it, if one did.
    package var failure: String?

    package init() {}
}

/// Exits of one revision's replicas that followed on each other.
package struct ExitRow: Hashable, Codable, Sendable {
    package var revision: String
    package var count: Int
    package var lastAt: Timestamp
    package var status: String

    package init(revision: String, count: Int, lastAt: Timestamp, status: String) {
        self.revision = revision
        self.count = count
        self.lastAt = lastAt
        self.status = status
    }
}

/// The plan last written down; one that is part of it is no news.
package struct DecidedPlan: Hashable, Codable, Sendable {
    /// `absent`, or the revision.
    package var to: String
    package var rendering: String?
    package var commit: CommitID?
    package var version: VersionID?
    /// Actions that are not done yet.
    package var actions: Set<String>

    package init(
        to: String, rendering: String?, commit: CommitID?, version: VersionID? = nil, actions: Set<String>
    ) {
        self.to = to
        self.rendering = rendering
        self.commit = commit
        self.version = version
        self.actions = actions
    }
}
