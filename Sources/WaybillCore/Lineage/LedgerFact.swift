/// One event with its place in the ledger.
package struct LedgerFact: Hashable, Sendable {
    package let index: LedgerIndex
    package let event: Event

    package init(_ index: LedgerIndex, _ event: Event) {
        self.index = index
        self.event = event
    }

    package subscript(_ member: String) -> String? { event.body[member]?.string }

    /// Has taken effect: seen, decided, or an act that succeeded.
    package var isSettled: Bool {
        switch event.phase {
        case .fact: event.outcome != .failed
        case .outcome: event.outcome == .succeeded
        case .intent: false
        }
    }

    /// This entry as a proof of the members of its body that are named, and of its `subject`; those that it does not have are left
    /// out.
    package func saying(_ members: String...) -> LineageProof {
        var says: Members = [:]
        for member in members {
            says[member] = event.body[member] ?? (member == "subject" ? .string(event.subject) : nil)
        }
        return .ledger(index, says: says)
    }
}
