package import WaybillCore

/// What the words that were found are worth for one change.
package struct ApprovalVerdict: Hashable, Sendable {
    /// An approval that counts.
    package struct Given: Hashable, Sendable {
        package var person: Name
        package var role: Name
        package var place: String
        package var key: SSHPublicKey
        package var evidence: Digest?
        package var expires: Timestamp?
        /// Of a key in hardware: whether it says that somebody touched it.
        package var presence: SSHPresence?
    }

    /// A rejection that counts: nothing begins until it is withdrawn.
    package struct Rejection: Hashable, Sendable {
        package var person: Name
        package var role: Name
        package var place: String
        package var reason: String
    }

    /// The word of somebody who may let a change begin in spite of what it waits for.
    package struct Override: Hashable, Sendable {
        package var person: Name
        package var place: String
        package var key: SSHPublicKey
        package var reason: String
        package var expires: Timestamp?
    }

    /// A file that says nothing here, and why.
    package struct Void: Hashable, Sendable {
        package var place: String
        package var person: Name?
        package var why: String
        /// What it would have said was of this change.
        package var isOfThisChange: Bool
    }

    /// People who are asked for and have not spoken.
    package struct Missing: Hashable, Sendable {
        /// Nil: of any of the roles, because nobody proved to be the author.
        package var role: Name?
        package var count: Int
        /// Who could give it.
        package var people: [Name]
    }

    package var change: Change
    package var policy: ApprovalPolicy
    /// In the order of their names.
    package var given: [Given] = []
    package var rejections: [Rejection] = []
    package var overrides: [Override] = []
    package var void: [Void] = []
    package var missing: [Missing] = []
    /// Who signed a proposal of this change.
    package var authors: [Name] = []

    package var isApproved: Bool { missing.isEmpty && rejections.isEmpty }

    /// As many people as are asked for let it begin in spite of what it waits for. What the gates say is no part of that.
    package var isOverridden: Bool { !overrides.isEmpty && overrides.count >= policy.overriders }

    /// What is waited for, in one sentence; what was approved, when nothing is.
    package var message: String {
        if isApproved {
            let names = given.map { "\($0.person) (\($0.role))" }.joined(separator: ", ")
            return names.isEmpty ? "no approval is asked for" : "approved by \(names)"
        }
        var parts: [String] = []
        if let rejectedText { parts.append("\(rejectedText); it goes on once that is withdrawn") }
        if let waitingText { parts.append(waitingText) }
        if !overrides.isEmpty, !isOverridden {
            parts.append(
                "\(overriddenText), and it takes \(policy.overriders) people")
        }
        let refused = void.filter(\.isOfThisChange)
        if !refused.isEmpty {
            let shown = refused.prefix(Self.mostShown).map { "\($0.person?.text ?? $0.place): \($0.why)" }
            let more = refused.count > shown.count ? "; and \(refused.count - shown.count) more" : ""
            parts.append("not counted: \(shown.joined(separator: "; "))\(more)")
        }
        return parts.joined(separator: ". ")
    }

    /// `rejected by ada (risk): the card is empty`; nil when nobody says no.
    package var rejectedText: String? {
        let list = rejections.map { "\($0.person) (\($0.role)): \($0.reason)" }.joined(separator: "; ")
        return list.isEmpty ? nil : "rejected by \(list)"
    }

    /// `waiting for 1 more of risk (alice, bob)`; nil when no word is missing.
    package var waitingText: String? {
        missing.isEmpty ? nil : "waiting for " + missing.map(\.text).joined(separator: " and ")
    }

    /// `overridden by ada: the old version answers nonsense`.
    package var overriddenText: String { "overridden by \(overrides.map(\.text).joined(separator: "; "))" }

    /// Files that a sentence names one by one.
    private static let mostShown = 5
}

extension ApprovalVerdict.Missing {
    /// `2 more of risk (alice, bob)`.
    package var text: String {
        let shown = people.prefix(10).map(\.text).joined(separator: ", ")
        let more = people.count > 10 ? " and \(people.count - 10) others" : ""
        let names = people.isEmpty ? "nobody left who may" : shown + more
        guard let role else {
            return "\(count) more person, since no signed proposal says who the author is (\(names))"
        }
        return "\(count) more of \(role) (\(names))"
    }
}

extension ApprovalVerdict {
    /// The facts for `-o json` and events: stable names.
    package var value: Value {
        [
            "change": change.value, "approved": .bool(isApproved), "message": .string(message),
            "required": .list(
                policy.required.map { ["role": .string($0.role.text), "count": .integer(Int64($0.count))] }),
            "authors": .list(authors.map { .string($0.text) }), "given": .list(given.map(\.value)),
            "rejected": .list(
                rejections.map {
                    [
                        "person": .string($0.person.text), "role": .string($0.role.text),
                        "reason": .string($0.reason), "file": .string($0.place),
                    ]
                }),
            "missing": .list(missing.map(\.value)), "void": .list(void.map(\.value)),
            "overrides": .list(overrides.map(\.value)), "overridden": .bool(isOverridden),
        ]
    }
}

extension ApprovalVerdict.Given {
    package var value: Value {
        var members: Members = [
            "person": .string(person.text), "role": .string(role.text), "file": .string(place),
            "key": .string(key.fingerprint),
            "evidence": .string(evidence?.description ?? ApprovalStatement.none),
        ]
        if let expires { members["expires"] = .string(expires.secondsText) }
        if let presence {
            members["presence"] = [
                "userPresent": .bool(presence.isUserPresent), "userVerified": .bool(presence.isUserVerified),
            ]
        }
        return .object(members)
    }
}

extension ApprovalVerdict.Override {
    package var value: Value {
        [
            "person": .string(person.text), "reason": .string(reason), "file": .string(place),
            "key": .string(key.fingerprint), "expires": .string(expires?.secondsText ?? ApprovalStatement.never),
        ]
    }

    /// `ada: the old version answers nonsense`.
    package var text: String { "\(person): \(reason)" }
}

extension ApprovalVerdict.Missing {
    fileprivate var value: Value {
        var members: Members = [
            "count": .integer(Int64(count)), "people": .list(people.map { .string($0.text) }),
        ]
        if let role { members["role"] = .string(role.text) }
        return .object(members)
    }
}

extension ApprovalVerdict.Void {
    fileprivate var value: Value {
        var members: Members = ["file": .string(place), "why": .string(why)]
        if let person { members["person"] = .string(person.text) }
        return .object(members)
    }
}
