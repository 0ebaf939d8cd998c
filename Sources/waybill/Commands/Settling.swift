import WaybillAPI
import WaybillCore

/// Waits until a fleet is as a commit asks.
struct Settling {
    let client: ControlClient
    let console: Console
    /// Nil: whatever commit is in force.
    let commit: String?

    enum Verdict: Hashable, Sendable {
        case settled(Int)
        case waiting(String)
        /// Waiting longer will not help.
        case hopeless(String)
    }

    /// - Returns: what to tell when all is well.
    /// - Throws: `NotSettled` when a deployment stalls or is held, or when `limit` has passed.
    func wait(atMost limit: Duration) async throws(Failure) -> String {
        let end = ContinuousClock.now + limit
        var listing = try await client.list(DeploymentView.self)
        while true {
            switch Self.verdict(listing.items, commit: commit) {
            case .settled(let count):
                console.endProgress()
                return count == 1 ? "1 deployment is ready" : "\(count) deployments are ready"
            case .hopeless(let why):
                console.endProgress()
                throw Failure(.stall, reason: "NotSettled", message: why)
            case .waiting(let what):
                console.progress(what.harmless)
                guard ContinuousClock.now < end else {
                    console.endProgress()
                    throw Failure(
                        .wait, reason: "NotSettled", message: "gave up after \(Quantity.text(limit)): \(what)")
                }
            }
            listing = try await client.list(DeploymentView.self, after: listing.generation)
        }
    }

    static func verdict(_ deployments: [DeploymentView], commit: String?) -> Verdict {
        let stuck = deployments.filter { ["Stalled", "Held"].contains($0.status) }
        if let first = stuck.first {
            let others = stuck.count > 1 ? " (and \(stuck.count - 1) more)" : ""
            return .hopeless(
                "\(first.deployment) is \(first.status.lowercased()): \(first.decisive?.message ?? "no reason given")\(others)"
            )
        }
        let behind = deployments.filter { view in
            view.status != "Paused" && (view.status != "Ready" || (commit != nil && view.decisive?.commit != commit))
        }
        guard let first = behind.first else { return .settled(deployments.count) }
        return .waiting(
            "\(behind.count) of \(deployments.count) not ready yet, \(first.deployment): "
                + (first.decisive?.message ?? first.status))
    }
}
