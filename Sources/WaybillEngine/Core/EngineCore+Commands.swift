import WaybillCore

// What people ask for, holds of the fleet, the ledger's absence, and the end.
extension EngineCore {
    mutating func handle(_ command: OperatorCommand) {
        if isLedgerLost {
            let failure = Failure(
                .wait, reason: Reason.ledgerUnavailable.rawValue,
                message: "the ledger takes no entries, so no command can be recorded; mend it and try again")
            return effects.append(.answer(command.id, .failure(failure)))
        }
        switch command.verb {
        case .pause(let key): pause(key, command)
        case .resume(let key): resume(key, command)
        case .retry(let key): retry(key, command)
        case .restart(let key): restart(key, command)
        case .accept(let commit): accept(commit, command)
        }
    }

    private mutating func pause(_ key: DeploymentKey, _ command: OperatorCommand) {
        guard knows(key, command) else { return }
        if facts.keys[key]?.isPaused == true { return answer(command, "\(key) is paused already") }
        record(command, key, "paused: nothing is changed until 'waybill resume \(key)'")
        cancelPreparation(key)
    }

    private mutating func resume(_ key: DeploymentKey, _ command: OperatorCommand) {
        guard knows(key, command) else { return }
        guard facts.keys[key]?.isPaused == true else { return answer(command, "\(key) is not paused") }
        record(command, key, "resumed")
    }

    private mutating func retry(_ key: DeploymentKey, _ command: OperatorCommand) {
        guard knows(key, command) else { return }
        clearFailures(key)
        record(command, key, "failures and back-off are forgotten; it is tried now")
    }

    private mutating func restart(_ key: DeploymentKey, _ command: OperatorCommand) {
        guard knows(key, command) else { return }
        guard let desired = states[key]?.desired else {
            return refuse(command, "git does not ask for \(key), so there is nothing to restart it to")
        }
        clearFailures(key)
        states[key]?.reservedSerials = []
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
        note(
            FactEvents.command(
                command, subject: commit.hex, environment: nil, decision: DecisionID(chance.next()), time: wallNow,
                arguments: ["commit": .string(commit.hex)], result: result))
        effects.append(.reconsider(commit))
        answer(command, result)
    }

    private mutating func clearFailures(_ key: DeploymentKey) {
        states[key]?.failures = [:]
        states[key]?.observeFailure = nil
        states[key]?.startNotBefore = nil
    }

    private mutating func cancelPreparation(_ key: DeploymentKey) {
        builderQueue.removeAll { $0 == key }
        if inFlight[key]?.isPreparation == true { cancel(key) }
    }

    private mutating func record(
        _ command: OperatorCommand, _ key: DeploymentKey, _ result: String, adding: [String: Value] = [:]
    ) {
        let arguments = adding.merging(["deployment": .string(key.description)]) { old, _ in old }
        note(makes(key).command(command, arguments: arguments, result: result))
        answer(command, result)
        trigger(key)
        summarise(key)
    }

    private mutating func knows(_ key: DeploymentKey, _ command: OperatorCommand) -> Bool {
        if states[key] != nil { return true }
        refuse(command, "there is no deployment \(key)", reason: "NotFound")
        return false
    }

    private mutating func answer(_ command: OperatorCommand, _ text: String) {
        effects.append(.answer(command.id, .success(text)))
    }

    private mutating func refuse(_ command: OperatorCommand, _ text: String, reason: String = "Refused") {
        effects.append(.answer(command.id, .failure(Failure(.stall, reason: reason, message: text))))
    }

    // MARK: Holds of the fleet

    mutating func place(_ hold: FleetHold) {
        guard fleetHold != hold else { return }
        let isSameCommit = fleetHold?.commit == hold.commit && fleetHold?.cause == hold.cause
        fleetHold = hold
        if !isSameCommit {
            noteFleet(
                .holdPlaced,
                [
                    "reason": .string(hold.cause.rawValue), "message": .string(hold.message),
                    "commit": .string(hold.commit.hex),
                ])
        }
        for key in states.keys.sorted() { summarise(key) }
    }

    mutating func release(reason: String) {
        guard let hold = fleetHold else { return }
        fleetHold = nil
        noteFleet(
            .holdReleased,
            ["reason": .string(hold.cause.rawValue), "message": .string(reason), "commit": .string(hold.commit.hex)])
        for key in states.keys.sorted() { summarise(key) }
    }

    private mutating func noteFleet(_ type: EventType, _ body: [String: Value]) {
        note(
            Event(
                type, decision: DecisionID(chance.next()), time: wallNow, subject: FleetHold.subject, body: body))
    }

    // MARK: The ledger

    mutating func loseLedger(_ events: [Event]) {
        isLedgerLost = true
        unwritten = events + unwritten
    }

    mutating func regainLedger() {
        guard isLedgerLost else { return }
        isLedgerLost = false
        effects += unwritten.map { .note($0) }
        unwritten = []
        for (key, state) in states where state.plan?.isEmpty != true && inFlight[key] == nil {
            queue.schedule(key, at: now)
        }
    }

    // MARK: The end

    mutating func beginStopping() {
        isStopping = true
        for key in inFlight.keys.sorted() where inFlight[key]?.isPreparation == true { cancel(key) }
    }

    mutating func park() {
        guard isStopping, inFlight.isEmpty, !hasParked else { return }
        hasParked = true
        effects.append(.parked)
    }
}
