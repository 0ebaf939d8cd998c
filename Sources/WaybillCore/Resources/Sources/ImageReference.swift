/// A place in an OCI registry: `registry.example:5000/team/churn:1.4.0@sha256:…`, tag and digest both optional.
package struct ImageReference: Hashable, Sendable, CustomStringConvertible {
    /// A host, with its port when one was written.
    package let registry: String
    package let repository: String
    package var tag: String?
    package var digest: Digest?

    /// What the caller has checked.
    package init(registry: String, repository: String, tag: String? = nil, digest: Digest? = nil) {
        self.registry = registry
        self.repository = repository
        self.tag = tag
        self.digest = digest
    }

    /// - Throws: `InvalidInput` that says which part is wrong. There is no default registry: the host is always written.
    package init(parsing text: String) throws(InvalidInput) {
        guard text.utf8.count <= 1024 else {
            throw InvalidInput("\(text.quotedForMessage) is too long for a reference")
        }
        let halves = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        digest = halves.count == 2 ? try Digest(parsing: String(halves[1])) : nil
        let named = halves[0]
        guard let slash = named.firstIndex(of: "/") else { throw Self.unnamed(text) }
        registry = String(named[..<slash])
        if let problem = Self.problem(ofRegistry: registry) {
            throw InvalidInput("\(text.quotedForMessage): \(problem)")
        }
        let path = named[named.index(after: slash)...]
        let colon = path.lastIndex(of: ":")
        repository = String(colon.map { path[..<$0] } ?? path)
        tag = colon.map { String(path[path.index(after: $0)...]) }
        if let problem = Self.problem(ofRepository: repository) ?? tag.flatMap(Self.problem(ofTag:)) {
            throw InvalidInput("\(text.quotedForMessage): \(problem)")
        }
    }

    /// Without tag and digest.
    package var name: String { "\(registry)/\(repository)" }

    package var description: String {
        name + (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "")
    }

    private static func unnamed(_ text: String) -> InvalidInput {
        InvalidInput(
            "\(text.quotedForMessage) names no registry; expected REGISTRY/REPOSITORY as in 'registry.example/team/churn'"
        )
    }
}

extension ImageReference {
    package static func problem(ofTag tag: String) -> String? {
        let rest = tag.utf8.dropFirst()
        guard let first = tag.utf8.first, tag.utf8.count <= 128, isWord(first) || first == UInt8(ascii: "_"),
            rest.allSatisfy({ isWord($0) || $0 == 0x2E || $0 == 0x5F || $0 == 0x2D })
        else {
            return
                "\(tag.quotedForMessage) is no tag; up to 128 letters, digits, '_', '.' and '-', the first none of the last two"
        }
        return nil
    }

    /// A host that can be told from a repository's first part: it has a dot or a port, or is `localhost`.
    private static func problem(ofRegistry host: String) -> String? {
        let bytes = Array(host.utf8)
        var name = bytes[...]
        if let colon = bytes.lastIndex(of: UInt8(ascii: ":")), bytes.last != UInt8(ascii: "]") {
            name = bytes[..<colon]
            let port = Int(String(decoding: bytes[(colon + 1)...], as: UTF8.self)) ?? 0
            guard (1...65_535).contains(port), bytes[(colon + 1)...].allSatisfy({ (48...57).contains($0) }) else {
                return "the port of \(host.quotedForMessage) is no number from 1 to 65535"
            }
        }
        if name.first == UInt8(ascii: "["), name.last == UInt8(ascii: "]") {
            let inside = name.dropFirst().dropLast()
            let isAddress = inside.allSatisfy { isHexadecimal($0) || $0 == UInt8(ascii: ":") || $0 == 0x2E }
            return isAddress && !inside.isEmpty ? nil : "\(host.quotedForMessage) is no host"
        }
        let labels = name.split(separator: 0x2E, omittingEmptySubsequences: false)
        let isHost =
            name.count <= 253
            && labels.allSatisfy { label in
                !label.isEmpty && label.count <= 63 && label.first != 0x2D && label.last != 0x2D
                    && label.allSatisfy { isWord($0) || $0 == 0x2D }
            }
        guard isHost else { return "\(host.quotedForMessage) is no host" }
        if labels.count > 1 || name.count < bytes.count || host == "localhost" { return nil }
        return
            "\(host.quotedForMessage) is not the name of a registry; write its host first, as in 'registry.example/\(host)'"
    }

    /// Lowercase words joined by '/', inside them by '.', '_', '__' or dashes.
    private static func problem(ofRepository name: String) -> String? {
        let words = "a repository has lowercase letters, digits, '/', and '.', '_', '-' between them"
        guard name.utf8.count <= 255 else { return "a repository has at most 255 characters" }
        for part in name.utf8.split(separator: 0x2F, omittingEmptySubsequences: false) {
            var marks: [UInt8] = []
            for (index, byte) in part.enumerated() {
                if isLowerWord(byte) {
                    guard [[], [0x2E], [0x5F], [0x5F, 0x5F]].contains(marks) || marks.allSatisfy({ $0 == 0x2D }) else {
                        return "\(name.quotedForMessage) is no repository; \(words)"
                    }
                    marks = []
                } else if index > 0, byte == 0x2E || byte == 0x5F || byte == 0x2D {
                    marks.append(byte)
                } else {
                    return "\(name.quotedForMessage) is no repository; \(words)"
                }
            }
            if part.isEmpty || !marks.isEmpty { return "\(name.quotedForMessage) is no repository; \(words)" }
        }
        return nil
    }

    private static func isWord(_ byte: UInt8) -> Bool { isLowerWord(byte) || (65...90).contains(byte) }
    private static func isLowerWord(_ byte: UInt8) -> Bool { (48...57).contains(byte) || (97...122).contains(byte) }
    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (97...102).contains(byte) || (65...70).contains(byte)
    }
}
