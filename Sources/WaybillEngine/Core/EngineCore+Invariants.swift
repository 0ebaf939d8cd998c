import WaybillCore

extension EngineCore {
    /// What must never be after a step; empty when all is well. Tests and simulations look at it after every step.
    package var violations: [String] {
        var found: [String] = []
        if busyWorkers > policy.workers {
            found.append("\(busyWorkers) workers are busy, \(policy.workers) are allowed")
        }
        if busyBuilders > policy.builders {
            found.append("\(busyBuilders) builders are busy, \(policy.builders) are allowed")
        }
        for key in states.keys.sorted() {
            if inFlight[key] == nil && queue.time(of: key) == nil && !isStopping { found.append("\(key) is forgotten") }
            let conditions = states[key]?.conditions
            if states[key]?.summary != nil { found += (conditions?.violations ?? []).map { "\(key): \($0)" } }
        }
        var waiting = queue
        if let due = waiting.earliest(), due <= now, busyWorkers < policy.workers, !isStopping {
            found.append("a deployment is due and a worker is free, yet it is not worked on")
        }
        for key in inFlight.keys where states[key] == nil { found.append("\(key) is worked on though it is forgotten") }
        return found
    }
}
