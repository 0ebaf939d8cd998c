import WaybillAPI
import WaybillCore
import WaybillEngine
import WaybillLedger

/// Brings the gauges up to date from the engine's state.
struct Gauges: Sendable {
    let metrics: Metrics
    let controller: Controller
    let ledger: Ledger
    let startedAt: Timestamp

    func refresh() async {
        let summaries = await controller.allSummaries
        let load = await controller.load
        metrics.set(.buildInfo, ["build": Executables.build], to: 1)
        metrics.set(.startTime, to: Double(startedAt.milliseconds) / 1000)
        metrics.set(.queueDepth, to: Double(load.queued))
        // What was found in files is no part of the engine's summaries.
        for kind in Condition.Kind.allCases where kind != .unscanned {
            metrics.set(
                .deployments, ["status": kind.rawValue.lowercased()],
                to: Double(summaries.count { $0.conditions.isTrue(kind) }))
        }
        let replicas = summaries.flatMap(\.replicas)
        let ready = replicas.count { $0.phase == .ready }
        metrics.set(.replicas, ["phase": "ready"], to: Double(ready))
        metrics.set(.replicas, ["phase": "other"], to: Double(replicas.count { $0.isAlive } - ready))
        metrics.set(.holds, to: await controller.fleetHold == nil ? 0 : 1)
        metrics.set(.published, to: Double(ledger.status.publishedSize))
        metrics.set(.ledgerWarnings, to: Double(ledger.status.warnings.count))
        metrics.set(.gatewayRunning, to: await controller.gatewayStatus == nil ? 0 : 1)
    }
}
