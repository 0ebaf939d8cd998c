import WaybillCore
import WaybillEngine
import WaybillLedger

/// What the controller keeps for quick answers; a cache of the ledger and of observations.
actor StoreCache: SummaryStore, EventHistory {
    private var places: [String: [LedgerIndex]] = [:]
    nonisolated let rebuiltBecause: String? = nil

    static func open(_ folder: StateFolder, ledger: Ledger) async throws(Failure) -> StoreCache {
        let cache = StoreCache()
        for recorded in try await ledger.reader.events() {
            if let event = recorded.event { await cache.index([(recorded.index, event)]) }
        }
        return cache
    }

    func index(_ events: [(LedgerIndex, Event)]) {
        for (index, event) in events { places[event.subject, default: []].append(index) }
    }

    func indices(about key: DeploymentKey, before: LedgerIndex?, limit: Int) async throws(Failure) -> [LedgerIndex] {
        let all = places[key.description] ?? []
        return Array(all.reversed().lazy.filter { index in before.map { index < $0 } ?? true }.prefix(limit))
    }

    func save(_ summary: KeySummary) async {}
    func remove(_ key: DeploymentKey) async {}
}
