import Synchronization
import WaybillAPI
import WaybillCore

/// Measures what the controller does from the events that say so: an act from its intent to its outcome, a commit from its
/// acceptance to the first plan that follows.
final class ActMeter: Sendable {
    private struct State: Sendable {
        var begun: [LedgerIndex: Timestamp] = [:]
        var acceptedAt: Timestamp?
    }

    private let state = Mutex(State())
    private let metrics: Metrics
    /// Intents whose outcome never comes are dropped past this many.
    private static let most = 10_000

    init(metrics: Metrics) { self.metrics = metrics }

    func note(_ event: Event, at index: LedgerIndex) {
        switch event.phase {
        case .intent:
            state.withLock { state in
                if state.begun.count >= Self.most { state.begun = [:] }
                state.begun[index] = event.time
            }
        case .outcome:
            metrics.count(.acts, ["act": event.type.rawValue, "outcome": event.outcome?.rawValue ?? "unknown"])
            let begun = event.cause.flatMap { cause in state.withLock { $0.begun.removeValue(forKey: cause) } }
            if let begun { metrics.observe(.actSeconds, max(.zero, event.time - begun)) }
        case .fact: noteFact(event)
        }
    }

    private func noteFact(_ event: Event) {
        switch event.type {
        case .commitAccepted: state.withLock { $0.acceptedAt = event.time }
        case .planDecided:
            let accepted = state.withLock { state in
                defer { state.acceptedAt = nil }
                return state.acceptedAt
            }
            if let accepted { metrics.observe(.planSeconds, max(.zero, event.time - accepted)) }
        case _: break
        }
    }
}
