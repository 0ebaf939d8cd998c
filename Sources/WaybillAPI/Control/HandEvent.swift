package import WaybillCore

/// An entry that a command by hand asks the controller to write, for what the command itself does to the content store
/// and to the environments beside it.
///
/// Who asks, and when, the controller says: neither is taken from the command.
package struct HandEvent: Hashable, Sendable, Codable {
    private var type: String
    private var phase: String
    private var decision: String
    private var cause: UInt64?
    private var subject: String
    private var outcome: String?
    private var body: WireValue

    /// What commands by hand do.
    private static let types: Set<EventType> = [
        .sourcesResolved, .packagingProgressed, .artifactVerified, .artifactInspected, .environmentBuilt, .bundleBuilt,
        .bundleSigned, .bundleAttested, .bundlePulled, .versionValidated, .contentVerified, .contentQuarantined,
        .contentCollected,
    ]

    package init(_ event: Event) {
        type = event.type.rawValue
        phase = event.phase.rawValue
        decision = event.decision.hex
        cause = event.cause
        subject = event.subject
        outcome = event.outcome?.rawValue
        body = WireValue(.object(event.body))
    }

    /// The entry to write.
    ///
    /// - Throws: `InvalidInput` for what no command by hand does, and for members that such an entry does not have.
    package func event(by actor: Actor, at time: Timestamp) throws(InvalidInput) -> Event {
        guard let type = EventType(rawValue: type), Self.types.contains(type) else {
            throw InvalidInput("\(type.quotedForMessage) is not what a command by hand writes down")
        }
        guard let phase = Event.Phase(rawValue: phase), decision.utf8.count == 16,
            let number = UInt64(decision, radix: 16), let members = body.value.object
        else { throw InvalidInput("the entry is not in the form of one") }
        let event = Event(
            type, phase: phase, decision: DecisionID(number), cause: cause, time: time, subject: subject,
            outcome: outcome.flatMap(Event.Outcome.init(rawValue:)), actor: actor, body: members)
        if let stranger = event.undeclaredMembers.first {
            throw InvalidInput("\(type.rawValue) has no member \(stranger.quotedForMessage)")
        }
        return event
    }
}

/// Where an entry stands.
struct EntryPlace: Codable { var index: UInt64 }
