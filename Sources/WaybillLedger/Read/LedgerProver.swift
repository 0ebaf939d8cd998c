import Glibc
package import WaybillCore
package import WaybillTrust

/// Makes proofs from a ledger's folder, or from a copy of its published form alone. Takes no lock, needs no key, writes nothing.
///
/// All proofs of one prover lead to one checkpoint: the published one. Each is checked before it is handed out, so that a damaged
/// log gives an error and no receipt.
package struct LedgerProver: Sendable {
    package let checkpoint: SignedCheckpoint
    private let files: PublishedFiles
    private let tree: PublishedTree
    /// Nil for a published form alone: bodies are not in it.
    private let journal: LedgerPaths?

    /// Blocks for up to `patience` while a ledger's own folder has not published entry `last` yet, as it does soon after it was written.
    ///
    /// - Throws: `NotPublished` when no published checkpoint is there, `LedgerDamaged` when it is not one.
    package init(
        folder: String, covering last: LedgerIndex? = nil, patience: Duration = .seconds(3)
    ) throws(Failure) {
        let paths = LedgerPaths(folder: folder)
        let hasJournal = FileSystem.isFolder(paths.journal)
        let root = hasJournal ? paths.log : folder
        files = PublishedFiles(root: root)
        let end = ContinuousClock.now + (hasJournal ? patience : .zero)
        var newest = try Self.newest(files)
        while let last, newest.map({ $0.checkpoint.size <= last }) ?? true, ContinuousClock.now < end {
            usleep(50_000)
            newest = try Self.newest(files)
        }
        guard let newest else {
            throw Failure(
                .stall, reason: "NotPublished",
                message: "\(root): there is no published checkpoint; name a ledger's folder or a copy of its 'log'")
        }
        checkpoint = newest
        tree = PublishedTree(folder: root, size: checkpoint.checkpoint.size)
        journal = hasJournal ? paths : nil
    }

    /// Nil before the first one.
    private static func newest(_ files: PublishedFiles) throws(Failure) -> SignedCheckpoint? {
        do { return try files.readCheckpoint().map { try SignedCheckpoint(unverified: $0) } } catch {
            throw Failure(ledger: error)
        }
    }

    /// The receipt of one entry, with the entry itself as its extra data.
    ///
    /// - Throws: `NoSuchEntry` past the checkpoint's size, `LedgerDamaged` when the files do not lead to its root.
    package func proof(of index: LedgerIndex) throws(Failure) -> LogProof {
        let state = checkpoint.checkpoint
        guard index < state.size else {
            throw Failure(
                .stall, reason: "NoSuchEntry",
                message: "the published checkpoint counts \(state.size) entries, the last of them entry "
                    + "\(state.size == 0 ? "none" : String(state.size - 1)); there is no entry \(index) in it")
        }
        do {
            let entry = try entry(at: index)
            let path = try tree.inclusionProof(of: index)
            try MerkleProof.verifyInclusion(
                of: .leaf(entry), at: index, in: state.size, root: state.root, path: path)
            return LogProof(extra: entry, index: index, path: path, note: checkpoint.note)
        } catch { throw Failure(ledger: error) }
    }

    /// Proves that the log of this checkpoint begins with that of `older`.
    ///
    /// - Throws: `LogRewritten` when it does not.
    package func consistency(from older: Checkpoint) throws(Failure) -> [MerkleHash] {
        let state = checkpoint.checkpoint
        guard older.origin == state.origin, older.size <= state.size else {
            throw Failure(
                .stall, reason: "LogRewritten",
                message: "the checkpoint that was given is of \(older.origin), \(older.size) entries; this log is "
                    + "\(state.origin), \(state.size) entries")
        }
        do {
            let path = try tree.consistencyProof(from: older.size)
            try MerkleProof.verifyConsistency(
                from: older.size, oldRoot: older.root, to: state.size, root: state.root, path: path)
            return path
        } catch is ProofError {
            throw Failure(
                .stall, reason: "LogRewritten",
                message: "the first \(older.size) entries are not those of the checkpoint that was given: "
                    + "the log was rewritten")
        } catch { throw Failure(ledger: error) }
    }

    /// The sealed bodies of entries, salt first: what discloses them to whoever is given them. Empty without a journal.
    package func sealedBodies(of indices: Set<LedgerIndex>) throws(Failure) -> [LedgerIndex: [UInt8]] {
        guard let journal else { return [:] }
        var found: [LedgerIndex: [UInt8]] = [:]
        do {
            // Each segment that holds some of them is read once, as far as the last of them.
            let starts = try journal.segments()
            for group in Dictionary(grouping: indices, by: { index in starts.last { $0 <= index } ?? 0 }).values {
                guard let first = group.min(), let last = group.max() else { continue }
                let cursor = try JournalCursor(journal, from: first)
                while cursor.nextIndex <= last, let batch = try cursor.next() {
                    for item in batch.items where indices.contains(item.index) { found[item.index] = item.sealed }
                }
            }
            return found
        } catch { throw Failure(ledger: error) }
    }

    private func entry(at index: LedgerIndex) throws -> [UInt8] {
        let number = index >> 8
        let size = checkpoint.checkpoint.size
        let width = number < size >> 8 ? nil : TilePath.partialWidth(level: 0, size: size)
        let full = TilePath(.entries, number: number)
        let bundle =
            try width.flatMap { try files.read(TilePath(.entries, number: number, partial: $0)) } ?? files.read(full)
        guard let bundle, let entries = TileContent.entries(bundle), Int(index & 255) < entries.count else {
            throw JournalDamage(file: "log/\(full)", offset: nil, message: "the bundle is missing or too short")
        }
        return Array(entries[Int(index & 255)])
    }
}
