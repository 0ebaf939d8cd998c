/// Where models run. A target acts only with a ticket, and reports what is, not what was asked.
package protocol Target: Sendable {
    /// Every deployment that has replicas or their remains here, whether or not git knows it.
    func knownKeys() async throws(Failure) -> Set<DeploymentKey>
    /// Replicas of `key`, and how prepared `revisions` are.
    func observe(_ key: DeploymentKey, revisions: [RevisionSpec]) async throws(Failure) -> TargetObservation
    /// Puts artifacts and environment in place. Safe to repeat; two calls for one revision share the work.
    func prepare(_ spec: RevisionSpec, at commit: CommitID, ticket: Ticket) async throws(Failure)
    /// Starts one replica. Safe to repeat for one id.
    func start(_ id: ReplicaID, _ spec: RevisionSpec, ticket: Ticket) async throws(Failure)
    /// Begins to stop one replica; does not wait for its end. Safe to repeat.
    func stop(_ id: ReplicaID, ticket: Ticket) async throws(Failure)
    /// Removes what is left of a replica that is gone. Safe to repeat.
    func forget(_ id: ReplicaID, ticket: Ticket) async throws(Failure)
    /// Model files and environments that are here for no revision of `keeping` and for no replica that is here.
    func unneeded(keeping: [RevisionSpec]) async throws(Failure) -> [CachedItem]
    /// Removes `items`, which `unneeded` named, and returns those that are gone. Nothing is prepared or started meanwhile.
    func collect(_ items: [CachedItem], ticket: Ticket) async throws(Failure) -> [CachedItem]
}

/// Something that preparing a revision put on a machine, by its key in the store that holds it.
package struct CachedItem: Hashable, Sendable, CustomStringConvertible {
    package enum Kind: String, CaseIterable, Hashable, Sendable {
        case modelFiles = "model-files"
        case environment
    }

    package var kind: Kind
    package var key: String

    package init(_ kind: Kind, key: String) {
        self.kind = kind
        self.key = key
    }

    /// The wire form in `cache.collected`.
    package var description: String { "\(kind.rawValue) \(key)" }
}

package struct TargetObservation: Hashable, Sendable {
    package var replicas: [ObservedReplica]
    package var preparations: [Revision: Preparation]

    package init(replicas: [ObservedReplica], preparations: [Revision: Preparation]) {
        self.replicas = replicas
        self.preparations = preparations
    }
}

/// The data plane as the controller sees it.
package protocol GatewayControl: Sendable {
    /// Nil when no gateway answers.
    func status() async -> GatewayStatus?
    /// What it has counted of `key` by revision; nil when no gateway answers, or it is of a build that does not tell.
    func counts(of key: DeploymentKey) async -> GatewayCounts?
    /// Replaces the route table. Returns once it is durable; the gateway takes it up on its own.
    func publish(_ table: RouteTable, ticket: Ticket) async throws(Failure)
}
