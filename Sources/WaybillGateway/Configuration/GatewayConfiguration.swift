package import WaybillCore

/// What one gateway process is told at its start. Nothing of it changes while the process runs; routes do, by their file.
package struct GatewayConfiguration: Sendable {
    /// Holds the route table, the sockets and the lock; made (0700) when missing.
    package var stateFolder: String
    /// An IPv4 or IPv6 address in digits.
    package var host: String
    /// 0 takes a free one; the status tells which.
    package var port: Int
    /// Allows another address than loopback. Nobody is authenticated yet, so this must be asked for.
    package var insecure: Bool
    /// Event loops, a thread each; nil: one for each core.
    package var loops: Int?
    /// The build's name, as the status tells it.
    package var build: String
    /// Take the listener over from the gateway that serves this state folder, if one does, instead of refusing to start.
    package var takeOver: Bool
    package var limits: GatewayLimits
    /// The file of the access log; nil: none is kept.
    package var accessLog: String?

    package init(
        stateFolder: String, host: String = "127.0.0.1", port: Int = 8080, insecure: Bool = false, loops: Int? = nil,
        build: String = "unknown", takeOver: Bool = false, limits: GatewayLimits = GatewayLimits(),
        accessLog: String? = nil
    ) {
        self.stateFolder = stateFolder
        self.host = host
        self.port = port
        self.insecure = insecure
        self.loops = loops
        self.build = build
        self.takeOver = takeOver
        self.limits = limits
        self.accessLog = accessLog
    }

    /// - Throws: `Failure` (stall) that names the setting, what is wrong with it and what to do.
    package func validate() throws(Failure) {
        guard let address = ListenAddress(host: host, port: port) else {
            throw .setting(
                "'\(host)' with port \(port) is no address to listen on; use digits as in 127.0.0.1 and 0 to 65535")
        }
        guard address.isLoopback || insecure else {
            throw .setting(
                "refusing to listen on \(address): it is not loopback and nobody is authenticated; "
                    + "use 127.0.0.1 or set 'insecure: true'")
        }
        guard loops.map({ (1...64).contains($0) }) ?? true else {
            throw .setting("\(loops ?? 0) event loops make no sense; use 1 to 64")
        }
    }
}

extension Failure {
    static func setting(_ message: String) -> Failure {
        Failure(.stall, reason: "GatewayMisconfigured", message: "gateway: " + message)
    }
}
