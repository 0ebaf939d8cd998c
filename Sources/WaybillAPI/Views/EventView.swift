package import WaybillCore

/// One entry of the ledger with its body.
package struct EventView: Hashable, Sendable, Codable {
    package var index: UInt64
    package var time: Moment
    package var type: String
    package var phase: String
    package var outcome: String?
    package var decision: String
    package var cause: UInt64?
    package var environment: String?
    package var subject: String
    package var actor: String
    /// Facts by name, as `docs/events.md` lists them.
    package var body: WireValue

    package init(_ event: Event, at index: LedgerIndex) {
        self.index = index
        time = Moment(event.time)
        type = event.type.rawValue
        phase = event.phase.rawValue
        outcome = event.outcome?.rawValue
        decision = event.decision.hex
        cause = event.cause
        environment = event.environment?.text
        subject = event.subject
        actor = event.actor.name
        body = WireValue(.object(event.body))
    }
}
