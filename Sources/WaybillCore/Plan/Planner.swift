/// Decides what is to be done for one deployment. Pure: the same in `waybill plan` and in the controller.
///
/// *Flow*: prepare the revision, start its replicas, make the ready ones the rotation, wait until the old ones have
/// drained, stop them, forget them.
/// *Guarantees*: planning again after everything was done gives an empty plan. While the old revision has a ready
/// replica it stays in rotation until enough new ones are ready. A replica is stopped only when no table that may be
/// in force names it, and its requests have ended or had their time.
/// *Assumptions*: the observation is not older than the last act for this key.
/// *Caveats*: the old revision's replicas are not started again while a new one is on its way; they are while the new one may not
/// start yet, where `PlanContext.standIn` says what they are, and while it earns its traffic (`PlanContext.rollout`).
package enum Planner {
    /// How long the gateway may take to follow a table before the rotation is set again.
    package static let routeGrace = Duration.seconds(10)
    /// How long after its grace a replica that was told to stop may still be there before that is reported.
    package static let stopPatience = Duration.seconds(10)

    /// What turns `observed` into `desired`; nil `desired` means that git no longer names the deployment.
    package static func plan(
        _ key: DeploymentKey, desired: DesiredDeployment?, observed: Observation, context: PlanContext
    ) -> KeyPlan {
        if let desired {
            if desired.replicas > 0, let rollout = context.rollout {
                var planning = RolloutPlanning(
                    desired: desired, observed: observed, context: context, rollout: rollout)
                return planning.plan()
            }
            var planning = ServePlanning(desired: desired, observed: observed, context: context)
            if var standIn = planning.standIn { return planning.plan(behind: &standIn) }
            return planning.plan()
        }
        if context.isOrphaned {
            return KeyPlan(key: key, goal: .orphaned, from: observed.servedRevision, isGoalServed: true)
        }
        var planning = RemovalPlanning(key: key, observed: observed, context: context)
        return planning.plan()
    }
}

extension Observation {
    /// The revision of the replicas in rotation that are there; the lowest, should there be two.
    package var servedRevision: Revision? {
        replicas.filter { route.replicas.contains($0.id) && $0.isAlive }.map(\.revision).min()
    }
}
