import WaybillCore

// Nothing of a revision starts before it has given what its environment asks. What served before and is gone back to is not asked again.
extension Simulation {
    /// - Parameter id: a replica that is about to be started.
    mutating func checkAdmission(_ id: ReplicaID, _ revision: Revision, _ request: ActRequest) {
        guard let asked = flights[request.id]?.asked else { return }
        let runs = world.replicas.contains { $0.key.key == request.key && $0.value.revision == revision }
        let served = checks.lastRouted[request.key, default: []].contains(revision.short)
        if runs || served || hasPassed(request.key, revision, asked)
            || lastAdmitted(request.key) == revision.description
            || ledger.facts.keys[request.key]?.standIn?.revision == revision.description
            || wasStarted(request.key, revision) || isStable(revision, of: request.key)
        {
            return
        }
        violation("\(id) is started though its revision has not passed what is asked")
    }

    /// It was started when nothing was asked yet, and what is left of it is not cleared away.
    private func wasStarted(_ key: DeploymentKey, _ revision: Revision) -> Bool {
        ledger.facts.keys[key]?.replicas.contains { $0.key.revisionShort == revision.short && $0.value.isStarted }
            ?? false
    }

    private func hasPassed(_ key: DeploymentKey, _ revision: Revision, _ asked: AskedChecklist) -> Bool {
        ledger.entries.contains { event in
            event.type == .versionValidated && event.phase == .outcome && event.subject == key.description
                && event.body["revision"]?.string == revision.description
                && event.body["rules"]?.string == asked.digest.description
                && event.body["verdict"]?.string == Verdict.passed.rawValue
        }
    }

    private func lastAdmitted(_ key: DeploymentKey) -> String? {
        ledger.entries.last { $0.type == .revisionAdmitted && $0.subject == key.description }?.body["revision"]?.string
    }
}
