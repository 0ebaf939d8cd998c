/// A file of a repository on a Hugging Face hub: `hf:[datasets/][ORG/]NAME@REVISION/PATH`.
///
/// REVISION is a commit of 40 hex digits; a branch or a tag is read too, for `waybill pin`, which writes the commit in its place. A `/` in
/// a branch's name is written `%2F`.
package struct HuggingFaceAddress: Hashable, Sendable, CustomStringConvertible {
    package enum Kind: String, Hashable, Sendable {
        case model = "models"
        case dataset = "datasets"
    }

    package enum Revision: Hashable, Sendable {
        case commit(CommitID)
        /// A branch, a tag or a part of a commit.
        case name(String)
    }

    package let kind: Kind
    /// `ORG/NAME`, or `NAME` alone.
    package let repository: String
    package let revision: Revision
    /// From the top of the repository.
    package let path: String

    package init(kind: Kind, repository: String, revision: Revision, path: String) {
        self.kind = kind
        self.repository = repository
        self.revision = revision
        self.path = path
    }

    private static let form = "expected 'hf:ORG/NAME@COMMIT/PATH', or 'hf:datasets/ORG/NAME@COMMIT/PATH'"

    package init(parsing text: String) throws(InvalidInput) {
        let shown = text.quotedForMessage
        guard text.hasPrefix("hf:"), text.utf8.count <= 2048, let at = text.firstIndex(of: "@") else {
            throw InvalidInput("\(shown) names no revision; \(Self.form)")
        }
        var repository = text[text.index(text.startIndex, offsetBy: 3)..<at]
        if repository.hasPrefix("datasets/") {
            kind = .dataset
            repository = repository.dropFirst(9)
        } else {
            kind = .model
        }
        let parts = repository.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), parts.allSatisfy(Self.isName) else {
            throw InvalidInput(
                "\(shown): \(String(repository).quotedForMessage) is no name of a repository; \(Self.form)")
        }
        self.repository = String(repository)
        let rest = text[text.index(after: at)...]
        guard let slash = rest.firstIndex(of: "/") else { throw InvalidInput("\(shown) names no file; \(Self.form)") }
        revision = try Self.revision(rest[..<slash], shown)
        path = String(rest[rest.index(after: slash)...])
        if let problem = CleanPath.problemOfRelative(path) { throw InvalidInput("\(shown): \(problem)") }
    }

    package var description: String {
        let revision =
            switch revision {
            case .commit(let commit): commit.description
            case .name(let name): Percent.encoded(name)
            }
        return "hf:\(kind == .dataset ? "datasets/" : "")\(repository)@\(revision)/\(path)"
    }

    package func pinned(to commit: CommitID) -> HuggingFaceAddress {
        HuggingFaceAddress(kind: kind, repository: repository, revision: .commit(commit), path: path)
    }

    /// - Throws: `InvalidInput` while no commit is named.
    @discardableResult
    package func requireCommit() throws(InvalidInput) -> CommitID {
        switch revision {
        case .commit(let commit): return commit
        case .name(let name):
            throw InvalidInput(
                "\(description.quotedForMessage) follows \(name.quotedForMessage), which may be another commit tomorrow; run "
                    + "'waybill pin' on this file, which writes the commit of 40 digits in its place")
        }
    }

    private static func revision(_ text: Substring, _ shown: String) throws(InvalidInput) -> Revision {
        if let commit = try? CommitID(parsing: String(text)) { return .commit(commit) }
        guard let name = Percent.decoded(text), !name.isEmpty, name.utf8.count <= 255,
            name.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7f }), !name.contains("..")
        else { throw InvalidInput("\(shown): \(text.quotedForMessage) is no revision; \(form)") }
        return .name(name)
    }

    /// Letters, digits, `-`, `_` and `.`, as the hub has it.
    private static func isName(_ part: Substring) -> Bool {
        let allowed = part.utf8.allSatisfy { byte in
            switch byte {
            case 45, 46, 48...57, 65...90, 95, 97...122: true
            case _: false
            }
        }
        return allowed && (1...96).contains(part.utf8.count) && !part.contains("..") && !part.hasPrefix(".")
            && !part.hasPrefix("-")
    }
}
