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
        if let id = try state.gatewayHolder.process() {
            throw Failure(
                .retry, reason: "GatewayHangs",
                message:
                    "the gateway (process \(id)) runs and does not answer, so no other is started beside it; resume it "
                    + "('kill -CONT \(id)') or end it ('kill -KILL \(id)'); its log is \(log)")
        }
        let pid = try DetachedProcess.start(arguments, log: log)
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            if let status = await control.status() {
                guard status.pid == pid else {
                    throw Failure(
                        .wait, reason: "OtherGateway",
                        message:
                            "process \(status.pid), which was there before, answers at \(status.address); the one that was "
                            + "started gave way to it")
                }
                return status.address
            }
            do { try await Task.sleep(for: .milliseconds(50)) } catch {
                throw Failure(.wait, reason: "Stopping", message: "the controller is stopping")
            }
        }
        throw Failure(
            .retry, reason: "GatewayNotAnswering",
            message: "the gateway did not answer within \(limit.components.seconds) s; its log is \(log)")
    }
}

extension StateFolder {
    var gatewayHolder: LockHolder { LockHolder(name: "gateway", lock: gatewayLock) }

    /// What is found where a gateway that does not answer should be.
    var gatewayTrace: String {
        do throws(Failure) {
            return try gatewayHolder.process().map { "process \($0) runs and does not answer" } ?? "no process"
        } catch {
            return error.message
        }
    }
}
