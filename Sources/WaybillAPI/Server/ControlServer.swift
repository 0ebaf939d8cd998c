import Foundation
import HTTPTypes
import Hummingbird
package import Logging
import NIOCore
import ServiceLifecycle
import WaybillCore

/// Answers people and programs of this machine on the state folder's Unix socket.
///
/// # Guarantees
/// - Only the folder's owner and root can connect: the folder is made 0700 and the socket 0600 before the first request
///   is read.
/// - A command is given to the controller with the Unix user that the kernel names, never one that the request claims.
/// - Bodies and headers are bounded; a slow or dead peer costs one connection.
///
/// # Assumptions
/// - The caller holds the state folder's lock: a socket file that a dead controller left is replaced.
package struct ControlServer: Service {
    private let interface: any ControllerInterface
    private let socket: ControlSocket
    private let build: String
    private let logger: Logger

    package init(interface: any ControllerInterface, stateFolder: String, build: String, logger: Logger) {
        self.interface = interface
        socket = ControlSocket(stateFolder: stateFolder)
        self.build = build
        self.logger = logger
    }

    /// Serves until the task is cancelled or the service group shuts down.
    ///
    /// - Parameter onListening: called once connections are accepted.
    package func run(onListening: @escaping @Sendable () async -> Void) async throws {
        try socket.check()
        try closeFolder()
        let path = socket.path
        let logger = logger
        let application = Application(
            router: ControlRoutes(interface: interface, build: build).router(),
            server: .http1(configuration: .init(idleTimeout: .seconds(60))),
            configuration: ApplicationConfiguration(
                address: .unixDomainSocket(path: path), serverName: "waybill/\(build)"),
            onServerRunning: { _ in
                // Until here the folder alone keeps others out; the socket must also hold when the folder is opened up.
                if chmod(path, 0o600) != 0 { logger.error("\(path): cannot be made private: errno \(errno)") }
                await onListening()
            },
            logger: Self.quieter(logger))
        try await application.run()
        unlink(path)
    }

    package func run() async throws {
        try await run(onListening: {})
    }

    private func closeFolder() throws(Failure) {
        guard chmod(socket.stateFolder, 0o700) == 0 else {
            let why = String(cString: strerror(errno))
            throw Failure(
                .stall, reason: "StateFolderNotPrivate",
                message: "\(socket.stateFolder): cannot be closed to others: \(why); "
                    + "the controller must own its state folder")
        }
    }

    /// The framework tells each start and stop as information, and its own cancellation as an error; here both are detail.
    private static func quieter(_ logger: Logger) -> Logger {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .critical)
        return quiet
    }
}
