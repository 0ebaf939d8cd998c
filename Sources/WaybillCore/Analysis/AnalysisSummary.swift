/// What is kept of all blocks of one metric: of the same size whatever their number, and enough to judge any question again.
///
/// Blocks are folded in the order of time. Where traffic is low, neighbouring blocks are put together until each arm answered something
/// and both at least `blockSize` requests, decided by the counts of requests alone.
package struct AnalysisSummary: Hashable, Codable, Sendable {
    /// All requests and hits, whether they can be compared or not.
    package var canary = ArmCounts()
    package var stable = ArmCounts()
    /// Canary against stable, within blocks of this step.
    package internal(set) var compared = BlockSeries()
    /// The canary alone, in this step.
    package internal(set) var alone = BlockSeries()
    /// Steps of the same rollout before this one, oldest first.
    package internal(set) var earlier: [EarlierStep] = []
    /// What waits for its block to be full enough to compare.
    package internal(set) var gathering = AnalysisBlock()

    /// Requests of both arms that make a block worth comparing.
    package static let blockSize = 50

    /// What is kept of an earlier step of the rollout.
    package struct EarlierStep: Hashable, Codable, Sendable {
        package var compared: ClosedSeries
        package var alone: ClosedSeries
    }

    package init() {}

    package init(_ blocks: [AnalysisBlock]) {
        for block in blocks { add(block) }
    }

    /// Folds in the next block of time. Counts that cannot be (below zero, more hits than requests) are taken as the nearest that can.
    package mutating func add(_ block: AnalysisBlock) {
        let block = AnalysisBlock(canary: block.canary.sound, stable: block.stable.sound)
        canary = canary + block.canary
        stable = stable + block.stable
        alone.add(BlockSums(alone: block.canary))
        gathering = AnalysisBlock(
            canary: gathering.canary + block.canary, stable: gathering.stable + block.stable)
        let (n, m) = (gathering.canary.requests, gathering.stable.requests)
        guard n > 0, m > 0, n >= Self.blockSize || m >= Self.blockSize - n else { return }
        compared.add(BlockSums(comparing: gathering))
        gathering = AnalysisBlock()
    }

    /// The summary with which the next analysis step of the same rollout begins: it passes by its own requests alone, and fails by all that the
    /// rollout saw, so that evidence against the canary is not thrown away at a step, and the steps share one alpha.
    package var nextStep: AnalysisSummary {
        var next = AnalysisSummary()
        next.earlier = earlier + [EarlierStep(compared: ClosedSeries(compared), alone: ClosedSeries(alone))]
        return next
    }
}
