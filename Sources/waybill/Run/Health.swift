import WaybillCore
import WaybillEngine
import WaybillLedger

/// What makes the controller unready besides a loop that stalls, in words.
struct Health: Sendable {
    let ledger: Ledger
    let controller: Controller
    let watcher: FleetWatcher

    var problems: [String] {
        get async {
            let ledger = ledger.status
            var problems = [ledger.failure?.message].compactMap(\.self) + ledger.warnings
            if let found = await controller.gatewayProblem {
                problems.append("gateway: it does not answer: \(found)")
            }
            if await controller.commit == nil, await controller.fleetHold == nil {
                let why = await watcher.status.problem?.message
                problems.append("git: no commit is in force yet" + (why.map { ": \($0)" } ?? ""))
            }
            return problems
        }
    }
}
