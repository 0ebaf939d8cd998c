/// What a target and the gateway report about one deployment at one moment; never what we remember having done.
package struct Observation: Hashable, Sendable {
    package var replicas: [ObservedReplica]
    /// Preparation of each revision that the target knows of.
    package var preparations: [Revision: Preparation]
    package var route: ObservedRoute
    package var time: Timestamp

    package init(
        replicas: [ObservedReplica] = [], preparations: [Revision: Preparation] = [:],
        route: ObservedRoute = ObservedRoute(), time: Timestamp
    ) {
        self.replicas = replicas
        self.preparations = preparations
        self.route = route
        self.time = time
    }
}

package struct ObservedReplica: Hashable, Sendable {
    package enum Phase: Hashable, Sendable {
        /// Running, its startup probe has not passed yet.
        case starting
        case ready
        /// Has been ready; its readiness probe fails now.
        case unready
        /// Its startup or liveness probe failed as often as it may, for this reason: it runs, and is no longer of use.
        case failing(String)
        /// Told to stop, not gone yet.
        case stopping
        /// Gone; the keeper wrote down how.
        case exited(ExitStatus)
    }

    package var id: ReplicaID
    package var revision: Revision
    package var version: VersionID
    package var phase: Phase
    /// The served port; nil before one is given.
    package var port: Int?
    package var startedAt: Timestamp
    /// What is wrong with it compared to its revision (a port that another process owns, an edited weight), if anything.
    package var drift: String?
    /// The keeper's process, where the target knows it.
    package var pid: Int32?
    /// For one that is stopping: when it was told to, and its grace after that.
    package var goneBy: Timestamp?

    package init(
        id: ReplicaID, revision: Revision, version: VersionID, phase: Phase, port: Int?, startedAt: Timestamp,
        drift: String? = nil, pid: Int32? = nil, goneBy: Timestamp? = nil
    ) {
        self.goneBy = goneBy
        self.id = id
        self.revision = revision
        self.version = version
        self.phase = phase
        self.port = port
        self.startedAt = startedAt
        self.drift = drift
        self.pid = pid
    }

    /// True until the replica is gone.
    package var isAlive: Bool { if case .exited = phase { false } else { true } }
    /// Why it is to be stopped and replaced though it runs; nil when nothing condemns it.
    package var failure: String? { if case .failing(let reason) = phase { reason } else { nil } }
    package var exit: ExitStatus? { if case .exited(let status) = phase { status } else { nil } }
}

package struct ExitStatus: Hashable, Sendable, CustomStringConvertible {
    package enum Cause: Hashable, Sendable {
        case code(Int)
        case signal(Int)
        /// The keeper itself is gone without a word, as after a power cut.
        case unknown
    }

    package var cause: Cause
    package var at: Timestamp
    /// Why the keeper ended it, when it did (`memory limit`, `told to stop`).
    package var reason: String?
    /// The last lines of the log, for `describe`.
    package var lastLines: [String]

    package init(cause: Cause, at: Timestamp, reason: String? = nil, lastLines: [String] = []) {
        self.cause = cause
        self.at = at
        self.reason = reason
        self.lastLines = lastLines
    }

    package var description: String {
        let how =
            switch cause {
            case .code(let code): "exited with code \(code)"
            case .signal(let signal): "ended by signal \(signal)"
            case .unknown: "gone without an exit status"
            }
        return reason.map { "\(how): \($0)" } ?? how
    }
}

/// Whether everything that a replica of a revision needs is on the machine.
package enum Preparation: Hashable, Sendable {
    case prepared
    /// Files or environment are missing; preparing makes them.
    case missing
    /// All is there that a replica needs; the version has no bundle yet.
    case unpackaged
    /// An artifact's bytes are no longer those of its digest: expected and found.
    case altered(path: String, expected: Digest, found: Digest)
}

/// What the gateway says about one deployment.
package struct ObservedRoute: Hashable, Sendable {
    /// False when the gateway does not answer: then nothing below is known.
    package var isGatewayRunning: Bool
    /// Replicas in rotation, as the gateway confirmed.
    package var replicas: Set<ReplicaID>
    /// Requests in flight by replica, in rotation or not.
    package var outstanding: [ReplicaID: Int]
    /// When the rotation last changed, by the controller's record. The engine fills this in; others leave it nil.
    package var changedAt: Timestamp?
    /// The generation of the table that the gateway has taken up; 0: not known.
    package var generation: UInt64
    /// False while the gateway has not taken up the table that was last published for the deployment.
    package var isCurrent: Bool
    /// False when the gateway is of a build that cannot divide a deployment's traffic between revisions.
    package var dividesTraffic: Bool
    /// What it has counted by revision; nil when it was not asked, or did not tell.
    package var counts: GatewayCounts?
    /// True when the table in force names the deployment, also with no replica (then it answers 503, not 404).
    package var hasRoute: Bool
    /// What the published table says is recorded; nil: not known.
    package var recording: RecordingPolicy?

    package init(
        isGatewayRunning: Bool = true, replicas: Set<ReplicaID> = [], outstanding: [ReplicaID: Int] = [:],
        changedAt: Timestamp? = nil, hasRoute: Bool? = nil, isCurrent: Bool = true,
        generation: UInt64 = 0, dividesTraffic: Bool = true, counts: GatewayCounts? = nil
    ) {
        self.counts = counts
        self.dividesTraffic = dividesTraffic
        self.generation = generation
        self.isCurrent = isCurrent
        self.isGatewayRunning = isGatewayRunning
        self.replicas = replicas
        self.outstanding = outstanding
        self.changedAt = changedAt
        self.hasRoute = hasRoute ?? !replicas.isEmpty
    }
}
