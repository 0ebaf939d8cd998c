import Glibc
import Synchronization
package import WaybillCore

/// A gateway with everything that belongs to its state folder: lock, listener, watched table, status and hand-over sockets.
package final class RunningGateway: Sendable {
    package let server: GatewayServer
    /// Yields once, when a newer gateway accepts in this one's place: `stop` is due.
    package let succession: AsyncStream<Void>
    private let paths: GatewayPaths
    private let watch: TableWatch
    private let statusServer: StatusServer
    private let handOver: HandOverServer
    private let isStopped = Atomic<Bool>(false)

    private init(_ parts: borrowing Parts, statusServer: StatusServer, paths: GatewayPaths) throws(Failure) {
        let (succession, continuation) = AsyncStream.makeStream(of: Void.self)
        self.succession = succession
        self.paths = paths
        self.statusServer = statusServer
        server = parts.server
        watch = parts.watch
        handOver = try HandOverServer(
            parts.server, lock: parts.lock, listener: parts.listener.duplicate(), at: paths.handOver
        ) {
            continuation.yield()
            continuation.finish()
        }
    }

    private struct Parts: ~Copyable {
        let server: GatewayServer
        let lock: StateLock
        let listener: ListeningSocket
        let watch: TableWatch
    }

    /// Opens, or takes over, what the configuration names, and serves. The table is read before the first connection is
    /// accepted.
    ///
    /// - Throws: `Failure` when another gateway serves the folder and is not to be replaced, or something cannot be had.
    package static func start(_ configuration: GatewayConfiguration) async throws(Failure) -> RunningGateway {
        try configuration.validate()
        try ProcessSurroundings.makeStateFolder(configuration.stateFolder)
        let paths = GatewayPaths(stateFolder: configuration.stateFolder)
        guard configuration.takeOver, let taken = try HandOver.take(from: paths.handOver) else {
            return try await startAfresh(configuration, paths)
        }
        return try await succeed(taken, configuration, paths)
    }

    private static func startAfresh(_ configuration: GatewayConfiguration, _ paths: GatewayPaths)
        async throws(Failure) -> RunningGateway
    {
        let lock = try StateLock(at: paths.lock)
        let listener = try ListeningSocket(at: configuration.address)
        let parts = try await serve(configuration, lock: lock, listener: listener, paths)
        return try await RunningGateway(
            parts, statusServer: StatusServer.start(parts.server, at: paths.status), paths: paths)
    }

    private static func succeed(
        _ taken: HandOver.Taken, _ configuration: GatewayConfiguration, _ paths: GatewayPaths
    ) async throws(Failure) -> RunningGateway {
        let lock = StateLock(adopting: taken.lock)
        let listener = ListeningSocket(adopting: taken.listener)
        do throws(Failure) {
            let wanted = try configuration.address
            guard let given = listener.address, given.host == wanted.host, [0, given.port].contains(wanted.port) else {
                throw Failure.setting(
                    "the running gateway listens on another address than \(wanted); stop it, then start this one")
            }
            let parts = try await serve(configuration, lock: lock, listener: listener, paths)
            let first = try HandOver.confirm(taken.connection)
            lock.writeHolder()
            parts.server.follow(predecessor: taken.connection, first: first)
            return try await RunningGateway(
                parts, statusServer: StatusServer.start(parts.server, at: paths.status), paths: paths)
        } catch {
            close(taken.connection)
            throw error
        }
    }

    private static func serve(
        _ configuration: GatewayConfiguration, lock: StateLock, listener: consuming ListeningSocket,
        _ paths: GatewayPaths
    ) async throws(Failure) -> Parts {
        let server = try await GatewayServer.make(configuration, for: listener)
        let watch = TableWatch(path: paths.table, limit: configuration.limits.tableBytes) { server.take($0) }
        watch.start()
        do {
            try await server.accept(on: listener)
        } catch {
            watch.stop()
            await server.shutDown()
            throw error
        }
        return Parts(server: server, lock: lock, listener: listener, watch: watch)
    }

    /// Lets what is under way finish (bounded), then ends. A second call does nothing.
    package func stop() async {
        guard !isStopped.exchange(true, ordering: .relaxed) else { return }
        // A listener that stays open anywhere would go on collecting connections that nobody accepts.
        handOver.closeDoor()
        await server.drain()
        watch.stop()
        await server.shutDown()
        await statusServer.stop()
        handOver.stop()
    }
}

extension GatewayConfiguration {
    var address: ListenAddress {
        get throws(Failure) {
            guard let address = ListenAddress(host: host, port: port) else { throw .setting("'\(host)' is no address") }
            return address
        }
    }
}
