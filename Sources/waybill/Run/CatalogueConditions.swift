import Synchronization
import WaybillCore

/// The conditions of the catalogue's resources (models, versions, runtimes, environments), which run nothing themselves:
/// `Ready` at the commit in force, or `Held` with what is wrong. They change when a commit is accepted, and only then.
final class CatalogueConditions: Sendable {
    private struct Known {
        var commit: CommitID?
        var conditions: [ResourceID: Conditions] = [:]
    }

    private let known = Mutex(Known())
    private let inForce: CommitInForce

    init(_ inForce: CommitInForce) { self.inForce = inForce }

    /// Takes in the state of the commit in force as of the time when that was accepted, once, and returns what is known
    /// then. Any other state, as one that is loaded to be judged, changes nothing.
    ///
    /// What no longer is there is forgotten. After a restart all is as it is since the last acceptance.
    @discardableResult
    func take(_ state: DesiredState?) -> [ResourceID: Conditions] {
        known.withLock { known in
            guard let state, let accepted = inForce.acceptance, state.commit == accepted.commit,
                known.commit != accepted.commit
            else { return known.conditions }
            let problems = ResourceProblems(state)
            var conditions: [ResourceID: Conditions] = [:]
            for (id, resource) in state.resources where Self.isOfCatalogue(id) {
                conditions[id] = (known.conditions[id] ?? Conditions())
                    .following(problems.of(resource), at: accepted)
            }
            known = Known(commit: accepted.commit, conditions: conditions)
            return conditions
        }
    }

    /// What must never be; empty when all is well. Tests ask after every transition, as they do of deployments.
    var violations: [String] {
        known.withLock { known in
            known.conditions.flatMap { id, conditions in conditions.violations.map { "\(id): \($0)" } }.sorted()
        }
    }

    /// A deployment's conditions are the engine's.
    private static func isOfCatalogue(_ id: ResourceID) -> Bool {
        if case .modelDeployment = id { false } else { true }
    }
}

extension Conditions {
    fileprivate func following(_ problems: [Diagnostic], at accepted: CommitInForce.Acceptance) -> Conditions {
        let isSound = problems.isEmpty
        let reason = (isSound ? Reason.inForce : .invalidManifest).rawValue
        let message = isSound ? "its manifest is in force" : problems.summary
        func condition(_ kind: Condition.Kind, _ isTrue: Bool) -> Condition {
            Condition(
                kind, isTrue: isTrue, reason: reason, message: message, changedAt: accepted.at,
                observedCommit: accepted.commit)
        }
        var next = self
        next.set(condition(.ready, isSound))
        if isSound { next.remove(.held) } else { next.set(condition(.held, true)) }
        return next
    }
}
