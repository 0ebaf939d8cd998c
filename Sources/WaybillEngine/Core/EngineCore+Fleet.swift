import WaybillCore

// Holds of the fleet, the ledger's absence, and the end.
extension EngineCore {
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

    private mutating func noteFleet(_ type: EventType, _ body: Members) {
        note(
            Event(
                type, decision: DecisionID(chance.next()), time: wallNow, subject: FleetHold.subject, body: body))
    }

    // MARK: The gateway

    /// A gateway that is gone is one event of the fleet, and takes readiness from every deployment at once.
    mutating func loseGateway(_ found: String) {
        guard gatewayProblem == nil else { return }
        gatewayProblem = found
        let isExpected = isGatewaySeen || facts.keys.values.contains { !($0.rotation ?? []).isEmpty }
        if isExpected && !facts.isGatewayDriftOpen {
            noteFleet(
                .driftFound,
                [
                    "what": .string(Drift.What.gatewayStopped.rawValue), "subject": "gateway", "found": .string(found),
                    "expected": "running", "message": .string("the gateway does not answer: \(found)"),
                ])
        }
        for key in states.keys.sorted() { summarise(key) }
        resyncAll()
    }

    mutating func regainGateway(_ found: String) {
        isGatewaySeen = true
        if facts.isGatewayDriftOpen {
            noteFleet(
                .driftCorrected, ["what": .string(Drift.What.gatewayStopped.rawValue), "message": .string(found)])
        }
        guard gatewayProblem != nil else { return }
        gatewayProblem = nil
        for key in states.keys.sorted() { summarise(key) }
        resyncAll()
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
        // In order, as everything else: deployments that are due at one time are looked at as they were asked for.
        for key in states.keys.sorted() where states[key]?.plan?.isEmpty != true && inFlight[key] == nil {
            queue.schedule(key, at: now)
        }
    }

    // MARK: The end

    mutating func beginStopping() {
        isStopping = true
        for key in inFlight.keys.sorted() where inFlight[key]?.isPreparation == true { cancel(key, isNeeded: false) }
    }

    mutating func park() {
        guard isStopping, inFlight.isEmpty, pending == nil, collection.underWay == nil, !hasParked else { return }
        hasParked = true
        effects.append(.parked)
    }
}
