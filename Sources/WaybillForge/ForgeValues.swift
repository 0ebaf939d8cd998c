import WaybillCore

/// What a request for a merge is to be.
package struct RequestDraft: Hashable, Sendable {
    package var title: String
    package var body: String
    package var base: String
    package var head: String

    /// A text that is longer than forges take is cut, and says so.
    package init(title: String, body: String, base: String, head: String) {
        self.title = title.cut(to: 250, ending: "…")
        self.body = body.cutForForge
        (self.base, self.head) = (base, head)
    }
}

/// A request for a merge that is there: `PullRequest` of both APIs.
package struct ForgeRequest: Hashable, Sendable, Decodable {
    package struct Side: Hashable, Sendable, Decodable {
        package struct Repository: Hashable, Sendable, Decodable {
            package var fullName: String?
            enum CodingKeys: String, CodingKey { case fullName = "full_name" }
        }

        package var ref: String
        package var sha: String?
        /// Null when a fork is gone.
        package var repo: Repository?
    }

    package var number: Int64
    package var title: String
    package var body: String?
    package var page: String?
    package var head: Side
    package var base: Side

    enum CodingKeys: String, CodingKey {
        case number, title, body, head, base
        case page = "html_url"
    }

    /// Whether its branch is in `place` itself. A fork can have a branch of any name.
    package func isOwn(of place: ForgePlace) -> Bool {
        head.repo?.fullName?.lowercased() == place.repository.lowercased()
    }
}

/// A comment of both APIs.
package struct ForgeComment: Hashable, Sendable, Decodable {
    package struct Author: Hashable, Sendable, Decodable {
        package var login: String
        /// `Bot` on GitHub; Gitea does not say.
        package var type: String?
    }

    package var id: Int64
    package var body: String?
    package var user: Author?
}

/// What is said of a commit.
package struct ForgeStatus: Hashable, Sendable {
    package enum State: String, Hashable, Sendable, CaseIterable { case success, failure, error, pending }
    package enum Context: String, Hashable, Sendable, CaseIterable {
        case plan = "waybill/plan"
        case gates = "waybill/gates"
        case approvals = "waybill/approvals"
    }

    package var context: Context
    package var state: State
    /// At most 140 characters.
    package let description: String
    package var target: String?

    package init(_ context: Context, _ state: State, _ description: String, target: String? = nil) {
        (self.context, self.state, self.target) = (context, state, target)
        self.description = description.harmless.cut(to: ForgeCall.longestDescription, ending: "…")
    }
}

/// A line of HTML that nobody sees, by which a text is found again.
package struct HiddenMarker: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    /// - Parameter words: what it is about, as in `plan` or `promote production/churn`.
    package init(_ words: String) {
        let plain = words.unicodeScalars.map { scalar in
            let isPlain = scalar.isASCII && scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
            return isPlain || " /._+-".unicodeScalars.contains(scalar) ? Character(scalar) : "_"
        }
        // Two hyphens would end an HTML comment.
        description = "<!-- waybill: \(String(plain).replacing("--", with: "-_")) -->"
    }

    /// `text` below the marker, short enough for a forge.
    package func text(_ text: String) -> String { "\(self)\n\(text)".cutForForge }

    /// Only at the very start: a text can quote a marker.
    package func marks(_ text: String?) -> Bool { text?.hasPrefix(description) == true }

    /// Whether a comment is ours to edit.
    ///
    /// - Parameter login: our own user; nil where the forge does not say who a token is, which is so of those that GitHub gives to
    ///   workflows. Then only what a bot wrote counts.
    package func isOurs(_ comment: ForgeComment, login: String?) -> Bool {
        guard marks(comment.body), let author = comment.user else { return false }
        if let login { return author.login.lowercased() == login.lowercased() }
        return author.type == "Bot"
    }
}

extension String {
    /// At most as long as forges take, in Unicode scalars.
    var cutForForge: String {
        cut(to: ForgeCall.longestText, ending: "\n\n(cut here: it was longer than a forge takes)\n")
    }

    func cut(to count: Int, ending: String) -> String {
        guard unicodeScalars.count > count else { return self }
        var result = String.UnicodeScalarView()
        result.append(contentsOf: unicodeScalars.prefix(max(0, count - ending.unicodeScalars.count)))
        return String(result) + ending
    }
}

extension Failure {
    static let cancelled = Failure(.retry, reason: "Cancelled", message: "stopped before it was done")
}
