/// How much more the blocks differ than independent requests would (the quasi-likelihood factor φ of McCullagh and Nelder 1989), never
/// below 1: the largest over runs of neighbouring blocks, each drawn towards `expected` while little is known of it.
enum Dispersion {
    /// What is assumed before the first block, and how many degrees of freedom that assumption is worth.
    static let expected = 1.25
    static let expectedFreedom = 6.0
    /// Runs that say less than this are left out.
    static let leastFreedom = 8.0

    static func of(_ series: BlockSeries) -> Double {
        series.levels.indices.reduce(1) { largest, index in
            max(largest, estimate(series.levels[index], series, isFirst: index == 0))
        }
    }

    private static func estimate(_ level: BlockSeries.Level, _ series: BlockSeries, isFirst: Bool) -> Double {
        let (known, freedom) = measured(level, series)
        guard isFirst || freedom >= leastFreedom else { return 1 }
        return (expectedFreedom * expected + freedom * known) / (expectedFreedom + freedom)
    }

    /// Σ of squared residuals over the variance of independent requests, and the degrees of freedom that this is worth: half as many as there are
    /// hits when those are few, for then a block's square says little.
    private static func measured(_ level: BlockSeries.Level, _ series: BlockSeries) -> (Double, freedom: Double) {
        let total = series.total
        guard level.runs > 1, total.weight > 0 else { return (1, 0) }
        let canary = total.canaryHits / total.weight
        let stable = total.stableHits / total.weight
        let effect = canary - stable
        let residual =
            level.effectSquares - 2 * effect * level.effectWeights + effect * effect * level.weightSquares
        let variance =
            canary * (1 - canary) * level.canarySpread + stable * (1 - stable) * level.stableSpread
        guard variance > 0, residual.isFinite else { return (1, 0) }
        let runs = Double(level.runs)
        let step = max(total.canarySpread, total.stableSpread) / total.weight
        let hits = variance / (step * step)
        return (max(0, residual) / variance * runs / (runs - 1), 1 / (1 / runs + 1 / (2 * hits)))
    }
}
