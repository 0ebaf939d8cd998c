package import WaybillCore

/// What the ledger says about accepted commits: a fold, like `Facts`, that remembers where each resource was last good.
package struct FleetMemory: Hashable, Sendable {
    /// Accepted commits, oldest first: the one before the last without problems, that one, and all since. The first of
    /// them says what the next one removed. At most `longest`.
    package private(set) var chain: [CommitID] = []
    /// A commit that an operator accepted; forgotten once another commit is in force.
    package internal(set) var operatorAccepted: CommitID?

    static let longest = 64

    package init() {}

    package mutating func fold(_ event: Event) {
        switch event.type {
        case .commitAccepted:
            guard let commit = event.body["commit"]?.string.flatMap({ try? CommitID(parsing: $0) }) else { return }
            accept(commit, isSound: event.body["problems"]?.integer ?? 0 == 0)
        case .operatorCommand where event.body["command"]?.string == "accept":
            operatorAccepted = try? CommitID(parsing: event.subject)
        case _: break
        }
    }

    private mutating func accept(_ commit: CommitID, isSound: Bool) {
        if operatorAccepted != commit { operatorAccepted = nil }
        if chain.last == commit { return }
        chain = (isSound ? Array(chain.suffix(1)) : chain) + [commit]
        // The sound one stays; the next ones make room.
        if chain.count > Self.longest { chain.remove(at: 2) }
    }
}
