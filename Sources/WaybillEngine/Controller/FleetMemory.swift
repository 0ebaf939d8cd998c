package import WaybillCore

/// What the ledger says about accepted commits: a fold, like `Facts`, that remembers where each resource was last good.
package struct FleetMemory: Hashable, Sendable {
    /// Accepted commits, oldest first, from the last one without problems to the one in force; at most `longest`.
    package private(set) var chain: [CommitID] = []
    package private(set) var operatorAccepted: CommitID?

    static let longest = 64

    package init() {}

    package mutating func fold(_ event: Event) {
        switch event.type {
        case .commitAccepted:
            guard let commit = event.body["commit"]?.string.flatMap({ try? CommitID(parsing: $0) }) else { return }
            if event.body["problems"]?.integer ?? 0 == 0 { chain = [] }
            chain.append(commit)
            // The oldest one is the clean one and stays; the next ones make room.
            if chain.count > Self.longest { chain.remove(at: 1) }
        case .operatorCommand where event.body["command"]?.string == "accept":
            operatorAccepted = try? CommitID(parsing: event.subject)
        case _: break
        }
    }
}
