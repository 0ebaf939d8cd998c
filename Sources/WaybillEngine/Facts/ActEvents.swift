package import WaybillCore

extension ActRequest {
    /// The type of the events that this act leaves.
    package var eventType: EventType {
        switch action {
        case .prepare: .revisionPrepared
        case .validate: .versionValidated
        case .startReplica: .replicaStarted
        case .stopReplica: .replicaStopped
        case .setRoute: .routesChanged
        case .forgetReplica: .replicaForgotten
        }
    }

    /// The intent to write before the act.
    package func intent(at time: Timestamp) -> Event {
        Event(
            eventType, phase: .intent, decision: decision, time: time, environment: key.environment,
            subject: key.description, body: facts.merging(["reason": .string(reason)]) { _, new in new })
    }

    /// The outcome to write after it. `additions` are members of the catalogue that only the shell knows, as the
    /// table's `generation`.
    package func outcome(_ failure: Failure?, at time: Timestamp, adding additions: Members = [:]) -> Event {
        var body = facts.merging(additions) { _, new in new }
        if let failure { body["message"] = .string(failure.message) }
        return Event(
            eventType, phase: .outcome, decision: decision, time: time, environment: key.environment,
            subject: key.description, outcome: failure == nil ? .succeeded : .failed, body: body)
    }

    private var facts: Members {
        switch action {
        case .prepare(let revision): prepareFacts(revision)
        case .validate(let revision): prepareFacts(revision).merging(checklistFacts) { own, _ in own }
        case .startReplica(let id, let revision): startFacts(id, revision)
        case .stopReplica(let id), .forgetReplica(let id): ["replica": .string(id.description)]
        case .setRoute(let ids, let shares): routeFacts(ids, shares)
        }
    }

    private func prepareFacts(_ revision: Revision) -> Members {
        var facts: Members = ["revision": .string(revision.description)]
        if let version = spec?.version { facts["version"] = .string(version.description) }
        return facts
    }

    private var checklistFacts: Members {
        guard let asked = question?.checklist else { return [:] }
        return ["checklist": .string(asked.name.text), "rules": .string(asked.digest.description)]
    }

    private func startFacts(_ id: ReplicaID, _ revision: Revision) -> Members {
        var facts: Members = [
            "replica": .string(id.description), "revision": .string(revision.description),
        ]
        if let isolation = spec?.isolation { facts["isolation"] = .string(isolation.rawValue) }
        return facts
    }

    /// The revision is named when the rotation is wholly of the desired one.
    private func routeFacts(_ ids: [ReplicaID], _ shares: [TrafficShare]) -> Members {
        var facts: Members = ["replicas": .list(ids.map { .string($0.description) })]
        if !shares.isEmpty { facts["shares"] = .list(shares.map(\.value)) }
        if let revision = spec?.revision, !ids.isEmpty, ids.allSatisfy({ $0.revisionShort == revision.short }) {
            facts["revision"] = .string(revision.description)
        }
        return facts
    }
}
