import WaybillCore

/// What outlives the tables of one deployment: the counts of its revisions and whose turn it is among them.
struct DeploymentRevisions {
    private struct Known {
        var meter: RevisionMeter
        /// Tables since it was in one; 0: it is in this one.
        var age = 0
    }

    /// Revisions out of the table whose counts are still told: a scraper sees their last requests, and one that comes
    /// back goes on counting.
    static let remembered = 4
    private var byRevision: [String: Known] = [:]
    private var turns: [SplitTurn] = []
    private var weights: [String: Int] = [:]

    /// Makes the revisions of `route` those in the table.
    mutating func adopt(_ route: RouteTable.Route) {
        let here = Set(route.backends.map(\.revision))
        for revision in byRevision.keys { byRevision[revision]?.age += 1 }
        for backend in route.backends where byRevision[backend.revision]?.age != 0 {
            var known =
                byRevision[backend.revision]
                ?? Known(
                    meter: RevisionMeter(
                        revision: Stamp.short(revision: backend.revision), version: backend.version))
            known.age = 0
            byRevision[backend.revision] = known
        }
        let gone = byRevision.filter { !here.contains($0.key) }.sorted {
            ($0.value.age, $0.key) < ($1.value.age, $1.key)
        }
        for (revision, _) in gone.dropFirst(Self.remembered) { byRevision[revision] = nil }
        weights = Dictionary(route.splits.map { ($0.revision, $0.weight) }, uniquingKeysWith: { first, _ in first })
        // More than one when several versions divide their own requests.
        if turns.count > Self.remembered { turns.removeFirst(turns.count - Self.remembered) }
    }

    /// - Precondition: `backend` is of the route that was adopted last.
    func meter(of backend: RouteTable.Backend) -> RevisionMeter {
        byRevision[backend.revision]?.meter
            ?? RevisionMeter(revision: Stamp.short(revision: backend.revision), version: backend.version)
    }

    /// The count for `shares`, the one that there was for the same shares before.
    mutating func turn(for shares: [RouteTable.Split]) -> SplitTurn {
        if let known = turns.firstIndex(where: { $0.shares == shares }) {
            let turn = turns.remove(at: known)
            turns.append(turn)
            return turn
        }
        let turn = SplitTurn(shares)
        turns.append(turn)
        return turn
    }

    /// By revision in full.
    var counts: [String: RevisionCounts] { byRevision.mapValues(\.meter.revisionCounts) }

    func readings(of key: String) -> [RevisionReading] {
        byRevision.sorted { $0.key < $1.key }.map { revision, known in
            RevisionReading(
                deployment: key, revision: known.meter.revision, version: known.meter.version,
                weight: known.age == 0 && !weights.isEmpty ? weights[revision] ?? 0 : nil, counts: known.meter.reading)
        }
    }
}

/// What was counted of one revision of a deployment.
struct RevisionReading {
    /// `environment/deployment`.
    var deployment: String
    /// In its short form.
    var revision: String
    var version: String
    /// Its share of the traffic in percent; nil where it is not divided, or not in the table.
    var weight: Int?
    var counts: DeploymentReading
}
