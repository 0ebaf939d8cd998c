package import WaybillCore
package import WaybillTrust

/// Whose words a merge needs, who gave one and who did not: for each deployment that changes, by the name of its change, which is what an
/// approval signs.
package struct ApprovalReview: Hashable, Sendable {
    package enum Governance: Hashable, Sendable {
        /// Nobody has said who may do what.
        case ungoverned
        /// An access file says so; `ofRules` when it names who approves changes of the rules.
        case governed(ofRules: Bool)
        /// It cannot be told, and why.
        case unreadable(String)
    }

    /// One deployment, or the rules themselves.
    package struct Item: Hashable, Sendable {
        package var key: DeploymentKey
        /// What an approval names.
        package var change: Digest
        /// Nil: its environment asks nobody.
        package var policy: ApprovalPolicy?
        /// Nil: nothing could be judged, because nobody governs.
        package var verdict: ApprovalVerdict?

        package init(key: DeploymentKey, change: Digest, policy: ApprovalPolicy?, verdict: ApprovalVerdict?) {
            (self.key, self.change, self.policy, self.verdict) = (key, change, policy, verdict)
        }
    }

    /// A file that was not read, and why.
    package struct Unread: Hashable, Sendable {
        package var path: String
        package var why: String

        package init(path: String, why: String) { (self.path, self.why) = (path, why) }
    }

    /// Those of one environment of which the same was said.
    package struct Group: Hashable, Sendable {
        package var items: [Item]

        package var name: String {
            guard let first = items.first else { return "" }
            return items.count == 1 ? first.key.description : "\(items.count) deployments of \(first.key.environment)"
        }
    }

    package var governance: Governance
    package var groups: [Group]
    /// Rules that differ: `access`, `Environment production`.
    package var rules: [String]
    package var unread: [Unread]

    /// - Parameter items: in any order; they are shown by their names.
    package init(governance: Governance, items: [Item], rules: [String] = [], unread: [Unread] = []) {
        (self.governance, self.rules) = (governance, rules)
        self.unread = unread.sorted { ($0.path, $0.why) < ($1.path, $1.why) }
        var places: [Likeness: Int] = [:]
        groups = []
        for item in items.sorted(by: { $0.key < $1.key }) {
            let likeness = Likeness(item)
            if let place = places[likeness] {
                groups[place].items.append(item)
            } else {
                places[likeness] = groups.count
                groups.append(Group(items: [item]))
            }
        }
    }

    /// What makes two changes one row: the people and the words, not the files that say so.
    private struct Likeness: Hashable {
        var environment: Name
        var policy: ApprovalPolicy?
        var isJudged: Bool
        var said: [String]
        var missing: [ApprovalVerdict.Missing]

        init(_ item: Item) {
            environment = item.key.environment
            policy = item.policy
            isJudged = item.verdict != nil
            said = item.verdict?.said.map(\.text) ?? []
            missing = item.verdict?.missing ?? []
        }
    }

    package var isGoverned: Bool { if case .governed = governance { true } else { false } }

    /// What the merge should wait for, each in a sentence.
    var missing: [String] {
        if case .unreadable(let why) = governance { return ["who may say yes cannot be told: \(why)"] }
        return groups.compactMap { group in
            guard let item = group.items.first else { return nil }
            if let verdict = item.verdict {
                return verdict.isOverridden ? nil : verdict.waiting.map { "\(group.name): \($0)" }
            }
            guard let policy = item.policy, !policy.required.isEmpty else { return nil }
            return
                "\(group.name): \(item.key.environment) asks for \(policy.summary), and the base has no "
                + "'\(AccessSchema.path)' that says who they are"
        }
    }

    /// What must not be missed and stops nothing.
    var attention: [String] {
        var sentences = groups.compactMap { group -> String? in
            guard let verdict = group.items.first?.verdict, verdict.isOverridden else { return nil }
            return "\(group.name): \(verdict.overriddenText); it begins in spite of what it waits for"
        }
        if governance == .governed(ofRules: false), !rules.isEmpty {
            sentences.append(
                "the rules change (\(rules.joined(separator: ", "))) and nobody governs them: whoever may push may change "
                    + "them")
        }
        return sentences
    }

    /// Loud, for the top.
    var notice: String? {
        guard governance == .ungoverned else { return nil }
        return
            "Ungoverned: the base has no '\(AccessSchema.path)', so whoever may push may deploy, and may change every "
            + "rule. 'waybill access init' writes one."
    }
}

extension ApprovalVerdict {
    /// What was said and counts, each with the tone in which it is shown.
    var said: [(isYes: Bool, text: String)] {
        given.map { word in
            let touched = word.presence.map { $0.isUserPresent ? ", touched" : ", not touched" } ?? ""
            return (true, "\(word.person) (\(word.role)\(touched))")
        } + rejections.map { (false, "\($0.person) (\($0.role)): \($0.reason)") }
            + overrides.map { (false, "override by \($0.text)") }
    }

    /// What is waited for; nil: nothing is.
    var waiting: String? {
        let parts = [rejectedText, waitingText].compactMap(\.self)
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }
}
