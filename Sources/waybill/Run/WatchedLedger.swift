import WaybillAPI
import WaybillCore
import WaybillEngine
import WaybillLedger

/// The ledger as the controller writes it: what is appended is indexed, counted, and told to watchers.
struct WatchedLedger: RecoverableLedger {
    private let ledger: Ledger
    private let store: StoreKeeper
    private let metrics: Metrics
    private let signal: ChangeSignal

    init(_ ledger: Ledger, store: StoreKeeper, metrics: Metrics, signal: ChangeSignal) {
        self.ledger = ledger
        self.store = store
        self.metrics = metrics
        self.signal = signal
    }

    func append(_ events: [Event]) async throws(Failure) -> [LedgerIndex] {
        let started = ContinuousClock.now
        do throws(Failure) {
            let indices = try await ledger.append(events)
            metrics.count(.appends, by: Double(events.count))
            metrics.observe(.appendSeconds, ContinuousClock.now - started)
            store.index(zip(indices, events).map { ($0, $1) })
            signal.advance()
            return indices
        } catch {
            metrics.count(.appendFailures)
            throw error
        }
    }

    func recover() async throws(Failure) { try await ledger.recover() }
}
