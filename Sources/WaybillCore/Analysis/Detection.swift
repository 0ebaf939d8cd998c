import Glibc

/// What an analysis of a known size can prove.
struct Detection {
    let requests: Int
    let stableRequests: Int
    let base: Double
    let question: AnalysisQuestion

    init(requests: Int, stableRequests: Int, base: Double, _ question: AnalysisQuestion) {
        (self.requests, self.stableRequests, self.base, self.question) = (requests, stableRequests, base, question)
    }

    /// The quantile of 15 % of the standard normal distribution.
    private static let quantile = -1.0364333894937896

    var smallest: Double? {
        guard question.problem == nil, requests > 0, base >= 0, base <= 1, isProven(1) else { return nil }
        switch question.bound {
        case .increase where stableRequests <= 0: return nil
        case .increase, .absolute: break
        }
        var (low, high) = (limit, 1.0)
        for _ in 0..<50 {
            let middle = (low + high) / 2
            if isProven(middle) { high = middle } else { low = middle }
        }
        return high
    }

    private var limit: Double {
        switch question.bound {
        case .increase(let increase): min(1, base + increase)
        case .absolute(let share): share
        }
    }

    /// Whether this share is proven too high where the measured increase lies at its 15 % quantile.
    private func isProven(_ share: Double) -> Bool {
        let (n, m) = (Double(requests), Double(stableRequests))
        var sums = BlockSums()
        switch question.bound {
        case .increase:
            let (toCanary, toStable) = (m / (n + m), n / (n + m))
            sums.weight = n * toCanary
            sums.canarySpread = sums.weight * toCanary
            sums.stableSpread = sums.weight * toStable
            sums.stableHits = sums.weight * base
        case .absolute:
            sums.weight = n
            sums.canarySpread = n
        }
        let variance = share * (1 - share) * sums.canarySpread + base * (1 - base) * sums.stableSpread
        let effect = sums.weight * share - sums.stableHits + Self.quantile * variance.squareRoot()
        sums.canaryHits = min(max(0, effect + sums.stableHits), sums.weight)
        sums.pooledHits =
            (sums.canaryHits * sums.stableSpread + sums.stableHits * sums.canarySpread) / sums.weight
        let process = EvidenceProcess(segments: [EvidenceProcess.Segment(sums: sums, dispersion: 1)])
        guard sums.effect > question.bound.limit * sums.weight else { return false }
        return process.logarithm(against: question.bound.limit, .above) >= -log(question.alpha)
    }
}
