import Glibc
import WaybillAPI

/// Whether the addresses can be listened at, and enough ports of the replicas' range are free.
struct PortsCheck: Check {
    func run(_ configuration: WaybillConfiguration) async -> [Finding] {
        // A controller that runs has these ports itself.
        let isRunning = (try? await ControlClient(stateFolder: configuration.stateFolder).build()) != nil
        let addresses = [("gateway", configuration.gateway), ("metrics", configuration.metrics)].map {
            finding($0.0, $0.1, isRunning)
        }
        return addresses + [range(configuration.ports)]
    }

    private func finding(_ name: String, _ address: SocketAddressText, _ isRunning: Bool) -> Finding {
        let setting = "\(name).address"
        switch Listening.attempt(host: address.host, port: address.port) {
        case nil: return .ok("ports", "\(name) \(address) is free")
        case EADDRINUSE where isRunning: return .ok("ports", "\(name) \(address) is in use; a controller runs")
        case EADDRINUSE:
            return .problem(
                "ports", "\(name) \(address) is in use by another program",
                remedy: "stop it ('ss -ltnp' names it) or set another \(setting)")
        case EACCES:
            return .problem(
                "ports", "\(name) \(address) needs root", remedy: "set \(setting) to a port from 1024")
        case let code?:
            return .problem(
                "ports", "\(name) \(address): \(String(cString: strerror(code)))",
                remedy: "set \(setting) to an address of this machine")
        }
    }

    private func range(_ ports: ClosedRange<Int>) -> Finding {
        let sample = Array(ports.prefix(200))
        let free = sample.filter { Listening.attempt(host: "127.0.0.1", port: $0) == nil }.count
        let text =
            "\(free) of the first \(sample.count) ports of replicas (\(ports.lowerBound)-\(ports.upperBound)) are free"
        if free * 2 >= sample.count { return .ok("ports", text) }
        return .warning("ports", text, remedy: "set 'ports' to a range that nobody else uses")
    }
}

/// Tries to listen, and stops at once.
enum Listening {
    /// - Returns: the error number; nil when it worked.
    static func attempt(host: String, port: Int) -> Int32? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &list) == 0, let first = list else { return EADDRNOTAVAIL }
        defer { freeaddrinfo(list) }
        let descriptor = socket(first.pointee.ai_family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard bind(descriptor, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0, listen(descriptor, 1) == 0 else {
            return errno
        }
        return nil
    }
}
