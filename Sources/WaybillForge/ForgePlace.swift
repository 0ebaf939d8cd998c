package import WaybillCore

/// Which API a forge speaks.
package enum ForgeKind: String, Hashable, Sendable, CaseIterable {
    case github
    /// Forgejo speaks it too.
    case gitea
}

/// One repository on one forge, and where its API begins.
package struct ForgePlace: Hashable, Sendable {
    package let kind: ForgeKind
    /// `https://api.github.com`, `https://git.example.org/api/v1`; without a slash at its end.
    package let base: String
    package let owner: String
    package let name: String

    /// - Parameters:
    ///   - url: `https`, or `http` with this machine.
    ///   - repository: `OWNER/NAME`.
    /// - Throws: `InvalidInput` that begins with the setting that is wrong.
    package init(kind: ForgeKind, url: String, repository: String) throws(InvalidInput) {
        self.kind = kind
        var base = url[...]
        while base.hasSuffix("/") { base.removeLast() }
        try Self.check(base)
        self.base = String(base)
        let parts = repository.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy(Self.isSegment) else {
            throw InvalidInput("forge.repository: \(repository.quotedForMessage) is not OWNER/NAME")
        }
        (owner, name) = (String(parts[0]), String(parts[1]))
    }

    /// `OWNER/NAME`.
    package var repository: String { "\(owner)/\(name)" }

    private static func isSegment(_ text: Substring) -> Bool {
        !text.isEmpty && text != "." && text != ".." && text.utf8.allSatisfy(isPlain)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
            true
        case _: false
        }
    }

    private static func check(_ url: Substring) throws(InvalidInput) {
        let isPlain = url.hasPrefix("http://")
        let rest = url.dropFirst(isPlain ? 7 : 8)
        // No user, no query, no fragment: what is added to it is a path.
        let allowed = rest.utf8.allSatisfy {
            Self.isPlain($0) || [":", "/", "[", "]", "~"].contains(Character(UnicodeScalar($0)))
        }
        guard isPlain || url.hasPrefix("https://"), !rest.isEmpty, allowed else {
            throw InvalidInput(
                "forge.url: expected the address at which the API begins, as in https://api.github.com or "
                    + "https://git.example.org/api/v1")
        }
        let authority = rest.prefix { $0 != "/" }
        let host = authority.hasPrefix("[") ? authority.prefix { $0 != "]" } : authority.prefix { $0 != ":" }
        guard !isPlain || ["127.0.0.1", "localhost", "[::1"].contains(host) else {
            throw InvalidInput("forge.url: \(url) is not secured by TLS, and a token is sent there; use https")
        }
    }
}
