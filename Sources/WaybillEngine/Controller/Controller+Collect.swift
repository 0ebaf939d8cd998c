import WaybillCore

extension Controller {
    /// Removes what the target says that nothing needs, as an act with its intent before it, and tells the core. Where
    /// there is nothing to remove, nothing is written.
    func collect(_ request: CollectRequest) async {
        do throws(Failure) {
            let items = try await world.target.unneeded(keeping: request.keeping)
            send(.collected(request.id, items.isEmpty ? nil : try await remove(items)))
        } catch {
            send(.collected(request.id, error))
        }
    }

    private func remove(_ items: [CachedItem]) async throws(Failure) -> Failure? {
        if isLedgerLost { throw Self.ledgerUnavailable }
        var event = Event(
            .cacheCollected, decision: DecisionID(UInt64.random(in: .min ... .max)), time: world.clock.now(),
            subject: FleetHold.subject,
            body: items.facts.merging(["reason": "no revision and no replica needs them"]) { old, _ in old })
        let ticket: Ticket
        do throws(Failure) { ticket = try await journal.intend(event) } catch {
            loseLedger([])
            throw Self.ledgerUnavailable
        }
        var failure: Failure?
        do throws(Failure) {
            let gone = try await world.target.collect(items, ticket: ticket)
            event.body.merge(gone.facts) { _, new in new }
            event.outcome = .succeeded
        } catch {
            event.body["message"] = .string(error.message)
            event.outcome = .failed
            failure = error
        }
        event.time = world.clock.now()
        await conclude(ticket, event)
        return failure
    }
}

extension [CachedItem] {
    fileprivate var facts: Members {
        [
            "items": .list(prefix(FactEvents.longestList).map { .string($0.description) }),
            "count": .integer(Int64(count)),
        ]
    }
}
