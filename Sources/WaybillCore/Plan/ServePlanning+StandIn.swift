extension ServePlanning {
    /// The plan for what served last, while the desired revision may not start: it is kept as whole as if nothing else were asked.
    var standIn: ServePlanning? {
        guard admission != .admitted, desired.replicas > 0, var old = context.standIn,
            old.revision != desired.revision
        else { return nil }
        // How many there are is nothing that a checklist is asked about.
        old.replicas = desired.replicas
        var its = context
        its.isAdmitted = true
        its.standIn = nil
        return ServePlanning(desired: old, observed: observed, context: its)
    }

    /// Keeps `old` serving, and shows the way from there to the desired revision.
    mutating func plan(behind old: inout ServePlanning) -> KeyPlan {
        let serving = old.plan()
        var later = context
        later.reservedSerials = Array(context.reservedSerials.dropFirst(serving.serialsUsed))
        later.nextSerial += UInt64(max(0, serving.serialsUsed - context.reservedSerials.count))
        var planning = ServePlanning(desired: desired, observed: observed, context: later)
        var plan = planning.plan()
        // What becomes of replicas and rotation now is for the old plan to say.
        let ahead = plan.actions.filter { planned in
            switch planned.action {
            case .prepare(desired.revision), .validate, .startReplica: true
            case .prepare, .stopReplica, .setRoute, .forgetReplica: false
            }
        }
        plan.actions = serving.actions + ahead
        plan.drift = serving.drift
        plan.serialsUsed += serving.serialsUsed
        plan.isGoalServed = false
        plan.wakeAt = [plan.wakeAt, serving.wakeAt].compactMap { $0 }.min()
        return plan
    }
}
