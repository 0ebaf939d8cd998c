import Glibc
import WaybillCore

/// An address in digits with its port.
struct ListenAddress: Hashable, CustomStringConvertible {
    let host: String
    let port: Int
    let isIPv6: Bool

    init?(host: String, port: Int) {
        guard (0...65535).contains(port) else { return nil }
        var storage = in6_addr()
        if inet_pton(AF_INET, host, &storage) == 1 {
            isIPv6 = false
        } else if inet_pton(AF_INET6, host, &storage) == 1 {
            isIPv6 = true
        } else {
            return nil
        }
        self.host = host
        self.port = port
    }

    var isLoopback: Bool { isIPv6 ? host == "::1" : host.hasPrefix("127.") }

    var description: String { isIPv6 ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
