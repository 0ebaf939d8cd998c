import Dispatch
import Synchronization
import WaybillCore

/// Many events that are made ready in parts, by several threads, and written in order while later parts are still being made.
final class UpcomingEntries: Sendable {
    private struct Part: Sendable {
        let events: ArraySlice<Event>
        let isMade = DispatchSemaphore(value: 0)
    }

    private let parts: [Part]
    private let made: Mutex<[Result<PreparedEntries, Failure>?]>
    private let identity: LedgerIdentity

    /// - Parameter share: events of a part.
    init(_ events: [Event], share: Int, identity: LedgerIdentity) {
        parts = stride(from: 0, to: events.count, by: share).map {
            Part(events: events[$0..<min($0 + share, events.count)])
        }
        made = Mutex(Array(repeating: nil, count: parts.count))
        self.identity = identity
    }

    var indices: Range<Int> { parts.indices }

    /// Makes part `index`; each is to be made once.
    func prepare(_ index: Int) {
        let part = parts[index]
        let result = Result { () throws(Failure) in try PreparedEntries(part.events, identity: identity) }
        made.withLock { $0[index] = result }
        part.isMade.signal()
    }

    /// Part `index`, once it is made: blocks until then, so no thread of the concurrency runtime may call this.
    func take(_ index: Int) throws(Failure) -> PreparedEntries? {
        guard parts.indices.contains(index) else { return nil }
        parts[index].isMade.wait()
        let result = made.withLock { made in
            defer { made[index] = nil }
            return made[index]
        }
        return try result?.get()
    }
}
