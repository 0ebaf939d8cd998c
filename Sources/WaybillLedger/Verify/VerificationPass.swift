import WaybillCore
import WaybillTrust

/// What is common to a pass over a journal and one over the published form alone: the tree, the comparison, the checkpoints to meet.
struct VerificationPass {
    let key: NoteKey
    private(set) var builder = TileBuilder()
    private var comparison: PublishedComparison?
    private let published: SignedCheckpoint?
    private let anchor: SignedCheckpoint?
    private let publishedFile: String
    var report: VerificationReport

    init(
        key: NoteKey, files: PublishedFiles, prefix: String, published: SignedCheckpoint?, anchor: SignedCheckpoint?
    ) {
        self.key = key
        self.published = published
        self.anchor = anchor
        publishedFile = "\(prefix)checkpoint"
        comparison = published.map { PublishedComparison(files: files, prefix: prefix, size: $0.checkpoint.size) }
        report = VerificationReport(origin: key.name)
        report.publishedSize = published?.checkpoint.size
    }

    /// Takes the next entry in; `latestTime` is that of all entries up to it.
    mutating func append(_ leaf: MerkleHash, _ entry: UnsafeRawBufferPointer, latestTime: Int64) throws {
        try comparison?.entry(entry, at: builder.size)
        let comparison = comparison
        try builder.append(leaf) { level, number, hashes in
            try comparison?.tile(level: level, number: number, hashes)
        }
        report.latestTime = latestTime < 0 ? nil : Timestamp(milliseconds: latestTime)
        if let published, builder.size == published.checkpoint.size { try meetPublished(published.checkpoint) }
        if let anchor, builder.size == anchor.checkpoint.size { try meetAnchor(anchor.checkpoint) }
    }

    private func meetPublished(_ checkpoint: Checkpoint) throws {
        guard builder.frontier.root == checkpoint.root else {
            throw VerificationProblem(
                file: publishedFile, "its root is not that of the first \(checkpoint.size) entries")
        }
    }

    private mutating func meetAnchor(_ checkpoint: Checkpoint) throws {
        guard builder.frontier.root == checkpoint.root else {
            throw VerificationProblem(
                "the first \(checkpoint.size) entries are not those of the checkpoint that was given: the log was rewritten"
            )
        }
        report.anchor = checkpoint
        report.anchorTime = report.latestTime
    }

    /// Checks what can be checked only when all entries are in.
    mutating func end() throws -> VerificationReport {
        if let published, published.checkpoint.size > builder.size {
            throw VerificationProblem(
                file: publishedFile, "it counts \(published.checkpoint.size) entries, the journal has \(builder.size)")
        }
        try comparison?.end(builder)
        if let anchor, report.anchor == nil {
            guard anchor.checkpoint.size == 0, anchor.checkpoint.root == .empty else {
                throw VerificationProblem(
                    "the log ends after \(builder.size) entries, the checkpoint that was given counts "
                        + "\(anchor.checkpoint.size): entries are missing")
            }
            report.anchor = anchor.checkpoint
        }
        report.size = builder.size
        report.root = builder.frontier.root
        return report
    }
}
