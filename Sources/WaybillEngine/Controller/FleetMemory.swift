package import WaybillCore

/// What the ledger says about accepted commits: a fold, like `Facts`, that remembers what leads to the state in force.
package struct FleetMemory: Hashable, Codable, Sendable {
    /// Accepted commits to load in this order: what is broken at the last of them is then held as it last was. The one
    /// before the last is always there: it says what the last one removed. Grows with what is broken, not with time.
    package private(set) var chain: [CommitID] = []
    /// The commit that was accepted before each of the chain.
    private var before: [CommitID: CommitID] = [:]
    /// A commit that an operator accepted; forgotten once another commit is in force.
    package internal(set) var operatorAccepted: CommitID?

    /// What accepted commits fixed of each version, first word first. Grows with the versions that there ever were.
    package private(set) var fixed: [VersionID: FixedVersion] = [:]

    /// The rules that came into force last.
    package struct RulesInForce: Hashable, Codable, Sendable {
        package var digest: Digest
        /// A change of them must be approved.
        package var isGoverned: Bool
        /// The commit that brought them; nil in what an older build remembered.
        package var since: CommitID?
    }

    /// Nil: no rules were ever governed.
    package private(set) var rules: RulesInForce?
    /// The time of the latest entry.
    package private(set) var latest: Timestamp?

    /// Commits that one acceptance can name; with more of them none is named, and all that were known are kept.
    static let longestHistory = 500

    package init() {}

    /// Whether the chain's commit at `index` was accepted right after the one before it in the chain.
    package func isNext(_ index: Int) -> Bool { index > 0 && before[chain[index]] == chain[index - 1] }

    package mutating func fold(_ event: Event) {
        latest = max(latest ?? event.time, event.time)
        switch event.type {
        case .rulesAdopted:
            guard let digest = event.body["rules"]?.string.flatMap({ try? Digest(parsing: $0) }) else { return }
            rules = RulesInForce(
                digest: digest, isGoverned: event.body["governed"] == .bool(true),
                since: event.body["commit"]?.string.flatMap { try? CommitID(parsing: $0) })
        case .commitAccepted:
            guard let commit = event.body["commit"]?.string.flatMap({ try? CommitID(parsing: $0) }) else { return }
            accept(commit, history: Self.history(event))
        case .versionsFixed:
            guard let commit = event.body["commit"]?.string.flatMap({ try? CommitID(parsing: $0) }) else { return }
            for version in (event.body["versions"]?.list ?? []).compactMap({ FixedVersion($0, commit: commit) }) {
                fixed.add(version)
            }
        case .operatorCommand where event.body["command"]?.string == "accept":
            operatorAccepted = try? CommitID(parsing: event.subject)
        case _: break
        }
    }

    /// What must be loaded before the commit; nil when the event does not say so, as those of older builds.
    private static func history(_ event: Event) -> [CommitID]? {
        if let named = event.body["history"]?.list {
            return named.compactMap { $0.string.flatMap { try? CommitID(parsing: $0) } }
        }
        return event.body["problems"]?.integer ?? 0 == 0 ? [] : nil
    }

    private mutating func accept(_ commit: CommitID, history: [CommitID]?) {
        if operatorAccepted != commit { operatorAccepted = nil }
        if chain.last == commit { return }
        let previous = chain.suffix(1)
        before[commit] = previous.last
        if let history {
            chain = history + (history.last == previous.last ? [] : previous) + [commit]
        } else {
            chain.append(commit)
        }
        let kept = Set(chain)
        before = before.filter { kept.contains($0.key) }
    }
}
