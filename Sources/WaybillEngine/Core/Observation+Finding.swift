import WaybillCore

extension Observation {
    /// In words, what became of an act whose outcome was never written.
    func finding(for intent: Event) -> String {
        switch intent.type {
        case .replicaStarted, .replicaStopped, .replicaForgotten: intent.replica.map(finding(for:)) ?? "not known"
        case .routesChanged:
            route.isGatewayRunning
                ? "the gateway routes to \(route.replicas.isEmpty ? "no replica" : route.replicas.sorted().map(\.description).joined(separator: ", "))"
                : "the gateway does not answer"
        case .revisionPrepared: preparationFinding(intent.body["revision"]?.string)
        case _: "not known"
        }
    }

    private func finding(for id: ReplicaID) -> String {
        guard let replica = replicas.first(where: { $0.id == id }) else { return "the replica is not there" }
        switch replica.phase {
        case .starting, .ready, .unready, .failing: return "the replica runs"
        case .stopping: return "the replica is stopping"
        case .exited(let status): return "the replica \(status)"
        }
    }

    private func preparationFinding(_ revision: String?) -> String {
        switch preparations.first(where: { $0.key.description == revision })?.value {
        case .prepared?: "the revision is prepared"
        case .missing?: "the revision is not prepared"
        case .unpackaged?: "the version has no bundle"
        case .altered(let path, _, _)?: "\(path.quotedForMessage) is altered"
        case nil: "the revision is not known any more"
        }
    }
}

extension ObservedReplica {
    /// A probe's verdict that is in the ledger stands until the replica is gone. One that is ready again, for the probes of a
    /// controller that did not judge it, serves until it is replaced.
    mutating func condemn(_ known: ReplicaFacts?) {
        guard let reason = known?.failure else { return }
        switch phase {
        case .starting, .unready: phase = .failing(reason)
        case .ready, .failing, .stopping, .exited: break
        }
    }
}
