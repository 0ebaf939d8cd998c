/// Paths as manifests may write them: nothing that a reader, a shell or a file system could take for another place.
package enum CleanPath {
    /// What is wrong with a path that must stay below some folder; nil when it is relative, has no empty, `.` or `..` part,
    /// no backslash and no control character, and is at most 1,024 bytes long, 255 a part.
    package static func problemOfRelative(_ text: String) -> String? {
        if text.isEmpty { return "a path must not be empty" }
        if text.utf8.first == UInt8(ascii: "/") {
            return "\(text.quotedForMessage) is an absolute path; write it relative, without the first '/'"
        }
        return problemOfParts(text.utf8[...], text)
    }

    /// The same for a path from the root.
    package static func problemOfAbsolute(_ text: String) -> String? {
        guard text.utf8.first == UInt8(ascii: "/"), text.utf8.count > 1 else {
            return "\(text.quotedForMessage) is no absolute path; begin with '/'"
        }
        return problemOfParts(text.utf8.dropFirst(), text)
    }

    /// Quickly, the usual form: letters, digits and a few marks, no part that begins with a dot.
    private static func isPlain(_ path: Substring.UTF8View) -> Bool {
        var length = 0
        var total = 0
        for byte in path {
            total += 1
            switch byte {
            case UInt8(ascii: "/"):
                guard length > 0 else { return false }
                length = 0
            case UInt8(ascii: "."):
                guard length > 0 else { return false }
                length += 1
            case 45, 48...57, 65...90, 95, 97...122: length += 1
            case _: return false
            }
            guard length <= 255 else { return false }
        }
        return length > 0 && total < 1024
    }

    private static func problemOfParts(_ path: Substring.UTF8View, _ text: String) -> String? {
        if isPlain(path) { return nil }
        if text.utf8.count > 1024 { return "\(text.quotedForMessage) is too long for a path; at most 1024 bytes" }
        if text.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) || $0 == "\\" }) {
            return "\(text.quotedForMessage) holds a control character or a backslash, which a path must not"
        }
        for part in path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            if part.elementsEqual("..".utf8) { return "\(text.quotedForMessage) leads out of its folder by '..'" }
            if part.isEmpty || part.elementsEqual(".".utf8) {
                return "\(text.quotedForMessage) is not a clean path; leave out empty and '.' parts"
            }
            if part.count > 255 { return "\(text.quotedForMessage) has a part of more than 255 bytes" }
        }
        return nil
    }
}

extension ArtifactSource {
    /// Every scheme, in words.
    static func schemes(in quote: String) -> String {
        let all = (["file"] + RemoteSource.Scheme.allCases.map(\.rawValue)).map { "\(quote)\($0):\(quote)" }
        return all.dropLast().joined(separator: ", ") + " or " + all[all.count - 1]
    }

    /// A path inside the fleet repository, `file:` and an absolute path, or what `RemoteSource` reads.
    /// - Throws: `InvalidInput` that says what is wrong with it.
    package init(parsing text: String) throws(InvalidInput) {
        if text.utf8.starts(with: "file:".utf8) {
            let path = String(text.dropFirst(5))
            if let problem = CleanPath.problemOfAbsolute(path) { throw InvalidInput(problem) }
            self = .file(path: path)
        } else if let source = try RemoteSource(parsing: text) {
            self = .remote(source)
        } else if text.utf8.contains(UInt8(ascii: ":")), text.contains("://") {
            throw InvalidInput(
                "\(text.quotedForMessage) is no source of this version of Waybill; use a path in the repository, or an address that "
                    + "begins with \(Self.schemes(in: "'"))")
        } else {
            if let problem = CleanPath.problemOfRelative(text) { throw InvalidInput(problem) }
            self = .repository(path: text)
        }
    }
}
