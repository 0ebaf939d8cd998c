package import WaybillCore

/// The gateway as a process: `waybill gateway`.
package enum GatewayProcess {
    /// Serves until SIGTERM, SIGINT or a successor, then finishes what is under way and returns.
    ///
    /// Flow: settings are checked, the state folder's lock is taken, the listener is opened, the table is read, the
    /// status socket appears.
    /// Guarantees: outlives its parent; serves on the last good table whatever happens to the file or the controller.
    /// - Throws: `Failure` whose message says what to do, when it cannot start.
    package static func run(_ configuration: GatewayConfiguration) async throws(Failure) {
        try configuration.validate()
        ProcessSurroundings.prepare()
        let signals = ProcessSurroundings.stopSignals()
        let gateway = try await RunningGateway.start(configuration)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in signals { break } }
            group.addTask { for await _ in gateway.succession { break } }
            await group.next()
            group.cancelAll()
        }
        await gateway.stop()
    }
}
