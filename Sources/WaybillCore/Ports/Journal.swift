/// The place of an entry in the ledger, counted from 0 without gaps.
package typealias LedgerIndex = UInt64

/// What stores events. One conformer writes the real ledger; a batch is durable when `append` returns.
package protocol LedgerStorage: Sendable {
    /// Appends in order and returns the index of each once all are durable and signed.
    func append(_ events: [Event]) async throws(Failure) -> [LedgerIndex]
}

/// Proof that an act's intent is durable in the ledger. Only `Journal.intend` makes one.
package struct Ticket: Sendable, Hashable {
    /// The intent's index.
    package let index: LedgerIndex
    package let decision: DecisionID

    fileprivate init(index: LedgerIndex, decision: DecisionID) {
        self.index = index
        self.decision = decision
    }
}

/// Writes events; the one way to a ticket. No ledger, no action.
package struct Journal: Sendable {
    private let storage: any LedgerStorage

    package init(storage: any LedgerStorage) { self.storage = storage }

    /// Makes `intent` durable and gives the ticket to act on it.
    package func intend(_ intent: Event) async throws(Failure) -> Ticket {
        var event = intent
        event.phase = .intent
        return Ticket(index: try await append(event), decision: event.decision)
    }

    /// Records how the act of `ticket` came out.
    package func conclude(_ ticket: Ticket, _ outcome: Event) async throws(Failure) {
        var event = outcome
        event.phase = .outcome
        event.cause = ticket.index
        event.decision = ticket.decision
        _ = try await append(event)
    }

    /// Records a fact that no act of ours made: an observation, a command, a decision.
    @discardableResult
    package func note(_ fact: Event) async throws(Failure) -> LedgerIndex {
        var event = fact
        event.phase = .fact
        return try await append(event)
    }

    private func append(_ event: Event) async throws(Failure) -> LedgerIndex {
        guard let index = try await storage.append([event]).first else {
            throw Failure(.retry, reason: "LedgerUnavailable", message: "the ledger gave no index for an event")
        }
        return index
    }
}
