import Crypto
import FoundationEssentials

/// What OpenSSH's `known_hosts` files say about one host (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT").
struct KnownHosts {
    enum Verdict: Equatable {
        case trusted
        /// No file names the host.
        case unknown
        /// The host is named with other keys only, of these types.
        case changed(to: [String])
        case revoked
    }

    struct Entry: Equatable {
        var isRevoked: Bool
        var type: String
        var key: [UInt8]
    }

    /// The entries that hold for the host, in order. Lines for certificate authorities are not among them: libssh2 does
    /// not know host certificates.
    let entries: [Entry]

    /// - Parameter text: the content of the files, one after the other. Lines that are not entries are passed over.
    init(_ text: String, host: String, port: Int) {
        let name = port == 22 ? host : "[\(host)]:\(port)"
        entries = text.split(whereSeparator: \.isNewline).compactMap { Self.entry(String($0), for: name.lowercased()) }
    }

    func verdict(on key: [UInt8]) -> Verdict {
        if entries.contains(where: { $0.isRevoked && $0.key == key }) { return .revoked }
        let accepted = entries.filter { !$0.isRevoked }
        if accepted.contains(where: { $0.key == key }) { return .trusted }
        return accepted.isEmpty ? .unknown : .changed(to: accepted.map(\.type))
    }

    /// The accepted entries as plain lines, from which libssh2 learns which type of key to ask for.
    func lines(host: String, port: Int) -> String {
        let name = port == 22 ? host : "[\(host)]:\(port)"
        return entries.filter { !$0.isRevoked && Self.supported.contains($0.type) }
            .map { "\(name) \($0.type) \(Data($0.key).base64EncodedString())\n" }.joined()
    }

    /// Types of host key that libssh2 1.10 verifies against servers of today.
    static let supported: Set<String> = [
        "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa",
    ]

    private static func entry(_ line: String, for name: String) -> Entry? {
        var fields = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
        guard let first = fields.first, !first.hasPrefix("#") else { return nil }
        let isRevoked = first == "@revoked"
        if first.hasPrefix("@") {
            guard isRevoked else { return nil }
            fields.removeFirst()
        }
        guard fields.count >= 3, matches(fields[0], name), let key = Data(base64Encoded: fields[2]) else { return nil }
        return Entry(isRevoked: isRevoked, type: fields[1], key: Array(key))
    }

    private static func matches(_ patterns: String, _ name: String) -> Bool {
        if patterns.hasPrefix("|") { return matchesHash(patterns, name) }
        var isNamed = false
        for pattern in patterns.lowercased().split(separator: ",") {
            let isNegated = pattern.hasPrefix("!")
            guard matchesPattern(Array((isNegated ? pattern.dropFirst() : pattern).utf8), Array(name.utf8)) else {
                continue
            }
            if isNegated { return false }
            isNamed = true
        }
        return isNamed
    }

    /// `|1|salt|hash`, the hash being HMAC-SHA-1 of the name.
    private static func matchesHash(_ text: String, _ name: String) -> Bool {
        let parts = text.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4, parts[1] == "1", let salt = Data(base64Encoded: parts[2]),
            let hash = Data(base64Encoded: parts[3])
        else { return false }
        let code = HMAC<Insecure.SHA1>.authenticationCode(for: Data(name.utf8), using: SymmetricKey(data: salt))
        return Array(code) == Array(hash)
    }

    /// `*` for any text, `?` for one character; time grows with the product of the lengths.
    private static func matchesPattern(_ pattern: [UInt8], _ name: [UInt8]) -> Bool {
        var (inPattern, inName) = (0, 0)
        var retry: (pattern: Int, name: Int)?
        while inName < name.count {
            if inPattern < pattern.count, pattern[inPattern] == UInt8(ascii: "*") {
                retry = (inPattern + 1, inName)
                inPattern += 1
            } else if inPattern < pattern.count,
                pattern[inPattern] == UInt8(ascii: "?") || pattern[inPattern] == name[inName]
            {
                inPattern += 1
                inName += 1
            } else if let place = retry {
                retry = (place.pattern, place.name + 1)
                (inPattern, inName) = (place.pattern, place.name + 1)
            } else {
                return false
            }
        }
        return pattern[inPattern...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
