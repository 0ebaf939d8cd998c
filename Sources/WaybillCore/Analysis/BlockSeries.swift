/// All blocks of one comparison in bounded space: their sums, and how much what they say differs between runs of 1, 2, 4, 8 and 16
/// neighbouring blocks, from which the dispersion is estimated (batch means: bursts that outlast a block show in the longer runs).
package struct BlockSeries: Hashable, Codable, Sendable {
    /// Runs of 2^index blocks.
    package struct Level: Hashable, Codable, Sendable {
        /// Closed runs.
        package var runs = 0
        /// Σ e², Σ e·w and Σ w² over closed runs of effect e and weight w.
        package var effectSquares = 0.0
        package var effectWeights = 0.0
        package var weightSquares = 0.0
        /// Σ of the spreads over closed runs.
        package var canarySpread = 0.0
        package var stableSpread = 0.0
        /// The run that is being gathered.
        package var open = BlockSums()
        package var openBlocks = 0

        package init() {}
    }

    package static let levelCount = 5

    package private(set) var blocks = 0
    /// Blocks in which the canary had hits.
    package private(set) var blocksWithHits = 0
    package private(set) var total = BlockSums()
    package private(set) var levels = Array(repeating: Level(), count: levelCount)

    package init() {}

    init(blocks: Int, blocksWithHits: Int, total: BlockSums, levels: [Level]) {
        self.blocks = blocks
        self.blocksWithHits = blocksWithHits
        self.total = total
        self.levels = levels
    }

    /// Folds one block in.
    mutating func add(_ sums: BlockSums) {
        guard sums.weight > 0 else { return }
        blocks += 1
        if sums.canaryHits > 0 { blocksWithHits += 1 }
        total += sums
        for index in levels.indices { levels[index].add(sums, length: 1 << index) }
    }
}

extension BlockSeries.Level {
    fileprivate mutating func add(_ sums: BlockSums, length: Int) {
        open += sums
        openBlocks += 1
        guard openBlocks == length else { return }
        runs += 1
        effectSquares += open.effect * open.effect
        effectWeights += open.effect * open.weight
        weightSquares += open.weight * open.weight
        canarySpread += open.canarySpread
        stableSpread += open.stableSpread
        open = BlockSums()
        openBlocks = 0
    }
}
