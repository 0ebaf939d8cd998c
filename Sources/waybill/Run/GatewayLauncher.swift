import WaybillCore
import WaybillEngine

/// Starts the gateway of a state folder as a process that outlives us.
struct GatewayLauncher: GatewayKeeper {
    let state: StateFolder
    let configuration: WaybillConfiguration
    let control: any GatewayControl
    private let limit = Duration.seconds(10)

    func start(ticket: Ticket) async throws(Failure) -> String {
        let log = state.gateway + "/gateway.log"
        var arguments = [
            Executables.own(), "gateway", "--state", state.path, "--address", configuration.gateway.description,
        ]
        if configuration.isGatewayInsecure { arguments.append("--insecure") }
        _ = try DetachedProcess.start(arguments, log: log)
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            if let status = await control.status() { return status.address }
            do { try await Task.sleep(for: .milliseconds(50)) } catch {
                throw Failure(.wait, reason: "Stopping", message: "the controller is stopping")
            }
        }
        throw Failure(
            .retry, reason: "GatewayNotAnswering",
            message: "the gateway did not answer within \(limit.components.seconds) s; its log is \(log)")
    }
}
