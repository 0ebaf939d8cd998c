import Synchronization
package import WaybillCore

/// A ledger that keeps its events in memory.
package final class RecordedLedger: LedgerStorage {
    private let kept = Mutex<[Event]>([])

    package init() {}

    package var events: [Event] { kept.withLock { $0 } }

    package func append(_ events: [Event]) async throws(Failure) -> [LedgerIndex] {
        kept.withLock { all in
            all += events
            return events.indices.map { LedgerIndex(all.count - events.count + $0) }
        }
    }

    /// A ticket for an act of a test.
    package func ticket() async throws(Failure) -> Ticket {
        try await Journal(storage: self).intend(
            Event(
                .revisionPrepared, decision: DecisionID(7), time: Timestamp(milliseconds: 0), subject: "production/test"
            ))
    }
}
