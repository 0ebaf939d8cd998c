/// What a plan depends on beside desired and observed state: the moment, and the facts that decide.
package struct PlanContext: Hashable, Sendable {
    package var now: Timestamp
    /// Serial numbers set aside for this key, in order; further ones count up from `nextSerial`.
    package var reservedSerials: [UInt64]
    package var nextSerial: UInt64
    /// No replica of the desired revision is started before this moment: it exited too often.
    package var startNotBefore: Timestamp?
    /// Exits in a row of the desired revision, for the words of a reason.
    package var exits: Int
    /// Until when what is left of the replica that ended last is kept, for its log; nil: no row of exits.
    package var keepsLastUntil: Timestamp?
    /// Replicas that ended by themselves or by a probe's verdict. One that is there all the same is replaced.
    package var crashed: Set<ReplicaID>
    /// Replicas with a lower serial are replaced though their revision is right; 0: none.
    package var replaceSerialsBelow: UInt64
    /// The revision whose replicas were last made the rotation, in its short form.
    package var lastServed: String?
    /// The rotation last published. When an answer was lost: every replica that either table names. Nil: none known.
    package var lastRotation: Set<ReplicaID>?
    /// Replicas that this state folder started and has not stopped; nil: not known, so none counts as extra or missing.
    package var started: Set<ReplicaID>?
    /// How long requests in flight may take when the deployment is being removed and no longer says so itself.
    package var drain: Duration
    /// Removed from git with `waybill.dev/prune: disabled`.
    package var isOrphaned: Bool
    /// The desired revision was let start before: it is not asked again.
    package var isAdmitted = false
    /// What the gates said of the desired revision last.
    package var verdict: GateVerdict?
    /// What served last, when that is another revision: kept whole until the desired one may start.
    package var standIn: DesiredDeployment?
    /// The desired revision earns its traffic beside the one that serves.
    package var rollout: RolloutView?
    /// The shares last published; empty: one pool. Nil: an outcome is unknown.
    package var lastShares: [TrafficShare]? = []
    /// The revision that `startNotBefore`, `exits` and `keepsLastUntil` are about; nil: the desired one.
    package var exitedRevision: Revision?

    package init(
        now: Timestamp, reservedSerials: [UInt64] = [], nextSerial: UInt64 = 1, startNotBefore: Timestamp? = nil,
        exits: Int = 0, replaceSerialsBelow: UInt64 = 0, lastServed: String? = nil,
        lastRotation: Set<ReplicaID>? = nil, started: Set<ReplicaID>? = nil, drain: Duration = .seconds(30),
        isOrphaned: Bool = false, keepsLastUntil: Timestamp? = nil, crashed: Set<ReplicaID> = []
    ) {
        self.keepsLastUntil = keepsLastUntil
        self.crashed = crashed
        self.now = now
        self.reservedSerials = reservedSerials
        self.nextSerial = nextSerial
        self.startNotBefore = startNotBefore
        self.exits = exits
        self.replaceSerialsBelow = replaceSerialsBelow
        self.lastServed = lastServed
        self.lastRotation = lastRotation
        self.started = started
        self.drain = drain
        self.isOrphaned = isOrphaned
    }

    /// The serial of the plan's start number `index`, counted from 0.
    func serial(_ index: Int) -> UInt64 {
        index < reservedSerials.count
            ? reservedSerials[index] : nextSerial + UInt64(index - reservedSerials.count)
    }
}
