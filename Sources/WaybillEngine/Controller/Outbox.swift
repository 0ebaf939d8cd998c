import WaybillCore

/// Effects of the core's steps, in order, waiting for the writer. Taking empties it, so that many steps share one append.
struct Outbox: Sendable {
    private(set) var effects: [Effect] = []

    mutating func add(_ new: [Effect]) { effects += new }

    /// Everything that waits, split so that notes come before the acts that follow them.
    mutating func take() -> (notes: [Event], others: [Effect]) {
        var notes: [Event] = []
        var others: [Effect] = []
        for effect in effects {
            if case .note(let event) = effect { notes.append(event) } else { others.append(effect) }
        }
        effects = []
        return (notes, others)
    }

    /// The notes alone; what else waits stays.
    mutating func takeNotes() -> [Event] {
        let (notes, others) = take()
        effects = others
        return notes
    }
}
