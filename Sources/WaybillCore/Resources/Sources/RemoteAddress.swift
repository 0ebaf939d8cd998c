/// Where a git repository is: a folder, `file://`, `https://`, `ssh://` or `[user@]host:path`.
package enum RemoteAddress: Hashable, Sendable, Codable, CustomStringConvertible {
    case folder(path: String)
    case https(host: String, port: Int?, path: String)
    case ssh(user: String, host: String, port: Int, path: String)

    /// - Throws: `InvalidInput` that shows the forms that are taken. A password in the address is refused and not repeated.
    package init(parsing text: String) throws(InvalidInput) {
        guard text.utf8.count <= 2048, text.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7f }) else {
            throw Self.malformed(text)
        }
        if let separator = text.firstRange(of: "://") {
            let scheme = text[..<separator.lowerBound].lowercased()
            self = try Self.address(scheme: scheme, rest: String(text[separator.upperBound...]))
        } else if text.hasPrefix("/") {
            self = .folder(path: text)
        } else {
            self = try Self.scpLike(text)
        }
    }

    /// The address as it may be shown and as libgit2 takes it. It never holds a secret.
    package var description: String {
        switch self {
        case .folder(let path): path
        case .https(let host, let port, let path):
            "https://\(Self.bracketed(host))\(port.map { ":\($0)" } ?? "")\(path)"
        case .ssh(let user, let host, _, let path) where !path.hasPrefix("/"): "\(user)@\(Self.bracketed(host)):\(path)"
        case .ssh(let user, let host, let port, let path):
            "ssh://\(user)@\(Self.bracketed(host))\(port == 22 ? "" : ":\(port)")\(path)"
        }
    }

    private static func address(scheme: String, rest: String) throws(InvalidInput) -> RemoteAddress {
        switch scheme {
        case "file":
            let path = rest.hasPrefix("localhost/") ? String(rest.dropFirst("localhost".count)) : rest
            guard path.hasPrefix("/") else { throw malformed("file://" + rest) }
            return .folder(path: try percentDecoded(path))
        case "https":
            let place = try Place(rest, scheme: scheme)
            guard place.user == nil else {
                throw InvalidInput(
                    "the address of \(place.host.quotedForMessage) has a user or a password in it; remove it, and name the "
                        + "token's file or environment variable in 'credentials'")
            }
            return .https(host: place.host, port: place.port, path: place.path)
        case "ssh", "git+ssh", "ssh+git":
            let place = try Place(rest, scheme: "ssh")
            return .ssh(user: place.user ?? "git", host: place.host, port: place.port ?? 22, path: place.path)
        case "http", "git", "ftp", "ftps":
            throw InvalidInput(
                "'\(scheme)://' proves neither the server nor the content; use 'https://', 'ssh://' or a local path")
        default: throw malformed(scheme + "://" + rest)
        }
    }

    /// `git@host:team/fleet.git`, as git reads it: the path is relative to the user's home.
    private static func scpLike(_ text: String) throws(InvalidInput) -> RemoteAddress {
        guard let colon = text.firstIndex(of: ":"), !text[..<colon].contains("/") else {
            throw InvalidInput(
                "\(text.quotedForMessage) is not an absolute path; write it from '/' on, or as 'https://HOST/PATH' or "
                    + "'ssh://USER@HOST/PATH'")
        }
        let path = text[text.index(after: colon)...]
        guard !path.isEmpty, !path.contains(":") || path.contains("/") else { throw malformed(text) }
        let place = try Place(String(text[..<colon]) + "/", scheme: "ssh")
        return .ssh(
            user: place.user ?? "git", host: place.host, port: 22, path: String(path))
    }

    private static func malformed(_ text: String) -> InvalidInput {
        let shown = text.contains("@") ? "the address" : text.quotedForMessage
        return InvalidInput(
            "\(shown) is not a repository's address; expected '/PATH', 'file:///PATH', 'https://HOST/PATH', "
                + "'ssh://USER@HOST/PATH' or 'USER@HOST:PATH'")
    }

    private static func bracketed(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }

    private static func percentDecoded(_ path: String) throws(InvalidInput) -> String {
        var bytes: [UInt8] = []
        var rest = path.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2, digits.allSatisfy(isHexDigit),
                let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 16), code != 0
            else {
                throw malformed("file://" + path)
            }
            bytes.append(code)
            rest = rest.dropFirst(2)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else { throw malformed("file://" + path) }
        return decoded
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...70).contains(byte) || (97...102).contains(byte)
    }

    /// `[user@]host[:port]/path`.
    private struct Place {
        var user: String?
        var host: String
        var port: Int?
        var path: String

        init(_ text: String, scheme: String) throws(InvalidInput) {
            guard let slash = text.firstIndex(of: "/") else { throw malformed(scheme + "://" + text) }
            var authority = text[..<slash]
            path = String(text[slash...])
            if let at = authority.lastIndex(of: "@") {
                let named = authority[..<at]
                authority = authority[authority.index(after: at)...]
                guard !named.isEmpty, !named.contains(":") else {
                    throw InvalidInput(
                        "the address of \(String(authority).quotedForMessage) has a password in it; remove it, and name the "
                            + "secret's file or environment variable in 'credentials'")
                }
                user = String(named)
            }
            let (name, after) = try Self.hostAndPort(authority)
            host = name
            port = after
            guard user.map(Self.isPlain) ?? true, Self.isHost(host) else { throw malformed(scheme + "://" + text) }
        }

        private static func hostAndPort(_ text: Substring) throws(InvalidInput) -> (String, Int?) {
            var host = text
            var after: Substring?
            if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
                host = text[text.index(after: text.startIndex)..<end]
                let rest = text[text.index(after: end)...]
                if !rest.isEmpty { after = rest.dropFirst() }
            } else if let colon = text.lastIndex(of: ":") {
                host = text[..<colon]
                after = text[text.index(after: colon)...]
            }
            guard let after else { return (host.lowercased(), nil) }
            guard let port = Int(after), (1...65_535).contains(port) else {
                throw InvalidInput("\(String(after).quotedForMessage) is not a port; expected 1 to 65535")
            }
            return (host.lowercased(), port)
        }

        private static func isHost(_ text: String) -> Bool {
            !text.isEmpty && text.utf8.first != UInt8(ascii: "-")
                && text.utf8.allSatisfy { isLetterOrDigit($0) || ".-_:".utf8.contains($0) }
        }

        private static func isPlain(_ text: String) -> Bool {
            text.utf8.first != UInt8(ascii: "-")
                && text.utf8.allSatisfy { isLetterOrDigit($0) || "._-+".utf8.contains($0) }
        }

        private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
        }
    }
}
