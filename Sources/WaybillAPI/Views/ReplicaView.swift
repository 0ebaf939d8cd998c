package import WaybillCore

/// One replica as its target reports it.
package struct ReplicaView: Hashable, Sendable, Codable {
    /// `production.churn.3f2a9c01d4e5.7`.
    package var replica: String
    package var deployment: String
    package var version: String
    /// Short form.
    package var revision: String
    /// `starting`, `ready`, `unready`, `failing`, `stopping` or `exited`.
    package var phase: String
    package var port: Int?
    package var startedAt: Moment
    /// Whether the gateway sends it requests.
    package var inRotation: Bool
    /// Requests in flight.
    package var outstanding: Int
    /// How it ended, in words.
    package var exit: String?
    package var endedAt: Moment?
    /// How it differs from its revision, in words.
    package var drift: String?

    package init(_ replica: ObservedReplica, route: ObservedRoute) {
        self.replica = replica.id.description
        deployment = replica.id.key.description
        version = replica.version.description
        revision = replica.revision.short
        port = replica.port
        startedAt = Moment(replica.startedAt)
        inRotation = route.replicas.contains(replica.id)
        outstanding = route.outstanding[replica.id] ?? 0
        drift = replica.drift
        switch replica.phase {
        case .starting: phase = "starting"
        case .ready: phase = "ready"
        case .unready: phase = "unready"
        case .failing: phase = "failing"
        case .stopping: phase = "stopping"
        case .exited(let status):
            phase = "exited"
            exit = status.description
            endedAt = Moment(status.at)
        }
    }
}

/// Where a replica's log stands. Its keeper begins each line with a time and `out` or `err`.
package struct ReplicaLog: Hashable, Sendable {
    package var replica: ReplicaID
    /// Absolute paths, oldest first; the last one is written to. A file that is renamed away when it is full has its
    /// successor under the last path.
    package var files: [String]

    package init(replica: ReplicaID, files: [String]) {
        self.replica = replica
        self.files = files
    }
}
