package import WaybillCore

/// A gateway with everything that belongs to its state folder: lock, listener, watched table, status socket.
package final class RunningGateway: Sendable {
    package let server: GatewayServer
    private let lock: StateLock
    private let watch: TableWatch
    private let statusServer: StatusServer
    private let paths: GatewayPaths

    private init(
        server: GatewayServer, lock: StateLock, watch: TableWatch, statusServer: StatusServer, paths: GatewayPaths
    ) {
        self.server = server
        self.lock = lock
        self.watch = watch
        self.statusServer = statusServer
        self.paths = paths
    }

    package static func start(_ configuration: GatewayConfiguration) async throws(Failure) -> RunningGateway {
        guard let address = ListenAddress(host: configuration.host, port: configuration.port) else {
            throw .setting("'\(configuration.host)' is no address")
        }
        try ProcessSurroundings.makeStateFolder(configuration.stateFolder)
        let paths = GatewayPaths(stateFolder: configuration.stateFolder)
        let lock = try StateLock(at: paths.lock)
        let listener = try ListeningSocket(at: address)
        let server = try await GatewayServer.start(configuration, on: listener)
        let watch = TableWatch(path: paths.table, limit: configuration.limits.tableBytes) { server.take($0) }
        watch.start()
        let statusServer = try await StatusServer.start(server, at: paths.status)
        return RunningGateway(server: server, lock: lock, watch: watch, statusServer: statusServer, paths: paths)
    }

    package func stop() async {
        await server.drain()
        watch.stop()
        await server.shutDown()
        await statusServer.stop()
    }
}
