package import WaybillCore

/// What decides after a restart: a pure fold over the ledger's events, and over nothing else.
///
/// The engine folds the events it asks for into its own copy, so that what it remembers is what a restart would find.
/// Events that are malformed or of types that decide nothing are passed over.
package struct Facts: Hashable, Codable, Sendable {
    /// The last accepted commit.
    package var accepted: CommitID?
    /// A held commit that an operator accepted.
    package var operatorAccepted: CommitID?
    package var fleetHold: FleetHold?
    /// When the hold was written down.
    package var heldSince: Timestamp?
    /// A stopped gateway was found and has not come back yet.
    package var isGatewayDriftOpen = false
    package var keys: [DeploymentKey: KeyFacts] = [:]
    /// The highest serial number that any replica was given.
    package var highestSerial: UInt64 = 0
    /// Intents without outcome or reconciliation, by index.
    package var dangling: [LedgerIndex: Event] = [:]

    /// The time of the latest entry.
    package var latest: Timestamp?

    package init() {}

    /// Deployments that a plan was last decided to serve; orphaned ones are not among them.
    package var servedKeys: Set<DeploymentKey> {
        Set(keys.filter { !$0.value.isOrphaned && $0.value.decided.map { $0.to != KeyFacts.absent } ?? false }.keys)
    }

    /// Takes in the event at `index`. Events come in order, each once.
    package mutating func fold(_ index: LedgerIndex, _ event: Event) {
        switch event.phase {
        case .intent: dangling[index] = event
        case .outcome: if let cause = event.cause { dangling[cause] = nil }
        case .fact: break
        }
        fold(event)
    }

    /// Takes in what `event` says, without its place.
    package mutating func fold(_ event: Event) {
        latest = max(latest ?? event.time, event.time)
        foldFleet(event)
        guard let key = try? DeploymentKey(parsing: event.subject) else { return }
        if let serial = event.replica?.serial { highestSerial = max(highestSerial, serial) }
        keys[key, default: KeyFacts()].fold(event)
    }

    private mutating func foldFleet(_ event: Event) {
        let commit = event.body["commit"]?.string.flatMap { try? CommitID(parsing: $0) }
        switch event.type {
        case .commitAccepted:
            guard let commit else { return }
            accepted = commit
            // An operator's word is for one commit, not for each time that the branch comes back to it.
            if operatorAccepted != commit { operatorAccepted = nil }
        case .holdPlaced where event.subject == FleetHold.subject:
            guard let commit, let cause = event.body["reason"]?.string.flatMap(FleetHold.Cause.init(rawValue:)) else {
                return
            }
            fleetHold = FleetHold(
                cause: cause, commit: commit, accepted: accepted, message: event.body["message"]?.string ?? "")
            heldSince = event.time
        case .holdReleased where event.subject == FleetHold.subject: fleetHold = nil
        case .driftFound where event.isOfGateway: isGatewayDriftOpen = true
        case .driftCorrected where event.isOfGateway: isGatewayDriftOpen = false
        case .operatorCommand:
            if event.body["command"]?.string == "accept", let commit = try? CommitID(parsing: event.subject) {
                operatorAccepted = commit
            }
        case .intentReconciled:
            if let intent = event.body["intent"]?.integer, intent >= 0 { dangling[LedgerIndex(intent)] = nil }
        case _: break
        }
    }
}

extension Event {
    fileprivate var isOfGateway: Bool { subject == FleetHold.subject && driftWhat == .gatewayStopped }
}

extension FleetHold {
    /// The subject of the fleet's own events.
    package static let subject = "controller"
}
