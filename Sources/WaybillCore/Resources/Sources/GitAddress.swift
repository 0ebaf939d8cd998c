/// One file of a git repository at one commit, as a manifest names it.
///
/// `git+https://HOST/REPOSITORY@COMMIT#PATH`, and the same with `git+ssh://` and `git+file:///`. Instead of the commit, a branch or tag
/// may stand there while a manifest is written; `waybill pin` writes the commit beside it: `@main:COMMIT`. What has a '#' or a last
/// '@' of its own is written with `%23` and `%40`.
package struct GitAddress: Hashable, Sendable, CustomStringConvertible {
    package let repository: RemoteAddress
    /// The branch or tag that the commit was once the head of.
    package let name: String?
    /// Nil while only the name is there, which may mean other bytes tomorrow.
    package let commit: CommitID?
    /// From the top of the repository.
    package let path: String
    /// All before the '@'.
    private let place: String

    /// Takes an address without its commit, too.
    /// - Throws: `InvalidInput` that says what is wrong with it.
    package init(parsing text: String) throws(InvalidInput) {
        guard let mark = text.firstIndex(of: "#") else {
            throw InvalidInput("\(text.quotedForMessage) names no file; write '#PATH/IN/REPOSITORY' at its end")
        }
        path = String(text[text.index(after: mark)...])
        if let problem = CleanPath.problemOfRelative(path) { throw InvalidInput(problem) }
        let whole = text[..<mark]
        guard let start = whole.firstRange(of: "://")?.upperBound, let slash = whole[start...].firstIndex(of: "/"),
            let at = whole[slash...].lastIndex(of: "@")
        else {
            throw InvalidInput(
                "\(text.quotedForMessage) names no commit; write 'git+https://HOST/REPOSITORY@COMMIT#PATH', or a branch or "
                    + "tag in the commit's place and run 'waybill pin'")
        }
        place = String(whole[..<at])
        repository = try RemoteAddress(parsing: String(place.dropFirst("git+".count)))
        (name, commit) = try Self.revision(String(whole[whole.index(after: at)...]), in: text)
    }

    /// `COMMIT`, `NAME`, or `NAME:COMMIT`.
    private static func revision(_ text: String, in whole: String) throws(InvalidInput) -> (String?, CommitID?) {
        if let commit = try? CommitID(parsing: text) { return (nil, commit) }
        guard let colon = text.lastIndex(of: ":") else { return (try reference(text, in: whole), nil) }
        return (
            try reference(String(text[..<colon]), in: whole),
            try CommitID(parsing: String(text[text.index(after: colon)...]))
        )
    }

    /// The rules of `git check-ref-format` that keep a name from meaning more than a name.
    private static func reference(_ name: String, in whole: String) throws(InvalidInput) -> String {
        let forbidden = Set("~^:?*[\\".unicodeScalars)
        let isPlain = name.unicodeScalars.allSatisfy {
            $0.value > 0x20 && !(0x7f...0x9f).contains($0.value) && !forbidden.contains($0)
        }
        guard isPlain, (1...200).contains(name.utf8.count), !name.hasPrefix("-"), !name.hasPrefix("/"),
            !name.hasSuffix("/"), !name.contains("..")
        else {
            throw InvalidInput(
                "\(whole.quotedForMessage): \(name.quotedForMessage) is neither a commit of 40 hex digits nor a branch or tag"
            )
        }
        return name
    }

    /// The same with the commit of its name beside it.
    package func pinned(to commit: CommitID) -> String {
        "\(place)@\(name.map { "\($0):" } ?? "")\(commit)#\(path)"
    }

    package var description: String {
        let revision = [name, commit?.hex].compactMap(\.self).joined(separator: ":")
        return "\(place)@\(revision)#\(path)"
    }

    /// - Throws: `InvalidInput` while no commit is named.
    package func requireCommit() throws(InvalidInput) -> CommitID {
        if let commit { return commit }
        throw InvalidInput(
            "\(description.quotedForMessage) follows \((name ?? "").quotedForMessage), which may be another commit tomorrow; run "
                + "'waybill pin' on this file, which writes the commit beside it")
    }
}
