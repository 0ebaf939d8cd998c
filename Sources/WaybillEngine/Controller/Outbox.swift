import WaybillCore

/// Effects of the core's steps, in order, waiting for the writer. Taking empties it, so that many steps share one append.
struct Outbox: Sendable {
    /// Something for the ledger: a fact, or a command that wants to know whether it is durable.
    struct Note: Sendable {
        var event: Event
        /// The command's number; nil for a fact.
        var command: UInt64?
    }

    private(set) var effects: [Effect] = []

    mutating func add(_ new: [Effect]) { effects += new }

    /// Everything that waits, split so that notes come before the acts that follow them.
    mutating func take() -> (notes: [Note], others: [Effect]) {
        var notes: [Note] = []
        var others: [Effect] = []
        for effect in effects {
            switch effect {
            case .note(let event): notes.append(Note(event: event))
            case .record(let command, let event): notes.append(Note(event: event, command: command))
            case .observe, .perform, .collect, .cancel, .wake, .summarise, .forgetKey, .reconsider, .recall, .answer,
                .parked:
                others.append(effect)
            }
        }
        effects = []
        return (notes, others)
    }

    /// The notes alone; what else waits stays.
    mutating func takeNotes() -> [Note] {
        let (notes, others) = take()
        effects = others
        return notes
    }
}
