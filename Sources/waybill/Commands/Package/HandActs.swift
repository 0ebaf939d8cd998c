import Glibc
import WaybillAPI
import WaybillCore
import WaybillPackage

/// What a command by hand does to a content store, in the ledger of its state folder: the intent before it, the outcome after. No
/// ledger, no act.
struct HandActs {
    /// Nil for a store of its own, and for a state folder that has no ledger yet: nobody keeps one of them.
    private let ledger: HandLedger?

    init(_ ledger: HandLedger?) { self.ledger = ledger }

    /// What acts beside the ones here write to.
    var journal: Journal { ledger.map { Journal(storage: $0) } ?? Journal(storage: Unkept()) }

    /// Does `act`, which gives what to add to the body of `type`'s entry.
    func perform<Result>(
        _ type: EventType, _ subject: String, _ body: Members = [:],
        _ act: () async throws(Failure) -> (result: Result, body: Members)
    ) async throws(Failure) -> Result {
        try await perform(type, subject, body) { (_: Ticket) throws(Failure) in try await act() }
    }

    /// The same for an act that needs a ticket.
    func perform<Result>(
        _ type: EventType, _ subject: String, _ body: Members = [:],
        _ act: (Ticket) async throws(Failure) -> (result: Result, body: Members)
    ) async throws(Failure) -> Result {
        let journal = journal
        var event = Event(
            type, decision: .random(), time: .now, subject: subject, actor: .unixUser(geteuid()), body: body)
        let ticket = try await journal.intend(event)
        do throws(Failure) {
            let done = try await act(ticket)
            event.body.merge(done.body) { _, new in new }
            event.outcome = .succeeded
            event.time = .now
            try await Self.conclude(ticket, event, journal)
            return done.result
        } catch {
            if event.outcome == .succeeded { throw error }
            event.outcome = .failed
            event.time = .now
            event.body["message"] = .string(error.message)
            // The act's own failure is what the person has to know; an intent without its end is told by a controller that
            // starts a day later, or after that.
            try? await journal.conclude(ticket, event)
            throw error
        }
    }

    private static func conclude(_ ticket: Ticket, _ event: Event, _ journal: Journal) async throws(Failure) {
        do throws(Failure) { try await journal.conclude(ticket, event) } catch {
            var failure = error
            failure.message = "it is done, and the ledger did not take that: \(error.message)"
            throw failure
        }
    }

    /// Writes down blobs that were moved aside. A running controller does that by itself.
    func noteQuarantine(in content: ContentStore) async throws(Failure) {
        guard let ledger, !(await ledger.isControlled) else { return }
        _ = try await content.noteQuarantine(
            in: Journal(storage: ledger), by: .unixUser(geteuid()), at: .now)
    }
}

/// Takes events for a store that nobody keeps a ledger of.
private struct Unkept: LedgerStorage {
    func append(_ events: [Event]) async throws(Failure) -> [LedgerIndex] { events.indices.map(LedgerIndex.init) }
}
