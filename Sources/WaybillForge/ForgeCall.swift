package import WaybillCore

/// One question to a forge, as a value; what it means for repetition is part of it.
package struct ForgeCall: Hashable, Sendable {
    /// What may be done when nobody knows whether it arrived.
    package enum Repeat: Hashable, Sendable {
        /// Asked twice is as asked once.
        case safe
        /// A second one could make a second thing: who asked looks for the first one before.
        case onlyAfterLooking
    }

    package var method: String
    /// Below the repository's own path, or from the top of the API.
    package var path: String
    package var query: [(name: String, value: String)] { queryItems.map { ($0.name, $0.value) } }
    var queryItems: [Item] = []
    package var body: Value?
    package var repetition: Repeat

    struct Item: Hashable, Sendable { var name, value: String }

    /// The longest text of a comment or a request, in characters, that both forges take.
    package static let longestText = 65_536
    /// The longest description of a status.
    package static let longestDescription = 140

    /// With the query, below the API's address.
    package var target: String {
        let words = queryItems.map { "\($0.name)=\(Self.escaped($0.value))" }.joined(separator: "&")
        return words.isEmpty ? path : "\(path)?\(words)"
    }

    /// Everything but unreserved characters (RFC 3986, 2.3) is escaped.
    static func escaped(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            let scalar = UnicodeScalar(byte)
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || (0x30...0x39).contains(byte))
            if isPlain || [0x2d, 0x2e, 0x5f, 0x7e].contains(byte) {
                result.unicodeScalars.append(scalar)
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                result += "%" + (digits.utf8.count == 1 ? "0" : "") + digits
            }
        }
        return result
    }
}

extension ForgePlace {
    private var top: String { "/repos/\(owner)/\(name)" }

    /// GitHub gives up to 100 a page, Gitea as many as its `MAX_RESPONSE_ITEMS`, usually 50.
    private func page(_ number: Int) -> [ForgeCall.Item] {
        [
            .init(name: kind == .github ? "per_page" : "limit", value: kind == .github ? "100" : "50"),
            .init(name: "page", value: "\(number)"),
        ]
    }

    private func change(_ method: String, _ path: String, _ body: Value) -> ForgeCall {
        ForgeCall(
            method: method, path: path, body: body, repetition: method == "PATCH" ? .safe : .onlyAfterLooking)
    }

    package func openRequests(page number: Int) -> ForgeCall {
        ForgeCall(
            method: "GET", path: top + "/pulls",
            queryItems: [.init(name: "state", value: "open")] + page(number), repetition: .safe)
    }

    package func create(_ draft: RequestDraft) -> ForgeCall {
        change(
            "POST", top + "/pulls",
            [
                "title": .string(draft.title), "body": .string(draft.body), "head": .string(draft.head),
                "base": .string(draft.base),
            ])
    }

    package func update(_ number: Int64, to draft: RequestDraft) -> ForgeCall {
        change(
            "PATCH", top + "/pulls/\(number)",
            ["title": .string(draft.title), "body": .string(draft.body), "base": .string(draft.base)])
    }

    package func close(_ number: Int64) -> ForgeCall {
        change("PATCH", top + "/pulls/\(number)", ["state": "closed"])
    }

    package func comments(of number: Int64, page index: Int) -> ForgeCall {
        ForgeCall(
            method: "GET", path: top + "/issues/\(number)/comments", queryItems: page(index), repetition: .safe)
    }

    package func comment(on number: Int64, _ text: String) -> ForgeCall {
        change("POST", top + "/issues/\(number)/comments", ["body": .string(text)])
    }

    package func edit(comment id: Int64, _ text: String) -> ForgeCall {
        change("PATCH", top + "/issues/comments/\(id)", ["body": .string(text)])
    }

    /// The newest status of a context counts, so that one given twice is as one given once.
    package func set(_ status: ForgeStatus, on commit: CommitID) -> ForgeCall {
        var members: Members = [
            "state": .string(status.state.rawValue), "context": .string(status.context.rawValue),
            "description": .string(status.description),
        ]
        if let url = status.target { members["target_url"] = .string(url) }
        return ForgeCall(
            method: "POST", path: top + "/statuses/\(commit.hex)", body: .object(members), repetition: .safe)
    }

    package var whoAmI: ForgeCall { ForgeCall(method: "GET", path: "/user", repetition: .safe) }
}
