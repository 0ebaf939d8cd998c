import WaybillCore

// What people ask for. A command takes effect once it is durable, and never when it is not.
extension EngineCore {
    /// One command at a time: each is judged by what those before it have made of the facts.
    mutating func take(_ command: OperatorCommand) {
        if pending == nil { judge(command) } else { waitingCommands.append(command) }
    }

    private mutating func judge(_ command: OperatorCommand) {
        if isLedgerLost {
            let failure = Failure(
                .wait, reason: Reason.ledgerUnavailable.rawValue,
                message: "the ledger takes no entries, so no command can be recorded; mend it and try again")
            return effects.append(.answer(command.id, .failure(failure)))
        }
        if let why = objection(to: command) { return refuse(command, why, reason: "RoleMissing") }
        switch command.verb {
        case .pause(let key): pause(key, command)
        case .resume(let key): resume(key, command)
        case .retry(let key): retry(key, command)
        case .restart(let key): restart(key, command)
        case .rollback(let key, let version): rollback(key, to: version, command)
        case .lift(let key): lift(key, command)
        case .advance(let key): advance(key, command)
        case .abort(let key): abort(key, command)
        case .accept(let commit): accept(commit, command)
        }
    }

    private mutating func pause(_ key: DeploymentKey, _ command: OperatorCommand) {
        guard knows(key, command) else { return }
        if facts.keys[key]?.isPaused == true { return answer(command, "\(key) is paused already") }
        record(command, key, "paused: nothing is changed until 'waybill resume \(key)'")
    }

    private mutating func resume(_ key: DeploymentKey, _ command: OperatorCommand) {
        guard knows(key, command) else { return }
        if facts.keys[key]?.isPaused == true { return record(command, key, "resumed") }
        guard rollout(of: key)?.current == .pauseUntilResumed else { return answer(command, "\(key) is not paused") }
        advance(key, command)
    }

    private mutating func retry(_ key: DeploymentKey, _ command: OperatorCommand) {
        guard knows(key, command) else { return }
        let isTakenBack = rollout(of: key).map { $0.status != .progressing } ?? false
        record(
            command, key,
            "failures and back-off are forgotten; "
                + (isTakenBack ? "the rollout begins again with its first step" : "it is tried now"))
    }

    private mutating func restart(_ key: DeploymentKey, _ command: OperatorCommand) {
        guard knows(key, command) else { return }
        guard let desired = states[key]?.desired else {
            return refuse(command, "git does not ask for \(key), so there is nothing to restart it to")
        }
        record(
            command, key, "\(desired.replicas) replicas are replaced one by one",
            adding: ["replaceSerialsBelow": .integer(Int64(nextSerial))])
    }

    private mutating func accept(_ commit: CommitID, _ command: OperatorCommand) {
        guard let hold = fleetHold else { return refuse(command, "no commit is held") }
        guard hold.commit == commit else {
            return refuse(
                command, "commit \(commit.short) is not held; \(hold.commit.short) is (\(hold.cause.rawValue))")
        }
        let result = "commit \(commit.short) is accepted in spite of \(hold.cause.rawValue)"
        let event = FactEvents.command(
            command, subject: commit.hex, environment: nil, decision: DecisionID(chance.next()), time: wallNow,
            arguments: ["commit": .string(commit.hex)], result: result)
        ask(PendingCommand(command: command, event: event, result: result, before: nil))
    }

    mutating func record(
        _ command: OperatorCommand, _ key: DeploymentKey, _ result: String, adding: Members = [:]
    ) {
        let arguments = adding.merging(["deployment": .string(key.description)]) { old, _ in old }
        let event = makes(key).command(command, arguments: arguments, result: result)
        ask(PendingCommand(command: command, event: event, result: result, before: facts.keys[key]))
    }

    private mutating func ask(_ new: PendingCommand) {
        pending = new
        effects.append(.record(new.command.id, new.event))
    }

    // MARK: Once it is known whether the command is durable

    mutating func recorded(_ id: UInt64, isDurable: Bool) {
        guard let done = pending, done.command.id == id else { return }
        pending = nil
        if isDurable {
            facts.fold(done)
            carryOut(done)
        } else {
            let failure = Failure(
                .wait, reason: Reason.ledgerUnavailable.rawValue,
                message: "the ledger did not take the command, so it has no effect; mend the ledger and try again")
            effects.append(.answer(id, .failure(failure)))
        }
        while pending == nil, !waitingCommands.isEmpty { judge(waitingCommands.removeFirst()) }
    }

    private mutating func carryOut(_ done: PendingCommand) {
        switch done.command.verb {
        case .pause(let key):
            cancelPreparation(key)
            attend(key)
        case .resume(let key), .advance(let key), .abort(let key):
            followWord(key, since: done.before?.rollout)
            attend(key)
        case .retry(let key):
            followWord(key, since: done.before?.rollout)
            clearFailures(key)
            attend(key)
        case .restart(let key):
            clearFailures(key)
            states[key]?.reservedSerials = []
            attend(key)
        case .rollback(let key, _):
            clearFailures(key)
            beginStandIn(key)
            judgeDownstream(of: key)
            attend(key)
        case .lift(let key):
            takeUpAsked(key)
            judgeDownstream(of: key)
            attend(key)
        case .accept(let commit): effects.append(.reconsider(commit))
        }
        answer(done.command, done.result)
    }

    private mutating func attend(_ key: DeploymentKey) {
        guard states[key] != nil else { return }
        trigger(key)
        summarise(key)
    }

    private mutating func clearFailures(_ key: DeploymentKey) {
        states[key]?.failures = [:]
        states[key]?.observeFailure = nil
        states[key]?.startNotBefore = nil
    }

    private mutating func cancelPreparation(_ key: DeploymentKey) {
        builderQueue.removeAll { $0 == key }
        if inFlight[key]?.isPreparation == true { cancel(key, isNeeded: false) }
    }

    mutating func knows(_ key: DeploymentKey, _ command: OperatorCommand) -> Bool {
        if states[key] != nil { return true }
        refuse(command, "there is no deployment \(key)", reason: "NotFound")
        return false
    }

    mutating func answer(_ command: OperatorCommand, _ text: String) {
        effects.append(.answer(command.id, .success(text)))
    }

    mutating func refuse(_ command: OperatorCommand, _ text: String, reason: String = "Refused") {
        effects.append(.answer(command.id, .failure(Failure(.stall, reason: reason, message: text))))
    }
}
