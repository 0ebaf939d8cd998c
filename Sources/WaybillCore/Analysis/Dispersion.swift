/// How much more the blocks differ than independent requests would (the quasi-likelihood factor φ of McCullagh and Nelder, Generalized
/// Linear Models, 1989), from runs of 1, 2, 4, … blocks (batch means), and never below 1.
///
/// Each longer run corrects what the shorter ones say, by as much as it knows. The constants are set so that the calibration in `docs/analysis.md`
/// holds; with them the sequence is exact for independent requests and approximate for bursty ones.
enum Dispersion {
    /// Degrees of freedom that "requests are independent" is worth before the first block.
    private static let freedomOfIndependence = 5.0
    /// Degrees of freedom that the shorter runs are worth beside a longer one.
    private static let freedomOfShorter = 20.0
    /// Runs that say less than this are left out.
    private static let leastFreedom = 3.0
    /// So many standard errors of the estimate are taken for chance.
    private static let band = 0.3
    /// What is more than independent is taken so many times, for moods that outlast the longest runs.
    private static let excessFactor = 1.4
    /// With k blocks the estimate is raised by this over k, for little is known of them.
    private static let caution = 2.0
    /// Fewer blocks than `least` show too little: the dispersion is taken as `factor` over their number, so that only a great difference decides.
    private static let fewBlocks = (least: 12, factor: 24.0)

    static func of(_ series: BlockSeries) -> Double {
        var (kept, weight) = (1.0, freedomOfIndependence)
        var freedomOfKept = weight
        for level in series.levels {
            let (measured, freedom) = measured(level, series.total)
            guard freedom >= leastFreedom else { continue }
            freedomOfKept = weight + freedom
            kept = (weight * kept + freedom * measured) / freedomOfKept
            weight = freedomOfShorter
        }
        let excess = max(0, kept * (1 - band * (2 / freedomOfKept).squareRoot()) - 1)
        let blocks = Double(max(1, series.blocks))
        let floor = series.blocks < fewBlocks.least ? fewBlocks.factor / blocks : 1
        return max(floor, (1 + excessFactor * excess) * (1 + caution / blocks))
    }

    /// Σ of squared residuals over the variance of independent requests, and the degrees of freedom that this is worth: few where hits are few,
    /// for then a block's square says little.
    private static func measured(_ level: BlockSeries.Level, _ total: BlockSums) -> (Double, freedom: Double) {
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
