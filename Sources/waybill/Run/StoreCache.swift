import Foundation
import Logging
import WaybillCore
import WaybillEngine
import WaybillLedger
import WaybillStore

/// What the controller keeps for quick answers: the store of the state folder, as a cache of the ledger and of observations.
///
/// Guarantees: it decides nothing. When it cannot be written, history and summaries wait, and nothing else does: what waits is
/// written with what comes next, or taken from the ledger at the next start.
actor StoreCache: SummaryStore, EventHistory {
    private let store: Store
    private let logger: Logger
    /// Why the store had to be made anew; nil when it was there, or when there was nothing to keep yet.
    nonisolated let rebuiltBecause: String?
    private var waiting: [(index: LedgerIndex, event: Event)] = []
    private var isBehind = false
    private static let page = 1000
    /// More than this is left to the next start.
    private static let mostWaiting = 10_000

    private init(_ store: Store, because: String?, logger: Logger) {
        self.store = store
        rebuiltBecause = because
        self.logger = logger
    }

    /// Opens the store, made anew when it is missing or unusable, and brings it up to the ledger's end.
    static func open(_ folder: StateFolder, ledger: Ledger, logger: Logger) async throws(Failure) -> StoreCache {
        let (store, opening) = try await Store.open(URL(fileURLWithPath: folder.store))
        let reason: String? =
            switch opening {
            case .existing: nil
            case .created: ledger.status.size > 0 ? "\(folder.store) was missing" : nil
            case .rebuilt(let reason, let kept): "\(folder.store): \(reason); the old file is \(kept)"
            }
        let cache = StoreCache(store, because: reason, logger: logger)
        try await cache.catchUp(with: ledger)
        return cache
    }

    private func catchUp(with ledger: Ledger) async throws(Failure) {
        var next = try await store.nextPosition()
        while true {
            let page = try await ledger.reader.events(from: next, limit: Self.page)
            guard let last = page.last else { return }
            try await store.index(page.compactMap { recorded in recorded.event.map { (recorded.index, $0) } })
            next = last.index + 1
        }
    }

    func index(_ events: [(LedgerIndex, Event)]) async {
        guard !isBehind else { return }
        waiting += events.map { (index: $0.0, event: $0.1) }
        let batch = waiting
        do throws(Failure) {
            try await store.index(batch)
            let written = Set(batch.map(\.index))
            waiting.removeAll { written.contains($0.index) }
        } catch {
            logger.warning("\(error.message)")
            // With a gap, the next start would believe the index to be whole; so nothing more is written.
            guard waiting.count > Self.mostWaiting else { return }
            isBehind = true
            waiting = []
        }
    }

    func indices(about key: DeploymentKey, before: LedgerIndex?, limit: Int) async throws(Failure) -> [LedgerIndex] {
        try await store.positions(of: key.description, before: before, limit: limit).reversed()
    }

    func save(_ summary: KeySummary) async {
        do throws(Failure) { try await store.save(summary) } catch { logger.warning("\(error.message)") }
    }

    func remove(_ key: DeploymentKey) async {
        do throws(Failure) { try await store.forget(key) } catch { logger.warning("\(error.message)") }
    }

    /// Brings everything into one file.
    func close() {
        do throws(Failure) { try store.close() } catch { logger.warning("\(error.message)") }
    }
}
