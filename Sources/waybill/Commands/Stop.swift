import ArgumentParser
import Foundation
import WaybillCore
import WaybillServing

/// `waybill stop`.
struct Stop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "End the controller; with --all the gateway and the models too.",
        discussion: """
            Without --all, models and the gateway go on serving. With it nothing of the state folder runs any more: first the \
            controller ends, then the gateway, once what is under way is answered, then the models. Whatever runs the \
            controller as a service may start it again: stop it there.
            """)

    @Flag(help: "The gateway and the models too.")
    var all = false

    @OptionGroup var controller: ControllerOptions

    /// Longer than a controller's own 30 s for parking, and the longest usual grace of a model.
    private static let limit = Duration.seconds(60)

    func run() async throws {
        let folder = StateFolder(at: URL(fileURLWithPath: try controller.configuration().stateFolder))
        let console = Console.current
        var count = 0
        func tell(_ what: String) {
            count += 1
            console.line(what)
        }
        let holder = LockHolder(name: "controller", lock: folder.lock)
        if let id = try await holder.end(within: Self.limit) { tell("the controller (process \(id)) has ended") }
        if all, FileManager.default.fileExists(atPath: folder.path) {
            // So that no controller begins meanwhile.
            let lock = try await ControllerLock.take(folder)
            let gateway = LockHolder(name: "gateway", lock: folder.gatewayLock)
            if let id = try await gateway.end(within: Self.limit) { tell("the gateway (process \(id)) has ended") }
            for id in try await endReplicas(folder) { tell("\(id) has ended") }
            _ = consume lock
        }
        if count == 0 { console.line("nothing runs in \(folder.path.harmless)") }
    }

    private func endReplicas(_ folder: StateFolder) async throws(Failure) -> [ReplicaID] {
        let running = await RunningReplicas.find(in: folder.replicas)
        let unreachable = await running.askToStop(reason: "ended by 'waybill stop --all'")
        guard unreachable.isEmpty else {
            throw Failure(
                .retry, reason: "StopFailed",
                message: "the keeper of \(unreachable[0]) cannot be reached; try again, as the user that runs it")
        }
        let end = ContinuousClock.now + Self.limit
        var left = running
        while true {
            left = await left.left()
            if left.ids.isEmpty { return running.ids }
            guard ContinuousClock.now < end else {
                throw Failure(
                    .retry, reason: "StillRunning",
                    message: "\(left.ids[0]) was told to end and still runs after \(Quantity.text(Self.limit))")
            }
            do { try await Task.sleep(for: .milliseconds(50)) } catch {
                throw Failure(.wait, reason: "Cancelled", message: "stopped")
            }
        }
    }
}
