package import WaybillCore

/// Through which proxy a host is reached, by the variables that other programs read too: `HTTPS_PROXY`, `http_proxy`, `ALL_PROXY`,
/// `NO_PROXY`. This machine is never reached through one.
package struct ProxyRules: Hashable, Sendable {
    /// A proxy, with its password if it needs one: not for messages.
    struct Proxy: Hashable, Sendable, CustomStringConvertible {
        var host: String
        var port: Int
        var user: String?
        var password: String?

        var description: String { "\(host):\(port)" }
    }

    private(set) var https: Proxy?
    private(set) var http: Proxy?
    private var except: [Exception] = []
    private var exceptAll = false

    private enum Exception: Hashable, Sendable {
        /// A name and everything below it, or an address.
        case host(String, port: Int?)
        case network([UInt8], bits: Int)
    }

    /// No proxy.
    package init() {}

    /// - Parameter configured: an address that stands before those of the environment; `none` for no proxy at all.
    package init(environment: [String: String], configured: String? = nil) throws(InvalidInput) {
        if configured == "none" { return }
        func named(_ names: String...) throws(InvalidInput) -> Proxy? {
            for name in names {
                guard let text = environment[name], !text.isEmpty else { continue }
                do { return try Self.proxy(text) } catch { throw InvalidInput("\(name): \(error.message)") }
            }
            return nil
        }
        if let configured {
            do { https = try Self.proxy(configured) } catch { throw InvalidInput("sources.proxy: \(error.message)") }
            http = https
        } else {
            let all = try named("all_proxy", "ALL_PROXY")
            https = try named("https_proxy", "HTTPS_PROXY") ?? all
            // HTTP_PROXY in capitals can be set by a request's header in CGI programs, so nobody reads it.
            http = try named("http_proxy") ?? all
        }
        for entry in (environment["no_proxy"] ?? environment["NO_PROXY"] ?? "").split(separator: ",") {
            let entry = entry.filter { $0 != " " }
            if entry == "*" {
                exceptAll = true
            } else if let exception = Self.exception(entry) {
                except.append(exception)
            }
        }
    }

    func proxy(for address: WebAddress) -> Proxy? {
        guard let proxy = address.scheme == .https ? https : http else { return nil }
        guard !exceptAll, NetworkPlace(host: address.host) != .loopback,
            !except.contains(where: { Self.is($0, address) })
        else {
            return nil
        }
        return proxy
    }

    /// `[http://][USER:PASSWORD@]HOST:PORT`
    private static func proxy(_ text: String) throws(InvalidInput) -> Proxy {
        var rest = text[...]
        if let separator = text.firstRange(of: "://") {
            guard text[..<separator.lowerBound].lowercased() == "http" else {
                throw InvalidInput(
                    "only proxies of the form 'http://HOST:PORT' are used; to a source through it TLS is spoken all the same"
                )
            }
            rest = text[separator.upperBound...]
        }
        while rest.hasSuffix("/") { rest.removeLast() }
        var user: String?
        var password: String?
        if let at = rest.lastIndex(of: "@") {
            let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            user = Percent.decoded(parts[0])
            password = parts.count == 2 ? Percent.decoded(parts[1]) : ""
            guard user != nil, password != nil else {
                throw InvalidInput("the proxy's user or password is not written with '%' well")
            }
            rest = rest[rest.index(after: at)...]
        }
        let (host, port) = try WebAddress.authority(rest)
        return Proxy(host: host, port: port ?? 80, user: user, password: password)
    }

    /// Entries that nobody could mean are passed over, as other programs do.
    private static func exception(_ text: String) -> Exception? {
        let parts = text.split(separator: "/")
        if parts.count == 2, let bits = Int(parts[1]), let bytes = NetworkPlace.bytes(of: String(parts[0])),
            (0...bytes.count * 8).contains(bits)
        {
            return .network(bytes, bits: bits)
        }
        let name = text.hasPrefix("*.") ? text.dropFirst(2) : text.hasPrefix(".") ? text.dropFirst() : text[...]
        if let bytes = NetworkPlace.bytes(of: String(name)) { return .network(bytes, bits: bytes.count * 8) }
        guard let (host, port) = try? WebAddress.authority(name) else { return nil }
        return .host(host, port: port)
    }

    private static func `is`(_ exception: Exception, _ address: WebAddress) -> Bool {
        switch exception {
        case .host(let host, let port):
            return (port == nil || port == address.port) && (address.host == host || address.host.hasSuffix("." + host))
        case .network(let network, let bits):
            guard let bytes = NetworkPlace.bytes(of: address.host), bytes.count == network.count else { return false }
            let whole = bits / 8
            let mask = UInt8(truncatingIfNeeded: 0xff00 >> (bits % 8))
            return bytes[..<whole] == network[..<whole]
                && (bits % 8 == 0 || bytes[whole] & mask == network[whole] & mask)
        }
    }
}
