import Foundation
import Logging
import Synchronization
import WaybillCore
import WaybillEngine
import WaybillLedger
import WaybillStore

/// Keeps the store up to date behind the controller's back: what is appended and summarised is taken at once and written a
/// moment later, many to one transaction.
///
/// *Guarantees*: nothing here delays or fails an act. What could not be written is taken from the ledger again, at the
/// latest after the next start. Without a usable store, or while a lost one is filled anew, everything goes on; histories are then read from
/// the whole ledger.
final class StoreKeeper: SummaryStore, EventHistory {
    /// What is not in the store yet.
    private struct Waiting: Sendable {
        var events: [LedgerIndex: Event] = [:]
        /// Nil: the summary goes.
        var summaries: [DeploymentKey: KeySummary?] = [:]
        var state: DesiredState?
    }

    private let store: Store?
    private let reader: LedgerReader
    private let clock: any WallClock
    private let logger: Logger
    private let waiting = Mutex(Waiting())
    /// The first position that the store lacks. Written by one loop at a time.
    private let next: Mutex<LedgerIndex>
    private let changes: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation
    private let isWhole = Mutex(false)
    /// Why the store had to be filled anew from a ledger that has entries.
    let rebuiltBecause: String?

    /// Events kept while the store takes none; past that they are read from the ledger later.
    private static let mostWaiting = 10_000
    private static let batch = 1000
    /// So many batches of an old ledger's go between other work.
    private static let batchesAtATime = 20
    /// Entries that a start waits for.
    private static let mostAtOpen: UInt64 = 20_000

    private init(
        _ store: Store?, _ reader: LedgerReader, next: LedgerIndex, clock: any WallClock, logger: Logger,
        rebuilt: String?
    ) {
        self.store = store
        self.reader = reader
        self.clock = clock
        self.logger = logger
        self.next = Mutex(next)
        rebuiltBecause = rebuilt
        (changes, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Opens the store and brings it up to the ledger's end; what it lacks of more than `limit` entries, `run` brings.
    static func open(
        _ path: String, ledger: Ledger, clock: any WallClock, logger: Logger, atOnce limit: UInt64 = mostAtOpen
    ) async -> StoreKeeper {
        do throws(Failure) {
            let (store, opening) = try await Store.open(URL(filePath: path))
            let keeper = StoreKeeper(
                store, ledger.reader, next: try await store.nextPosition(), clock: clock, logger: logger,
                rebuilt: reason(opening, entries: ledger.status.size))
            if ledger.status.size <= keeper.next.withLock({ $0 }) + limit { try await keeper.catchUp() }
            return keeper
        } catch {
            logger.warning("\(error.message); going on without it")
            return StoreKeeper(nil, ledger.reader, next: 0, clock: clock, logger: logger, rebuilt: nil)
        }
    }

    private static func reason(_ opening: Store.Opening, entries: UInt64) -> String? {
        switch opening {
        case .existing: nil
        case .created: entries > 0 ? "the store was missing" : nil
        case .rebuilt(let reason, let kept): "\(reason); the old file is \(kept)"
        }
    }

    /// The store has all that the ledger had at the start; until then histories are read from the ledger.
    var isFilled: Bool { isWhole.withLock(\.self) }

    // MARK: Taking

    func index(_ events: [(LedgerIndex, Event)]) {
        guard store != nil else { return }
        waiting.withLock { waiting in
            guard waiting.events.count < Self.mostWaiting else { return }
            for (index, event) in events { waiting.events[index] = event }
        }
        signal.yield()
    }

    func save(_ summary: KeySummary) {
        waiting.withLock { $0.summaries[summary.key] = .some(summary) }
        signal.yield()
    }

    func remove(_ key: DeploymentKey) {
        waiting.withLock { $0.summaries[key] = .some(nil) }
        signal.yield()
    }

    /// The resources of the commit in force.
    func take(_ state: DesiredState) {
        waiting.withLock { $0.state = state }
        signal.yield()
    }

    // MARK: Writing

    /// Writes what waits until cancelled, at most a few times a second. `turned` is called at least twice a minute.
    func run(turned: @escaping @Sendable () -> Void) async {
        await withDiscardingTaskGroup { group in
            group.addTask { while (try? await Task.sleep(for: .seconds(30))) != nil { self.signal.yield() } }
            signal.yield()
            for await _ in changes {
                await flush()
                turned()
                do { try await Task.sleep(for: .milliseconds(250)) } catch { break }
            }
            group.cancelAll()
        }
    }

    /// Writes what waits and closes the store. After `run` has ended.
    func close() async {
        await flush()
        do throws(Failure) { try store?.close() } catch { logger.warning("\(error.message)") }
    }

    private func flush() async {
        guard let store else { return }
        do throws(Failure) {
            if isFilled {
                try await writeEvents(store)
            } else {
                try await catchUp(batches: Self.batchesAtATime)
                signal.yield()
            }
            try await writeSummaries(store)
            let state = waiting.withLock { $0.state }
            if let state {
                try await store.index(state.resources.values.map { ($0.id, $0.location) }, of: state.commit)
                waiting.withLock { if $0.state?.commit == state.commit { $0.state = nil } }
            }
        } catch {
            if !Task.isCancelled { logger.warning("\(error.message)") }
        }
    }

    /// Writes the events that follow on the last one written. One that is missing was appended and not told of yet, or
    /// was let go: both are in the ledger.
    private func writeEvents(_ store: Store) async throws(Failure) {
        let first = next.withLock { $0 }
        let events = waiting.withLock { $0.events }
        let run = sequence(first: first) { $0 + 1 }.lazy.map { index in events[index].map { (index, $0) } }
            .prefix { $0 != nil }.compactMap(\.self)
        let written = Array(run)
        if written.isEmpty, !events.isEmpty { return try await catchUp() }
        try await write(written, store)
    }

    private func write(_ events: [(LedgerIndex, Event)], _ store: Store) async throws(Failure) {
        guard let last = events.last else { return }
        try await store.index(events.map { (index: $0.0, event: $0.1) })
        next.withLock { $0 = last.0 + 1 }
        waiting.withLock { waiting in waiting.events = waiting.events.filter { $0.key > last.0 } }
    }

    /// Takes from the ledger what the store lacks, at most so many batches of it.
    private func catchUp(batches: Int = .max) async throws(Failure) {
        guard let store else { return }
        var left = batches
        while left > 0 {
            let first = next.withLock { $0 }
            let recorded = try await reader.events(from: first, limit: Self.batch)
            guard let last = recorded.last else { return isWhole.withLock { $0 = true } }
            try await write(recorded.compactMap { entry in entry.event.map { (entry.index, $0) } }, store)
            next.withLock { $0 = last.index + 1 }
            left -= 1
        }
    }

    private func writeSummaries(_ store: Store) async throws(Failure) {
        let taken = waiting.withLock { $0.summaries }
        if taken.isEmpty { return }
        try await store.save(
            taken.values.compactMap(\.self), forgetting: taken.filter { $0.value == nil }.map(\.key), at: clock.now())
        waiting.withLock { waiting in
            for (key, summary) in taken where waiting.summaries[key] == .some(summary) { waiting.summaries[key] = nil }
        }
    }

    // MARK: Asking

    /// What was true of each deployment when it was last summarised, so that it keeps since when. It decides nothing.
    func conditions() async -> [DeploymentKey: Conditions] {
        do throws(Failure) {
            let kept = try await store?.summaries() ?? []
            return Dictionary(
                kept.compactMap { summary in
                    (try? DeploymentKey(parsing: summary.deployment)).map { ($0, Conditions(summary.conditions)) }
                }, uniquingKeysWith: { first, _ in first })
        } catch {
            logger.warning("\(error.message)")
            return [:]
        }
    }

    func indices(about key: DeploymentKey, before: LedgerIndex?, limit: Int) async throws(Failure) -> [LedgerIndex] {
        let subject = key.description
        let fresh = waiting.withLock { $0.events.filter { $0.value.subject == subject }.map(\.key) }
        let kept: [LedgerIndex]
        if let store, isFilled {
            kept = try await store.positions(of: subject, before: before, limit: limit)
        } else {
            kept = try await reader.events(where: { $0.event?.subject == subject }).map(\.index)
        }
        let all = Set(kept).union(fresh).filter { index in before.map { index < $0 } ?? true }
        return Array(all.sorted(by: >).prefix(limit))
    }
}

extension Conditions {
    /// Those whose kind is known here.
    fileprivate init(_ stored: [StoredSummary.Condition]) {
        self.init()
        for condition in stored {
            guard let kind = Condition.Kind(rawValue: condition.type) else { continue }
            set(
                Condition(
                    kind, isTrue: condition.isTrue, reason: condition.reason, message: condition.message,
                    changedAt: Timestamp(milliseconds: condition.changedAt),
                    observedCommit: condition.observedCommit.flatMap { try? CommitID(parsing: $0) }))
        }
    }
}
