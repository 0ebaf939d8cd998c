import Glibc

/// Evidence against "the true increase (or share) is d", as a process that may be looked at after every block.
///
/// For each of a few bets λ, exp((λ·S − K(λ))/φ) with S = Σ w·(D − d) and K the cumulant function of S under that hypothesis is a
/// nonnegative supermartingale of mean at most 1 (Howard, Ramdas, McAuliffe, Sekhon: "Time-uniform Chernoff bounds via nonnegative supermartingales",
/// Probability Surveys 2020), and so is their mixture with fixed weights. By Ville's inequality it ever reaches 1/α with a chance of at most α.
/// The values of d that are not so rejected are a confidence sequence (Howard et al.: "Time-uniform, nonparametric, nonasymptotic
/// confidence sequences", Annals of Statistics 2021, with its discrete mixtures).
struct EvidenceProcess {
    /// Blocks of one step of a rollout: one weight of traffic.
    struct Segment {
        var sums: BlockSums
        /// How much more what blocks say differs than independent requests would: counts are worth 1/dispersion of themselves.
        var dispersion: Double
    }

    var segments: [Segment]

    enum Side {
        /// The truth is above d.
        case above
        /// The truth is below d.
        case below
    }

    /// Bets as logarithms of the ratio of odds that they bet on, and their weights, which sum to 1. Most is put on doubling.
    static let bets: [(bet: Double, weight: Double)] = {
        let parts: [(doublings: Double, part: Double)] = [
            (1.0 / 64, 0.3), (1.0 / 32, 0.3), (1.0 / 16, 0.6), (1.0 / 8, 1.2), (0.25, 2.5), (0.5, 6), (1, 40), (2, 3),
            (6, 1.5),
        ]
        let sum = parts.reduce(0) { $0 + $1.part }
        return parts.map { ($0.doublings * log(2), $0.part / sum) }
    }()

    /// Logarithm of the evidence that the truth lies on that side of d; 0 is none.
    func logarithm(against d: Double, _ side: Side) -> Double {
        let sign = side == .above ? 1.0 : -1.0
        let shift = segments.reduce(0) { $0 + ($1.sums.effect - $1.sums.weight * d) / $1.dispersion } * sign
        guard shift > 0 else { return 0 }
        let shares = segments.map { $0.restricted(d) }
        var terms: [Double] = []
        var top = -Double.infinity
        for (bet, weight) in Self.bets {
            var term = log(weight) + bet * shift
            for (segment, shares) in zip(segments, shares) {
                term -= segment.cumulant(bet * sign, shares.canary, shares.stable) / segment.dispersion
            }
            terms.append(term)
            top = max(top, term)
        }
        guard top.isFinite else { return top == .infinity ? .infinity : 0 }
        return top + log(terms.reduce(0) { $0 + exp($1 - top) })
    }
}

extension EvidenceProcess.Segment {
    /// Shares of both arms under "the increase is d", nearest to what was measured.
    func restricted(_ d: Double) -> (canary: Double, stable: Double) {
        guard sums.stableSpread > 0 else { return (min(max(d, 0), 1), 0) }
        let pooled = sums.pooledHits / sums.weight - d * sums.stableSpread / sums.weight
        let stable = min(max(pooled, max(0, -d)), min(1, 1 - d))
        return (stable + d, stable)
    }

    /// log E exp(λS) of both arms, each as so many requests of the mean weight.
    fileprivate func cumulant(_ bet: Double, _ canary: Double, _ stable: Double) -> Double {
        arm(bet, canary, spread: sums.canarySpread) + arm(-bet, stable, spread: sums.stableSpread)
    }

    private func arm(_ bet: Double, _ share: Double, spread: Double) -> Double {
        guard spread > 0 else { return 0 }
        let step = spread / sums.weight
        let requests = sums.weight / step
        return requests * (log1p(share * expm1(bet * step)) - bet * step * share)
    }
}
