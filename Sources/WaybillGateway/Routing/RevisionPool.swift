import Synchronization
import WaybillCore

/// A replica as one route has it: who it is, what its answers are stamped with, where its revision's requests are counted.
struct Candidate: Sendable {
    let backend: Backend
    let stamp: [UInt8]
    let meter: RevisionMeter
    /// Nil where nothing is recorded.
    var server: RecordedServer?
}

/// Replicas among which the least busy serves.
struct RevisionPool: Sendable {
    let candidates: [Candidate]

    /// The one with the fewest requests in flight; ties go round by `turn`. One that failed just now, or that is
    /// `avoiding`, is taken only when nothing else is there.
    func leastLoaded(avoiding: Backend?, turn: Int, now: UInt64) -> Candidate? {
        if candidates.count == 1 { return candidates[0] }
        var best: Candidate?
        var bestCost = Int.max
        for step in 0..<candidates.count {
            let candidate = candidates[(turn &+ step) % candidates.count]
            var cost = candidate.backend.outstanding.load(ordering: .relaxed)
            if candidate.backend.restingUntil.load(ordering: .relaxed) > now { cost += Self.restingCost }
            if candidate.backend === avoiding { cost += Self.avoidedCost }
            if cost < bestCost { (best, bestCost) = (candidate, cost) }
        }
        return best
    }

    /// Whether a connection to every one of them failed just now.
    func rests(now: UInt64) -> Bool {
        candidates.allSatisfy { $0.backend.restingUntil.load(ordering: .relaxed) > now }
    }

    private static let restingCost = 1 << 32
    private static let avoidedCost = 1 << 40
}

/// Pools that share requests, each of one revision; or a single pool of everything.
struct Rotation: Sendable {
    let pools: [RevisionPool]
    /// Nil for a single pool.
    let turn: SplitTurn?

    /// A replica of the revision whose turn it is.
    ///
    /// A request that failed before stays with its revision, unless nothing of it was sent: then, as for a first choice,
    /// a revision that takes no connections yields to the one with the largest share that does.
    func choose(after failure: FailedChoice?, loopTurn: Int, now: UInt64) -> Candidate? {
        guard let turn else { return pools.first?.leastLoaded(avoiding: failure?.backend, turn: loopTurn, now: now) }
        let own = failure.flatMap { failed in turn.shares.firstIndex { $0.revision == failed.backend.revision } }
        let index = own ?? turn.draw()
        var pool = pools[index]
        if failure?.wasSent != true, pool.rests(now: now), let other = standIn(for: index, in: turn.shares, now: now) {
            pool = pools[other]
        }
        return pool.leastLoaded(avoiding: failure?.backend, turn: loopTurn, now: now)
    }

    private func standIn(for resting: Int, in shares: [RouteTable.Split], now: UInt64) -> Int? {
        var best: Int?
        for index in pools.indices where index != resting && !pools[index].rests(now: now) {
            if shares[index].weight > best.map({ shares[$0].weight }) ?? 0 { best = index }
        }
        return best
    }
}

/// A choice that came to nothing.
struct FailedChoice {
    let backend: Backend
    /// Whether the replica may have got something of the request.
    let wasSent: Bool
}
