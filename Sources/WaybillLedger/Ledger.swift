import Dispatch
import Synchronization
package import WaybillCore
package import WaybillTrust

/// The controller's ledger: many callers, one writer, one `fdatasync` a batch.
///
/// ## Flow
/// `append` makes the bytes of its events on the caller's side and leaves them in an inbox. One queue of the ledger's own takes all that has
/// gathered, writes it as one batch, and wakes the callers. Another queue brings the published form up to date.
/// ## Guarantees
/// When `append` returns its events are durable, signed and provable; their order is that of the calls. After a failure every append is refused with
/// the same typed failure until `recover` or a new open succeeds: no ledger, no action.
/// ## Caveats
/// `append` does not heed cancellation: whether an event is durable must be known. Sinks are served only while `run` runs.
package final class Ledger: LedgerStorage {
    private enum Content: Sendable {
        case ready(PreparedEntries)
        /// A batch of its own, written while it is still being made.
        case coming(UpcomingEntries)
    }

    private struct Request: Sendable {
        let content: Content
        let count: Int
        let answer: CheckedContinuation<Result<[LedgerIndex], Failure>, Never>
    }

    private struct Inbox {
        var requests: [Request] = []
        /// True while the queue has been told to look.
        var isWoken = false
        var isClosed = false
        var isPublishing = false
        var status: LedgerStatus
        var newest: SignedCheckpoint?
        var latestTime: Timestamp?
    }

    /// Guarded by `journal`: touched only by blocks on that queue.
    private final class Core: @unchecked Sendable {
        let store: LedgerStore
        init(_ store: LedgerStore) { self.store = store }
    }

    /// Guarded by `publishing`: touched only by blocks on that queue.
    private final class Press: @unchecked Sendable {
        let slot = PublisherSlot()
    }

    private let journal = DispatchQueue(label: "waybill.ledger.journal", qos: .userInitiated)
    private let publishing = DispatchQueue(label: "waybill.ledger.publishing", qos: .utility)
    private let core: Core
    private let press = Press()
    private let identity: LedgerIdentity
    private let paths: LedgerPaths
    private let settings: LedgerSettings
    private let relays: [AnchorRelay]
    private let inbox: Mutex<Inbox>
    /// Intents without outcome when the ledger was opened.
    private let danglingAtOpen: [LedgerIndex]

    /// Bytes of entries after which a batch is closed.
    private static let batchLimit = 8 << 20

    private init(_ store: LedgerStore, _ settings: LedgerSettings) {
        self.settings = settings
        identity = store.identity
        paths = store.paths
        danglingAtOpen = store.openIntents
        relays = settings.sinks.map {
            AnchorRelay($0, interval: settings.anchorInterval, timeLimit: settings.anchorTimeLimit, now: settings.now)
        }
        let status = LedgerStatus(size: store.size, publishedSize: 0, anchors: [], cutAtOpen: store.cut)
        inbox = Mutex(Inbox(status: status, newest: store.checkpoint, latestTime: store.latestTime))
        core = Core(store)
    }

    /// Opens the ledger of `settings`, or makes it, and completes its published form.
    package static func open(_ settings: LedgerSettings) async throws(Failure) -> Ledger {
        let opening = DispatchQueue(label: "waybill.ledger.opening")
        let opened: Result<Ledger, Failure> = await withCheckedContinuation { continuation in
            opening.async {
                continuation.resume(
                    returning: Result { () throws(Failure) in Ledger(try LedgerStore(settings), settings) })
            }
        }
        let ledger = try opened.get()
        ledger.schedulePublishing(after: .zero)
        return ledger
    }

    /// The public key, to print and hand out.
    package var key: NoteKey { identity.signer.key }
    /// The last durable checkpoint; nil in a ledger without entries.
    package var checkpoint: SignedCheckpoint? { inbox.withLock(\.newest) }
    /// Latest time of any entry, for clocks that must not go back.
    package var latestTime: Timestamp? { inbox.withLock(\.latestTime) }
    /// Reads this ledger; may be used at any time.
    package var reader: LedgerReader { LedgerReader(folder: settings.folder) }

    package var status: LedgerStatus {
        var status = inbox.withLock(\.status)
        status.anchors = relays.map(\.status)
        return status
    }

    /// Intents that had no outcome when the ledger was opened: the controller before died between intent and outcome.
    package func danglingIntents() async throws(Failure) -> [RecordedEvent] {
        var events: [RecordedEvent] = []
        for index in danglingAtOpen {
            if let event = try await reader.event(at: index) { events.append(event) }
        }
        return events
    }

    /// Serves the sinks until its task is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for relay in relays {
                group.addTask { await relay.run { self.checkpoint } }
            }
        }
    }
}

// MARK: - Signs of life

extension Ledger {
    /// Returns once the writer has done what it was given before: not while a call of it hangs.
    package func hearWriter() async { await hear(journal) }

    /// Returns once the publisher has done what it was given before.
    package func hearPublisher() async { await hear(publishing) }

    private func hear(_ queue: DispatchQueue) async {
        await withCheckedContinuation { continuation in queue.async { continuation.resume() } }
    }
}

// MARK: - Appending

extension Ledger {
    package func append(_ events: [Event]) async throws(Failure) -> [LedgerIndex] {
        guard !events.isEmpty else { return [] }
        guard events.count > Self.share else {
            return try await submit(.ready(try PreparedEntries(events[...], identity: identity)), count: events.count)
                .get()
        }
        let coming = UpcomingEntries(events, share: Self.share, identity: identity)
        return try await withTaskGroup(of: Void.self) { group in
            for index in coming.indices { group.addTask { coming.prepare(index) } }
            let result = await submit(.coming(coming), count: events.count)
            await group.waitForAll()
            return result
        }.get()
    }

    /// Events that are made ready in one piece; of more the first are on their way to the disk while the others are being made.
    private static let share = 128

    private func submit(_ content: Content, count: Int) async -> Result<[LedgerIndex], Failure> {
        await withCheckedContinuation { continuation in
            let request = Request(content: content, count: count, answer: continuation)
            let (isClosed, mustWake) = inbox.withLock { inbox in
                if inbox.isClosed { return (true, false) }
                inbox.requests.append(request)
                defer { inbox.isWoken = true }
                return (false, !inbox.isWoken)
            }
            if isClosed { continuation.resume(returning: .failure(Self.closed)) }
            if mustWake { journal.async { self.commitAll() } }
        }
    }

    private static let closed = Failure(
        .retry, reason: "LedgerClosed", message: "ledger: it is closed; the controller is stopping")

    /// Batches until the inbox is empty. On the journal's queue.
    private func commitAll() {
        while let requests = takeRequests() {
            if case .coming(let entries)? = requests.first?.content {
                write(requests) { store throws(Failure) in try store.append(coming: entries) }
            } else {
                commit(requests)
            }
        }
    }

    /// What has gathered, up to the size of a batch; nil when nothing has.
    private func takeRequests() -> [Request]? {
        inbox.withLock { inbox in
            guard !inbox.requests.isEmpty else {
                inbox.isWoken = false
                return nil
            }
            var bytes = 0
            let whole = inbox.requests.prefix { request in
                guard case .ready(let entries) = request.content, bytes <= Self.batchLimit else { return false }
                bytes += entries.records.count
                return true
            }
            let count = max(1, whole.count)
            defer { inbox.requests.removeFirst(count) }
            return Array(inbox.requests.prefix(count))
        }
    }

    private func commit(_ requests: [Request]) {
        let store = core.store
        var accepted: [Request] = []
        var parts: [PreparedEntries] = []
        var pending = 0
        for request in requests {
            guard case .ready(let entries) = request.content else { continue }
            if let problem = store.problem(entries, pending: pending) {
                request.answer.resume(returning: .failure(.eventInvalid(problem)))
            } else {
                accepted.append(request)
                parts.append(entries)
                pending += request.count
            }
        }
        guard !accepted.isEmpty else { return }
        write(accepted) { store throws(Failure) in try store.append(checked: parts) }
    }

    /// One batch, whose requests are answered when it is durable, or has failed.
    private func write(_ requests: [Request], _ append: (LedgerStore) throws(Failure) -> LedgerIndex) {
        let store = core.store
        do throws(Failure) {
            var first = try append(store)
            noteState(of: store)
            for request in requests {
                request.answer.resume(returning: .success((0..<request.count).map { first + UInt64($0) }))
                first += UInt64(request.count)
            }
            schedulePublishing(after: settings.publishDelay)
        } catch {
            noteState(of: store)
            for request in requests { request.answer.resume(returning: .failure(error)) }
        }
    }

    private func noteState(of store: LedgerStore) {
        inbox.withLock { inbox in
            inbox.status.size = store.size
            inbox.status.bytes = store.bytes
            inbox.status.failure = store.failure
            inbox.newest = store.checkpoint
            inbox.latestTime = store.latestTime
        }
    }

    /// Tries to take events again after a failure: cuts what was not acknowledged and opens the journal anew.
    package func recover() async throws(Failure) {
        let result: Result<Void, Failure> = await withCheckedContinuation { continuation in
            journal.async {
                let result = Result { () throws(Failure) in try self.core.store.recover() }
                self.noteState(of: self.core.store)
                continuation.resume(returning: result)
            }
        }
        try result.get()
        schedulePublishing(after: .zero)
    }
}

// MARK: - Publishing

extension Ledger {
    private func schedulePublishing(after delay: Duration) {
        let mustSchedule = inbox.withLock { inbox in
            defer { inbox.isPublishing = true }
            return !inbox.isPublishing && !inbox.isClosed
        }
        guard mustSchedule else { return }
        publishing.asyncAfter(deadline: .now() + .milliseconds(Int(delay.milliseconds))) { self.publishNow() }
    }

    /// Publishes the newest durable checkpoint. On the publishing queue.
    private func publishNow() {
        let target = inbox.withLock { inbox in
            inbox.isPublishing = false
            return inbox.newest
        }
        guard let target else { return }
        do throws(Failure) {
            try press.slot.publish(target, paths: paths, key: key)
            inbox.withLock { inbox in
                inbox.status.publishedSize = target.checkpoint.size
                inbox.status.publishFailure = nil
            }
        } catch {
            inbox.withLock { $0.status.publishFailure = error }
            schedulePublishing(after: .seconds(1))
        }
    }

    /// Takes no more events, publishes what is there, gives the last checkpoint to each sink once. Safe to repeat.
    package func close() async {
        inbox.withLock { $0.isClosed = true }
        await withCheckedContinuation { continuation in journal.async { continuation.resume() } }
        await withCheckedContinuation { continuation in
            publishing.async {
                self.publishNow()
                continuation.resume()
            }
        }
        await withDiscardingTaskGroup { group in
            for relay in relays { group.addTask { await relay.turn(self.checkpoint) } }
        }
    }
}
