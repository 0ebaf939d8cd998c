/// How much more the blocks differ than independent requests would (the quasi-likelihood factor φ of McCullagh and Nelder, Generalized
/// Linear Models, 1989), from runs of 1, 2, 4, … blocks (batch means), and never below 1.
///
/// Each longer run corrects what the shorter ones say, by as much as it knows. The constants are set so that the calibration in `docs/analysis.md`
/// holds; the estimate is what makes the sequence approximate.
enum Dispersion {
    /// Degrees of freedom that the guess before the first block is worth.
    private static let freedomOfGuess = 5.0
    /// That guess is 1 and so much for each hit of a block: the more hits, the less of their differences is chance.
    private static let guessOfHit = 0.1
    /// Degrees of freedom that the shorter runs are worth beside a longer one.
    private static let freedomOfShorter = 25.0
    /// Runs that say less than this are left out.
    private static let leastFreedom = 3.0
    /// So many standard errors of the estimate are taken for chance.
    private static let band = 0.4
    /// What is more than independent is taken so many times, for moods that outlast the longest runs.
    private static let excessFactor = 1.5
    /// With k blocks the estimate is raised by this over k, for little is known of them.
    private static let caution = 1.0
    /// Fewer blocks than `least` show too little: the dispersion is `factor` over their number at least, so that only what is plain decides.
    private static let fewBlocks = (least: 12, factor: 24.0)

    /// What one length of runs says.
    private struct Measured {
        /// Σ of squared residuals over the variance of independent requests.
        var factor = 1.0
        /// Degrees of freedom that this is worth: few where hits are few, for then a run's square says little.
        var freedom = 0.0
        var hitsOfRun = 0.0
    }

    static func of(_ series: BlockSeries) -> Double {
        let runs = series.levels.map { measured($0, series.total) }
        var (kept, weight) = (1 + guessOfHit * (runs.first?.hitsOfRun ?? 0), freedomOfGuess)
        var freedom = weight
        for run in runs where run.freedom >= leastFreedom {
            freedom = weight + run.freedom
            kept = (weight * kept + run.freedom * run.factor) / freedom
            weight = freedomOfShorter
        }
        let excess = max(0, kept * (1 - band * (2 / freedom).squareRoot()) - 1)
        let blocks = Double(max(1, series.blocks))
        let floor = series.blocks < fewBlocks.least ? fewBlocks.factor / blocks : 1
        return max(floor, (1 + excessFactor * excess) * (1 + caution / blocks))
    }

    private static func measured(_ level: BlockSeries.Level, _ total: BlockSums) -> Measured {
        guard level.runs > 1, total.weight > 0 else { return Measured() }
        let canary = total.canaryHits / total.weight
        let stable = total.stableHits / total.weight
        let effect = canary - stable
        let residual =
            level.effectSquares - 2 * effect * level.effectWeights + effect * effect * level.weightSquares
        let variance =
            canary * (1 - canary) * level.canarySpread + stable * (1 - stable) * level.stableSpread
        guard variance > 0, residual.isFinite else { return Measured() }
        let runs = Double(level.runs)
        let step = max(total.canarySpread, total.stableSpread) / total.weight
        let hits = variance / (step * step)
        return Measured(
            factor: max(0, residual) / variance * runs / (runs - 1), freedom: 1 / (1 / runs + 1 / (2 * hits)),
            hitsOfRun: hits / runs)
    }
}
