import Glibc
import WaybillCore

/// Rollouts by seed, looked at after every block: how often each rule stops them.
package struct Calibration: Sendable {
    package struct Step: Sendable {
        /// Percent of the requests.
        package var weight: Double
        /// Requests of both arms in a block.
        package var requests: Double
        /// It ends when the canary answered so many.
        package var canaryRequests: Int

        package init(weight: Double, requests: Double, canaryRequests: Int) {
            (self.weight, self.requests, self.canaryRequests) = (weight, requests, canaryRequests)
        }
    }

    package var shape: TrafficShape
    package var rates: [TrafficStream.Rate]
    package var steps: [Step]

    package init(_ shape: TrafficShape, rates: [TrafficStream.Rate], steps: [Step]) {
        (self.shape, self.rates, self.steps) = (shape, rates, steps)
    }

    /// Of the rollouts with these seeds, how many each rule stopped; each rule sees the same blocks.
    package func stopped(_ seeds: Range<UInt64>, _ rules: [any StopRule]) -> [Int] {
        var counts = rules.map { _ in 0 }
        for seed in seeds {
            for (index, isStopped) in run(seed, rules).enumerated() where isStopped { counts[index] += 1 }
        }
        return counts
    }

    private func run(_ seed: UInt64, _ rules: [any StopRule]) -> [Bool] {
        var (rules, stopped) = (rules, rules.map { _ in false })
        var stream = TrafficStream(shape, rates: rates, seed: seed)
        for (number, step) in steps.enumerated() {
            var answered = 0
            while answered < step.canaryRequests, stopped.contains(false) {
                let blocks = stream.block(requests: step.requests, weight: step.weight)
                answered += blocks.first?.canary.requests ?? 0
                for index in rules.indices where !stopped[index] {
                    stopped[index] = rules[index].look(blocks, step: number)
                }
            }
        }
        return stopped
    }

    /// Requests that the canary needs for a two-sided test of two proportions (pooled variance under the hypothesis; Fleiss, Levin and Paik
    /// 2003, without continuity correction) at α = 0.05 with power 0.9, when `weight` percent of all requests are its own.
    package static func fixedSample(stable: Double, canary: Double, weight: Double) -> Int {
        let ratio = (100 - weight) / weight
        let pooled = (canary + ratio * stable) / (1 + ratio)
        let equal = pooled * (1 - pooled) * (1 + 1 / ratio)
        let apart = canary * (1 - canary) + stable * (1 - stable) / ratio
        let root = 1.959963984540054 * equal.squareRoot() + 1.2815515655446004 * apart.squareRoot()
        return Int((root / (canary - stable) * root / (canary - stable)).rounded(.up))
    }
}

extension Calibration {
    /// How many times the variance of independent requests what the blocks say of the first step has: so many times the requests say as much.
    package func designEffect(_ seeds: Range<UInt64>) -> Double {
        guard let step = steps.first else { return 1 }
        var (squares, variance) = (0.0, 0.0)
        for seed in seeds {
            var stream = TrafficStream(shape, rates: rates, seed: seed)
            var summary = AnalysisSummary()
            while summary.canary.requests < step.canaryRequests {
                for block in stream.block(requests: step.requests, weight: step.weight).prefix(1) { summary.add(block) }
            }
            let sums = summary.compared.total
            let share = sums.pooledHits / sums.weight
            squares += (sums.canaryHits - sums.stableHits) * (sums.canaryHits - sums.stableHits)
            variance += share * (1 - share) * (sums.canarySpread + sums.stableSpread)
        }
        return squares / variance
    }
}
