import Synchronization
import WaybillCore

/// Since when each resource of the catalogue is as it is, as far as this controller has seen.
final class CatalogueMemory: Sendable {
    private let known = Mutex<[ResourceID: Conditions]>([:])

    /// `Ready`, or `Held` with what is wrong; times stay while the status does.
    func conditions(of id: ResourceID, problems: [Diagnostic], commit: CommitID, at time: Timestamp) -> Conditions {
        known.withLock { known in
            var conditions = known[id] ?? Conditions()
            let isSound = problems.isEmpty
            let reason = (isSound ? Reason.inForce : .invalidManifest).rawValue
            let message = isSound ? "its manifest is in force" : problems.summary
            conditions.set(
                Condition(
                    .ready, isTrue: isSound, reason: reason, message: message, changedAt: time, observedCommit: commit))
            if isSound {
                conditions.remove(.held)
            } else {
                conditions.set(
                    Condition(
                        .held, isTrue: true, reason: reason, message: message, changedAt: time, observedCommit: commit))
            }
            known[id] = conditions
            return conditions
        }
    }
}

/// The conditions of one state's resources.
struct HeldResources {
    private let problems: ResourceProblems?
    private let commit: CommitID?
    private let memory: CatalogueMemory
    private let time = SystemClock().now()

    init(_ state: DesiredState?, memory: CatalogueMemory) {
        problems = state.map(ResourceProblems.init)
        commit = state?.commit
        self.memory = memory
    }

    func conditions(of resource: Resource) -> Conditions {
        guard let problems, let commit else { return Conditions() }
        return memory.conditions(of: resource.id, problems: problems.of(resource), commit: commit, at: time)
    }
}
