import WaybillCore

/// What one round of a deployment (observe, plan, act, summarise) came to.
package enum RoundOutcome: String, CaseIterable, Hashable, Sendable {
    /// Nothing is left to do.
    case settled
    /// An act was begun.
    case acted
    /// What is left to do waits for something.
    case waiting
    /// It could not be looked at.
    case failed

    init(_ key: DeploymentKey, _ result: Result<Observation, Failure>, _ effects: [Effect], _ plan: KeyPlan?) {
        if case .failure = result {
            self = .failed
        } else if effects.contains(where: { if case .perform(let act) = $0 { act.key == key } else { false } }) {
            self = .acted
        } else {
            self = plan.map { $0.isEmpty } ?? true ? .settled : .waiting
        }
    }
}
