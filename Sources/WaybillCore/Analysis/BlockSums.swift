/// Weighted sums over blocks of time. A block in which the canary answered n requests with x hits and the stable revision m with y has the
/// weight w = nm/(n + m) (Mantel and Haenszel 1959) and says w·(x/n − y/m) of the increase: what both arms share in a block (a slow database, a
/// burst of bad input) falls out of it. Against a constant bound there is no other arm, and w = n.
package struct BlockSums: Hashable, Codable, Sendable {
    /// Σ w.
    package var weight = 0.0
    /// Σ w·x/n and Σ w·y/m.
    package var canaryHits = 0.0
    package var stableHits = 0.0
    /// Σ w·(x + y)/(n + m).
    package var pooledHits = 0.0
    /// Σ w²/n and Σ w²/m: times p(1 − p) of their arm the variance of what the blocks say, if requests are independent.
    package var canarySpread = 0.0
    package var stableSpread = 0.0

    package init() {}

    /// One block that compares both arms; nothing when one of them answered nothing.
    package init(comparing block: AnalysisBlock) {
        self.init(comparing: ArmSums(block.canary), ArmSums(block.stable))
    }

    /// One block of the canary alone.
    package init(alone canary: ArmCounts) { self.init(alone: ArmSums(canary)) }

    init(comparing canary: ArmSums, _ stable: ArmSums) {
        let (n, m) = (canary.requests, stable.requests)
        guard n > 0, m > 0 else { return }
        let (toCanary, toStable) = (m / (n + m), n / (n + m))
        weight = n * toCanary
        canaryHits = canary.hits * toCanary
        stableHits = stable.hits * toStable
        pooledHits = weight * ((canary.hits + stable.hits) / (n + m))
        canarySpread = weight * toCanary
        stableSpread = weight * toStable
    }

    init(alone canary: ArmSums) {
        weight = canary.requests
        canaryHits = canary.hits
        pooledHits = canaryHits
        canarySpread = weight
    }

    /// What the blocks say of the increase (of the share, without another arm), times the weight.
    var effect: Double { canaryHits - stableHits }

    static func += (sums: inout BlockSums, other: BlockSums) {
        sums.weight += other.weight
        sums.canaryHits += other.canaryHits
        sums.stableHits += other.stableHits
        sums.pooledHits += other.pooledHits
        sums.canarySpread += other.canarySpread
        sums.stableSpread += other.stableSpread
    }

    /// The same shares from `factor` times as many requests.
    func scaled(by factor: Double) -> BlockSums {
        var sums = self
        sums.weight *= factor
        sums.canaryHits *= factor
        sums.stableHits *= factor
        sums.pooledHits *= factor
        sums.canarySpread *= factor
        sums.stableSpread *= factor
        return sums
    }
}

/// One arm in one block, with hits that need not be whole: scores count as parts of a hit.
struct ArmSums: Hashable, Codable, Sendable {
    var requests = 0.0
    var hits = 0.0

    init() {}

    init(_ counts: ArmCounts) {
        let counts = counts.sound
        (requests, hits) = (Double(counts.requests), Double(counts.hits))
    }
}
