/// A place on the web: `https://HOST[:PORT]/PATH[?QUERY]`, checked byte by byte.
///
/// Strict where readers of addresses differ, since that is what an attacker looks for: no user or password, no fragment, a host of
/// plain ASCII, and a host that is a number only as four decimal parts.
package struct WebAddress: Hashable, Sendable, CustomStringConvertible {
    package enum Scheme: String, Hashable, Sendable {
        case https
        case http

        package var port: Int {
            switch self {
            case .https: 443
            case .http: 80
            }
        }
    }

    package var scheme: Scheme
    /// Lowercase; an IPv6 address without brackets.
    package var host: String
    package var port: Int
    /// The path and the query as they are sent: it begins with `/`.
    package var target: String

    /// What the caller has checked.
    package init(scheme: Scheme, host: String, port: Int? = nil, target: String = "/") {
        self.scheme = scheme
        self.host = host
        self.port = port ?? scheme.port
        self.target = target
    }

    /// - Throws: `InvalidInput` that says what is wrong, and never repeats a user, password or query.
    package init(parsing text: String) throws(InvalidInput) {
        guard text.utf8.count <= 4096 else { throw InvalidInput("an address of more than 4096 bytes is not read") }
        guard let separator = text.firstRange(of: "://"),
            let scheme = Scheme(rawValue: text[..<separator.lowerBound].lowercased())
        else { throw InvalidInput("\(Self.shown(text)) is no address; expected 'https://HOST/PATH'") }
        let rest = text[separator.upperBound...]
        let end = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
        let (host, port) = try Self.authority(rest[..<end])
        self.init(scheme: scheme, host: host, port: port, target: try Self.target(rest[end...], of: text))
    }

    /// As it is asked for. It may hold a signature in its query: not for messages.
    package var text: String { origin + target }

    /// Scheme, host and port: what a credential is good for.
    package var origin: String { "\(scheme.rawValue)://\(authority)" }

    /// Host and port as the header `Host` has them.
    package var authority: String { bracketed + (port == scheme.port ? "" : ":\(port)") }

    /// The path without the query.
    package var path: String { String(target.prefix { $0 != "?" }) }

    /// For messages: without the query, which may hold a secret.
    package var description: String { origin + path + (target.contains("?") ? "?…" : "") }

    package func with(target: String) -> WebAddress {
        WebAddress(scheme: scheme, host: host, port: port, target: target)
    }

    private var bracketed: String { host.contains(":") ? "[\(host)]" : host }

    /// The address that `reference`, a `Location` of an answer from here, means (RFC 3986, 5.2).
    package func resolving(_ reference: String) throws(InvalidInput) -> WebAddress {
        let plain = String(reference.prefix { $0 != "#" })
        if plain.hasPrefix("//") { return try WebAddress(parsing: "\(scheme.rawValue):\(plain)") }
        let head = plain.prefix { $0 != "/" && $0 != "?" }
        if head.contains(":") { return try WebAddress(parsing: plain) }
        if plain.isEmpty { return self }
        let joined: String =
            switch plain.utf8.first {
            case UInt8(ascii: "/"): plain
            case UInt8(ascii: "?"): path + plain
            default: path[...(path.lastIndex(of: "/") ?? path.startIndex)] + plain
            }
        return with(target: Self.withoutDots(try Self.target(joined[...], of: joined)))
    }

    /// Takes `.` and `..` out of the path.
    private static func withoutDots(_ target: String) -> String {
        let path = target.prefix { $0 != "?" }
        var parts: [Substring] = []
        let all = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        for (index, part) in all.enumerated() {
            let isLast = index == all.count - 1
            if part == ".." { parts = parts.dropLast() }
            if part == ".." || part == "." {
                if isLast { parts.append("") }
            } else {
                parts.append(part)
            }
        }
        return "/" + parts.joined(separator: "/") + target.dropFirst(path.count)
    }

    private static func target(_ text: Substring, of whole: String) throws(InvalidInput) -> String {
        if text.contains("#") { throw InvalidInput("\(shown(whole)) has a '#'; leave it and what follows out") }
        let refused = Array("\"<>\\^`{|}".utf8)
        guard text.utf8.allSatisfy({ (0x21...0x7e).contains($0) && !refused.contains($0) }) else {
            throw InvalidInput(
                "\(shown(whole)) has a character that an address must write as '%' and two hex digits, such as a space")
        }
        return text.hasPrefix("/") ? String(text) : "/" + text
    }

    /// The text up to its query, for a message.
    private static func shown(_ text: String) -> String {
        text.contains("@") ? "the address" : String(text.prefix { $0 != "?" }).quotedForMessage
    }
}

extension WebAddress {
    /// `HOST[:PORT]` as the part of an address or as a setting.
    package static func authority(_ text: Substring) throws(InvalidInput) -> (host: String, port: Int?) {
        guard !text.contains("@") else {
            throw InvalidInput(
                "an address has a user or a password in it; remove it, and name the secret's file or environment variable in "
                    + "'sources.credentials' of waybill.yaml")
        }
        var host = text
        var port: Int?
        if let colon = text.lastIndex(of: ":"), !text.hasSuffix("]") {
            let digits = text[text.index(after: colon)...]
            guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ (48...57).contains($0) }),
                let number = Int(digits), (1...65_535).contains(number)
            else { throw InvalidInput("\(text.quotedForMessage) has no port from 1 to 65535 after its ':'") }
            (host, port) = (text[..<colon], number)
        }
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard isIPv6(host) else { throw InvalidInput("\(text.quotedForMessage) is no IPv6 address") }
        } else if let problem = problemOfHost(host) {
            throw InvalidInput(problem)
        }
        return (host.lowercased(), port)
    }

    /// Letters, digits, `-`, `_` and `.`; a name whose last part is a number must be an IPv4 address of four decimal parts.
    private static func problemOfHost(_ host: Substring) -> String? {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        let isName = parts.allSatisfy { part in
            (1...63).contains(part.utf8.count)
                && part.utf8.allSatisfy { byte in
                    switch byte {
                    case 45, 48...57, 65...90, 95, 97...122: true
                    case _: false
                    }
                }
        }
        guard isName, (1...253).contains(host.utf8.count), let last = parts.last else {
            return "\(host.quotedForMessage) is no host; expected a name such as 'models.example.com', or an IP address"
        }
        let isNumber = last.utf8.allSatisfy { (48...57).contains($0) } || last.lowercased().hasPrefix("0x")
        if isNumber, parts.count != 4 || !parts.allSatisfy({ UInt8($0) != nil && ($0 == "0" || $0.first != "0") }) {
            return "\(host.quotedForMessage) is no IPv4 address; expected four numbers from 0 to 255"
        }
        return nil
    }

    /// Eight groups of hex digits, of which `::` leaves some out once and the last two may be an IPv4 address.
    private static func isIPv6(_ text: Substring) -> Bool {
        guard text.utf8.count <= 45 else { return false }
        let halves = text.split(separator: "::", omittingEmptySubsequences: false)
        guard halves.count <= 2 else { return false }
        var count = 0
        for (index, half) in halves.enumerated() where !half.isEmpty {
            let groups = half.split(separator: ":", omittingEmptySubsequences: false)
            for (place, group) in groups.enumerated() {
                let isLast = index == halves.count - 1 && place == groups.count - 1
                if group.contains(".") {
                    guard isLast, group.split(separator: ".").count == 4, problemOfHost(group) == nil else {
                        return false
                    }
                    count += 2
                } else {
                    guard (1...4).contains(group.utf8.count), group.utf8.allSatisfy(isHexDigit) else { return false }
                    count += 1
                }
            }
        }
        return halves.count == 2 ? count < 8 : count == 8
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...70, 97...102: true
        case _: false
        }
    }
}
