package import WaybillCore

/// How this process speaks HTTP with sources and registries.
package struct HTTPSettings: Sendable {
    package var deadlines = HTTPDeadlines()
    /// PEM certificates that are believed besides the system's.
    package var caFile: String?
    package var proxies = ProxyRules()
    package var credentials: [HTTPCredential] = []
    /// Hosts that may be spoken to without TLS, besides this machine.
    package var plainHosts: [HostPattern] = []
    /// Hosts that may be asked at all; empty: every one.
    package var hosts: [HostPattern] = []
    /// Bytes that arrive each second in all transfers together; nil: no bound.
    package var bytesPerSecond: Int64?
    package var userAgent = "waybill"

    package init() {}

    /// Whether `host` is spoken to without TLS: this machine, or one that the operator named.
    package func speaksPlain(to host: String, port: Int) -> Bool {
        NetworkPlace(host: host) == .loopback || plainHosts.contains { $0.matches(host: host, port: port) }
    }
}

/// How long is waited for what. A long transfer is progress, so none has a deadline as a whole.
package struct HTTPDeadlines: Hashable, Sendable {
    /// For a connection, and again for its TLS.
    package var connect: Duration = .seconds(15)
    /// For the head of an answer to a request without a large body.
    package var head: Duration = .seconds(60)
    /// Without a single byte.
    package var idle: Duration = .seconds(60)
    /// For all of a small answer.
    package var whole: Duration = .seconds(120)

    package init() {}
}

/// `HOST`, `HOST:PORT` or `*.DOMAIN[:PORT]`, as an operator names hosts.
package struct HostPattern: Hashable, Sendable, CustomStringConvertible {
    package let description: String
    private let host: String
    private let port: Int?
    private let isDomain: Bool

    package init(parsing text: String) throws(InvalidInput) {
        description = text
        isDomain = text.hasPrefix("*.")
        (host, port) = try WebAddress.authority(isDomain ? text.dropFirst(2) : text[...])
    }

    package func matches(host other: String, port otherPort: Int) -> Bool {
        guard port == nil || port == otherPort else { return false }
        return isDomain ? other.hasSuffix("." + host) : other == host
    }
}
