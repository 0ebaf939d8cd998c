import WaybillAPI
import WaybillCore

/// Waits until a fleet is as the commit in force asks.
struct Settling {
    let client: ControlClient
    let console: Console
    /// The commit that must be in force; nil: whatever is.
    var commit: String?
    /// Only deployments of this environment.
    var environment: String?
    /// How long a controller may take to answer for the first time; zero: it must be there.
    var patience = Duration.zero

    enum Verdict: Hashable, Sendable {
        case settled(Int)
        case waiting(String)
        /// Waiting longer will not help.
        case hopeless(String)
    }

    /// - Returns: what to tell when all is well.
    /// - Throws: `NotSettled` when a deployment stalls or is held, or when `limit` has passed.
    func wait(atMost limit: Duration) async throws(Failure) -> String {
        let start = ContinuousClock.now
        defer { console.endProgress() }
        while true {
            let since = ContinuousClock.now - start
            switch try await look(since) {
            case .settled(let count): return count == 1 ? "1 deployment is ready" : "\(count) deployments are ready"
            case .hopeless(let why): throw Failure(.stall, reason: "NotSettled", message: why)
            case .waiting(let what):
                console.progress(what.harmless)
                guard since < limit else {
                    throw Failure(
                        .wait, reason: "NotSettled", message: "gave up after \(Quantity.text(limit)): \(what)")
                }
            }
            do { try await Task.sleep(for: .milliseconds(200)) } catch {
                throw Failure(.wait, reason: "Cancelled", message: "stopped")
            }
        }
    }

    private func look(_ since: Duration) async throws(Failure) -> Verdict {
        do throws(Failure) {
            let fleet = try await client.status()
            if let verdict = Self.verdict(fleet, commit: commit) { return verdict }
            let deployments = try await client.list(DeploymentView.self).items
            return Self.verdict(deployments.filter { environment == nil || $0.environment == environment })
        } catch {
            let isComing = ["NoController", "ConnectionLost"].contains(error.reason) && since < patience
            guard isComing else { throw error }
            return .waiting("waiting for the controller: \(error.message)")
        }
    }

    /// Nil when the commit is in force, so that the deployments decide.
    static func verdict(_ fleet: FleetView, commit: String?) -> Verdict? {
        if let hold = fleet.holds.first(where: { $0.subject == "fleet" }) {
            return .hopeless("the fleet is held: \(hold.message)")
        }
        guard let inForce = fleet.repository.commit?.id else {
            return .waiting(fleet.repository.problem ?? "no commit is in force yet")
        }
        guard let commit, commit != inForce else { return nil }
        return .waiting("commit \(commit.prefix(10)) is not in force yet")
    }

    static func verdict(_ deployments: [DeploymentView]) -> Verdict {
        let stuck = deployments.filter { ["Stalled", "Held"].contains($0.status) }
        if let first = stuck.first {
            let others = stuck.count > 1 ? " (and \(stuck.count - 1) more)" : ""
            return .hopeless(
                "\(first.deployment) is \(first.status.lowercased()): \(first.decisive?.message ?? "no reason given")\(others)"
            )
        }
        let behind = deployments.filter { !["Paused", "Ready"].contains($0.status) }
        guard let first = behind.first else { return .settled(deployments.count) }
        return .waiting(
            "\(behind.count) of \(deployments.count) not ready yet, \(first.deployment): "
                + (first.decisive?.message ?? first.status))
    }
}
