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
/// - Only the folder's owner and root can connect, whatever the state folder's mode: the socket is bound in a folder of
///   mode 0700 and gets its place only once its own mode is 0600.
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
        try makeDraftFolder()
        let (path, logger) = (socket.path, logger)
        let application = Application(
            router: ControlRoutes(interface: interface, build: build).router(),
            server: .http1(configuration: .init(idleTimeout: .seconds(60))),
            configuration: ApplicationConfiguration(
                address: .unixDomainSocket(path: socket.draft), serverName: "waybill/\(build)"),
            onServerRunning: { [socket] _ in
                if chmod(socket.draft, 0o600) != 0 || rename(socket.draft, path) != 0 {
                    logger.error("\(path): cannot be put in place: \(String(cString: strerror(errno)))")
                }
                rmdir(socket.draftFolder)
                await onListening()
            },
            logger: Self.quieter(logger))
        try await application.run()
        unlink(path)
    }

    package func run() async throws {
        try await run(onListening: {})
    }

    /// Anew: what a dead controller left there may have any mode.
    private func makeDraftFolder() throws(Failure) {
        unlink(socket.draft)
        rmdir(socket.draftFolder)
        guard mkdir(socket.draftFolder, 0o700) == 0 else {
            let why = String(cString: strerror(errno))
            throw Failure(
                .stall, reason: "StateFolderUnusable",
                message: "cannot make \(socket.draftFolder): \(why); the controller must own its state folder")
        }
    }

    /// The framework tells each start and stop as information, and its own cancellation as an error; here both are detail.
    private static func quieter(_ logger: Logger) -> Logger {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .critical)
        return quiet
    }
}
