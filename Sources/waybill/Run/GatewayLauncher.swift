import WaybillCore
import WaybillGateway

/// Keeps one gateway process running for a state folder: finds it, or starts it as a process that outlives us.
struct GatewayLauncher: Sendable {
    let executable: String
    let state: StateFolder
    /// Arguments after `waybill gateway`.
    let arguments: [String]
    let control: any GatewayControl

    /// True when a gateway answers.
    func isRunning() async -> Bool { await control.status() != nil }

    /// Starts the gateway and waits until it answers.
    ///
    /// - Throws: `Failure` with the last lines of its log when it does not answer in `limit`.
    func start(within limit: Duration = .seconds(10)) async throws(Failure) -> GatewayStatus {
        let log = state.gateway + "/gateway.log"
        _ = try DetachedProcess.start([executable, "gateway"] + arguments, log: log)
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            if let status = await control.status() { return status }
            do { try await Task.sleep(for: .milliseconds(50)) } catch {
                throw Failure(.wait, reason: "Stopping", message: "the controller is stopping")
            }
        }
        throw Failure(
            .retry, reason: "GatewayNotAnswering",
            message: "the gateway did not answer within \(limit.components.seconds) s; its log is \(log)")
    }
}
