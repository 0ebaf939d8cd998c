import WaybillCore

// What people say of rollouts.
extension EngineCore {
    mutating func advance(_ key: DeploymentKey, _ command: OperatorCommand) {
        guard knows(key, command), let rollout = live(key, command) else { return }
        if facts.keys[key]?.isPaused == true, command.verb == .advance(key) {
            return refuse(command, "\(key) is paused, so nothing of it is changed; 'waybill resume \(key)' first")
        }
        guard let next = rollout.obeying(.advance, at: wallNow) else {
            let why =
                rollout.isTakenBack
                ? "was taken back; 'waybill retry \(key)' begins it again"
                : "waits for \(states[key]?.rolloutWait?.waitsFor ?? "its next look"), which no word replaces"
            return refuse(command, "the rollout of \(key) \(why)")
        }
        let past = rollout.analysis == nil || next.step == rollout.step ? "" : ", past an analysis that has not passed"
        record(
            command, key,
            (next.current.map { "\(key) goes on to \(next.place); \($0.words)" } ?? "\(key) has done all its steps")
                + past)
    }

    mutating func abort(_ key: DeploymentKey, _ command: OperatorCommand) {
        guard knows(key, command), let rollout = live(key, command) else { return }
        guard rollout.obeying(.abort, at: wallNow) != nil else {
            return answer(command, "the rollout of \(key) is taken back already")
        }
        if facts.keys[key]?.isPaused == true {
            return refuse(command, "\(key) is paused, so nothing of it is changed; 'waybill resume \(key)' first")
        }
        record(
            command, key,
            "\(key) goes back to \(facts.keys[key]?.stable?.version?.description ?? "what served before"); revision "
                + "\(rollout.revision.short) has no traffic until 'waybill retry \(key)' or a commit that changes it")
    }

    private mutating func live(_ key: DeploymentKey, _ command: OperatorCommand) -> RolloutState? {
        guard let rollout = rollout(of: key) else {
            refuse(command, "no rollout of \(key) is under way")
            return nil
        }
        return rollout
    }

    /// A person's word was the transition: its step's time counts from now on the core's clock.
    mutating func followWord(_ key: DeploymentKey, since before: RolloutState?) {
        guard facts.keys[key]?.rollout != before else { return }
        let isCounting = facts.keys[key]?.rollout?.countsSince != nil
        let since = isCounting ? now : nil
        states[key]?.rolloutSince = since
        states[key]?.failures[.route] = nil
        states[key]?.generation += 1
    }
}
