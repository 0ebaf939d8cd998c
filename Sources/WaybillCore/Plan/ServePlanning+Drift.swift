extension ServePlanning {
    /// What runs otherwise than it was decided. Exits are not here: they have an event of their own.
    var drift: [Drift] {
        let stuck = observed.stuck(at: context.now)
        guard desired.replicas > 0 else { return stuck + gatewayDrift }
        return fileDrift + replicaDrift + stuck + gatewayDrift
    }

    private var fileDrift: [Drift] {
        switch observed.preparations[desired.revision] {
        case .altered(let path, let expected, let found)?:
            [
                Drift(
                    .artifactAltered, subject: path, found: found.description, expected: expected.description,
                    message: "\(path.quotedForMessage) has bytes other than \(desired.spec.version) names")
            ]
        case .missing? where !(census.fresh + census.stale).isEmpty:
            [
                Drift(
                    .filesMissing, subject: desired.revision.short, found: "missing", expected: "prepared",
                    message: "files or environment of revision \(desired.revision.short) are gone while it runs")
            ]
        case .missing?, .unpackaged?, .prepared?, nil: []
        }
    }

    private var replicaDrift: [Drift] {
        let altered = observed.replicas.filter(\.isAlive).compactMap { replica in
            replica.drift.map { drift in
                Drift(
                    .replicaAltered, subject: replica.id.description, found: drift, expected: "as its revision says",
                    message: "\(replica.id): \(drift)")
            }
        }
        guard let started = context.started else { return altered }
        let extra = census.leaving.filter { !started.contains($0.id) }.map { replica in
            Drift(
                .replicaExtra, subject: replica.id.description, found: "running", expected: "absent",
                message: "\(replica.id) runs though nothing here started it")
        }
        let present = Set(observed.replicas.map(\.id))
        let missing = started.subtracting(present).sorted().map { id in
            Drift(
                .replicaMissing, subject: id.description, found: "absent", expected: "running",
                message: "\(id) is gone without a trace")
        }
        return altered + extra + missing
    }

    var gatewayDrift: [Drift] {
        guard observed.route.isGatewayRunning else {
            return [
                Drift(
                    .gatewayStopped, subject: "gateway", found: "no answer", expected: "running",
                    message: "the gateway does not answer")
            ]
        }
        guard let expected = context.lastRotation, observed.route.replicas != expected,
            let since = observed.route.changedAt, context.now >= since + Planner.routeGrace
        else { return [] }
        return [
            Drift(
                .rotationDiffers, subject: desired.key.description, found: observed.route.replicas.listed,
                expected: expected.listed, message: "the gateway routes to other replicas than were set")
        ]
    }
}

extension Set<ReplicaID> {
    fileprivate var listed: String { isEmpty ? "none" : sorted().map(\.description).joined(separator: ", ") }
}
