/// A series to which nothing is added any more.
package struct ClosedSeries: Hashable, Codable, Sendable {
    package var sums: BlockSums
    package var dispersion: Double
    package var blocks: Int
    /// Blocks in which the canary had hits.
    package var blocksWithHits: Int

    init(_ series: BlockSeries) {
        self.init(
            sums: series.total, dispersion: Dispersion.of(series), blocks: series.blocks,
            blocksWithHits: series.blocksWithHits)
    }

    init(sums: BlockSums, dispersion: Double, blocks: Int, blocksWithHits: Int) {
        self.sums = sums
        self.dispersion = dispersion
        self.blocks = blocks
        self.blocksWithHits = blocksWithHits
    }
}
