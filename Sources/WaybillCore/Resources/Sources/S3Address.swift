/// An object of S3, or of a store that speaks like it, as an artifact's `source` names it: `s3://BUCKET/KEY[?versionId=ID]`.
///
/// The key stands as it is, without percent-encoding, and has no '?' of its own.
package struct S3Address: Hashable, Sendable, CustomStringConvertible {
    package let bucket: String
    package let key: String
    package let version: String?

    /// - Throws: `InvalidInput` that says which part is wrong.
    package init(parsing text: String) throws(InvalidInput) {
        guard text.utf8.starts(with: "s3://".utf8), let slash = text.dropFirst(5).firstIndex(of: "/") else {
            throw InvalidInput("\(text.quotedForMessage) is no object; expected 's3://BUCKET/KEY'")
        }
        bucket = String(text[text.index(text.startIndex, offsetBy: 5)..<slash])
        let rest = text[text.index(after: slash)...]
        let mark = rest.firstIndex(of: "?")
        key = String(rest[..<(mark ?? rest.endIndex)])
        version = try mark.map { mark throws(InvalidInput) in
            try Self.version(rest[rest.index(after: mark)...], in: text)
        }
        if let problem = Self.problem(ofBucket: bucket) ?? Self.problem(ofKey: key) { throw InvalidInput(problem) }
    }

    package var description: String { "s3://\(bucket)/\(key)\(version.map { "?versionId=\($0)" } ?? "")" }

    private static func version(_ query: Substring, in text: String) throws(InvalidInput) -> String {
        let name = "versionId="
        let id = query.dropFirst(name.utf8.count)
        let isPlain = id.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || ".-_~+/=".utf8.contains(byte)
        }
        guard query.hasPrefix(name), (1...1024).contains(id.utf8.count), isPlain else {
            throw InvalidInput(
                "\(String(text.prefix { $0 != "?" }).quotedForMessage) has more than '?versionId=ID' after its key; signed "
                    + "addresses do not belong in a manifest, and keys with a '?' cannot be named")
        }
        return String(id)
    }

    private static func problem(ofBucket bucket: String) -> String? {
        let isPlain = bucket.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (97...122).contains(byte) || byte == 45 || byte == 46
        }
        guard isPlain, (3...63).contains(bucket.utf8.count), let first = bucket.utf8.first, let last = bucket.utf8.last,
            ![45, 46].contains(first), ![45, 46].contains(last), !bucket.contains("..")
        else {
            return "\(bucket.quotedForMessage) is no bucket; it has 3 to 63 lowercase letters, digits, '.' and '-'"
        }
        return nil
    }

    private static func problem(ofKey key: String) -> String? {
        guard (1...1024).contains(key.utf8.count),
            key.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f })
        else { return "\(key.quotedForMessage) is no object's key; it has 1 to 1024 bytes and no control characters" }
        let parts = key.split(separator: "/", omittingEmptySubsequences: false)
        if parts.contains("..") || parts.contains(".") || parts.last == "" {
            return
                "the key \(key.quotedForMessage) has a '.' or '..' part, or ends with '/'; servers take such for another"
        }
        return nil
    }
}
