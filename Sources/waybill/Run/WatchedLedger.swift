import Logging
import WaybillAPI
import WaybillCore
import WaybillEngine
import WaybillLedger

/// The ledger as the controller writes it: what is appended is indexed, counted, logged, and told to watchers.
struct WatchedLedger: RecoverableLedger {
    private let ledger: Ledger
    private let store: StoreKeeper
    private let metrics: Metrics
    private let signal: ChangeSignal
    private let inForce: CommitInForce
    private let recent: RecentVersions
    private let sights: KnownSights
    private let logger: Logger
    private let meter: ActMeter

    init(
        _ ledger: Ledger, store: StoreKeeper, metrics: Metrics, signal: ChangeSignal, inForce: CommitInForce,
        recent: RecentVersions, sights: KnownSights, logger: Logger
    ) {
        self.sights = sights
        self.logger = logger
        self.inForce = inForce
        self.recent = recent
        meter = ActMeter(metrics: metrics)
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
            for (index, event) in zip(indices, events) {
                meter.note(event, at: index)
                inForce.take(event)
                recent.take(event)
                sights.take(event)
                log(EventView(event, at: index))
            }
            return indices
        } catch {
            metrics.count(.appendFailures)
            logger.error("\(error.message)")
            throw error
        }
    }

    func recover() async throws(Failure) { try await ledger.recover() }

    /// Intents are detail: their outcome follows.
    private func log(_ event: EventView) {
        let isBad =
            event.outcome == "failed" || [EventType.replicaExited, .replicaFailed].map(\.rawValue).contains(event.type)
        let level: Logger.Level = isBad ? .warning : event.phase == "intent" ? .debug : .info
        logger.log(
            level: level, "\(event.type) \(event.subject): \(event.words)",
            metadata: ["index": "\(event.index)", "decision": "\(event.decision)"])
    }
}
