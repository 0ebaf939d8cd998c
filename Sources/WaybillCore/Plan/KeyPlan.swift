/// What turns the observed state of one deployment into the desired one: ordered actions, each with its reason.
///
/// Empty when nothing is left to do. Actions whose `waitsFor` is nil can run now, in any order among themselves;
/// the others show the way to the goal and are planned again once what they wait for has happened.
package struct KeyPlan: Hashable, Sendable {
    package enum Goal: Hashable, Sendable {
        case serve(Revision, replicas: Int)
        case absent
        /// Not in git any more, left alone on purpose.
        case orphaned
    }

    package var key: DeploymentKey
    package var goal: Goal
    /// The revision in rotation now.
    package var from: Revision?
    package var actions: [PlannedAction]
    package var drift: [Drift]
    /// True when the rotation is exactly the wanted number of ready replicas of the desired revision (or nothing is
    /// left of a deployment to remove); only tidying may remain.
    package var isGoalServed: Bool
    /// The earliest moment at which this plan changes though nothing is reported.
    package var wakeAt: Timestamp?
    /// How many serial numbers the plan's starts use.
    package var serialsUsed: Int
    /// Why the desired revision does not start, when its environment's rules refuse it.
    package var refusal: Admission.Refusal?

    package init(
        key: DeploymentKey, goal: Goal, from: Revision? = nil, actions: [PlannedAction] = [], drift: [Drift] = [],
        isGoalServed: Bool = false, wakeAt: Timestamp? = nil, serialsUsed: Int = 0,
        refusal: Admission.Refusal? = nil
    ) {
        self.refusal = refusal
        self.key = key
        self.goal = goal
        self.from = from
        self.actions = actions
        self.drift = drift
        self.isGoalServed = isGoalServed
        self.wakeAt = wakeAt
        self.serialsUsed = serialsUsed
    }

    package var isEmpty: Bool { actions.isEmpty }
    /// Actions that can run now, in order.
    package var runnable: [PlannedAction] { actions.filter { $0.waitsFor == nil } }
    /// The revision to serve; nil when the deployment is to be absent or left alone.
    package var to: Revision? { if case .serve(let revision, _) = goal { revision } else { nil } }
}
