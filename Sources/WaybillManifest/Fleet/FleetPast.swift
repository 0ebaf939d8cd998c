import WaybillCore

/// Which earlier commits make the state what it is.
///
/// Files that are sound say all there is to say. What is broken stays as it last was, so its state depends on the steps
/// that made it broken: *turns*. A turn is kept, with the commit before it and with all that the state at that commit
/// itself depended on, until what it broke is sound again or gone.
/// Guarantees: loading `history` and then the commit, in that order and from nothing, gives the same state again.
struct FleetPast: Sendable {
    /// What may be broken: its state then depends on the past.
    enum Part: Hashable, Sendable {
        case file(String)
        case resource(ResourceID)
        case held(DeploymentKey)
    }

    /// The last turn of each broken part, as the number of its commit.
    private var turns: [Part: Int] = [:]
    /// What loading a turn's commit takes: numbers of commits, in order, the turn's own the last. The key is the turn's.
    private var needed: [Int: [Int]] = [:]
    /// How many parts turned last at a turn.
    private var users: [Int: Int] = [:]
    private var numbers: [Int: CommitID] = [:]
    private var last = -1
    private var neededBefore: [Int] = []
    private(set) var history: [CommitID] = []

    func isStuck(_ part: Part) -> Bool { turns[part] != nil }

    mutating func begin(_ commit: CommitID) {
        neededBefore = current
        last += 1
        numbers[last] = commit
    }

    /// - Parameter isTurn: whether the commit that began changed how the part is broken.
    mutating func note(_ part: Part, isStuck: Bool, isTurn: Bool) {
        guard isStuck || !turns.isEmpty else { return }
        if isStuck, !isTurn, turns[part] != nil { return }
        if let old = turns.removeValue(forKey: part) { leave(old) }
        guard isStuck else { return }
        turns[part] = last
        users[last, default: 0] += 1
    }

    private mutating func leave(_ turn: Int) {
        users[turn, default: 1] -= 1
        if users[turn] == 0 {
            users[turn] = nil
            needed[turn] = nil
        }
    }

    mutating func end() {
        if users[last] != nil {
            var all = Set(neededBefore)
            if last > 0 { all.insert(last - 1) }
            all.insert(last)
            needed[last] = all.sorted()
        }
        let now = current
        let kept = Set(now).union([last])
        numbers = numbers.filter { kept.contains($0.key) }
        history = now.filter { $0 != last }.compactMap { numbers[$0] }
    }

    private var current: [Int] { Set(needed.values.joined()).sorted() }
}
