import Glibc
import WaybillCore
import WaybillTrust

/// The end of a journal as opening left it.
struct JournalEnd {
    let segment: UInt64
    /// Where the next record goes.
    let offset: Int64
    let frontier: MerkleFrontier
    let tally: JournalTally
    /// The last checkpoint; nil in a ledger without entries.
    let checkpoint: SignedCheckpoint?
    /// Bytes of a torn tail that were cut.
    let cut: Int64
}

/// Finds the last whole batch, cuts what is torn after it, and refuses what is damaged.
///
/// ## Guarantees
/// Reads one segment however long the journal. Cuts nothing that was acknowledged. Safe to repeat.
/// ## Assumptions
/// The caller holds the ledger's lock, so that nobody writes.
struct JournalRecovery {
    let paths: LedgerPaths
    let key: NoteKey
    /// Checkpoints that were given away: the journal must contain each.
    let known: [SignedCheckpoint]

    /// A whole batch's end.
    private struct Mark {
        var begin: Int64
        var end: Int64
        var frontier: MerkleFrontier
        var rules: BatchRules
    }

    func run() throws(Failure) -> JournalEnd {
        do {
            return try recover()
        } catch let failure as Failure {
            throw failure
        } catch let error as SystemError {
            throw .ledgerUnavailable(error)
        } catch let damage as JournalDamage {
            throw .ledgerDamaged("\(damage)")
        } catch {
            throw .ledgerDamaged("\(error)")
        }
    }

    private func recover() throws -> JournalEnd {
        for name in try FileSystem.names(in: paths.journal) where name.hasSuffix(FileSystem.temporarySuffix) {
            try FileSystem.remove("\(paths.journal)/\(name)")
        }
        guard let last = try paths.segments().last else {
            throw Failure.ledgerRolledBack("\(paths.journal) holds no segment, although the ledger's key was used")
        }
        let scanner = try SegmentScanner(paths.segment(last), first: last)
        guard scanner.header.key == key else {
            throw Failure.ledgerIdentity(
                "the journal was signed by \(scanner.header.key.name.quotedForMessage) with another key than "
                    + "\(paths.key) holds; restore the key from a backup")
        }
        let (mark, size) = try lastWholeBatch(scanner)
        for checkpoint in known { try require(checkpoint.checkpoint, end: mark.frontier) }
        if mark.end < size { try requireTorn(scanner.tail(from: mark.end), from: mark.end, segment: scanner.header) }
        let checkpoint = try self.checkpoint(of: mark.rules, segment: last)
        if mark.end < size { try cut(last, at: mark.end) }
        try writeAgain(last, from: mark.begin, to: mark.end)
        return JournalEnd(
            segment: last, offset: mark.end, frontier: mark.frontier, tally: mark.rules.tally, checkpoint: checkpoint,
            cut: size - mark.end)
    }

    /// Walks the segment; returns its last whole batch and its size.
    private func lastWholeBatch(_ scanner: SegmentScanner) throws -> (Mark, Int64) {
        var frontier = scanner.header.frontier
        var rules = BatchRules(continuing: scanner.header)
        var mark = Mark(begin: scanner.offset, end: scanner.offset, frontier: frontier, rules: rules)
        walk: while true {
            switch try scanner.next() {
            case .entry(let entry):
                if let breach = rules.entry(entry, at: frontier.size) {
                    if breach.mayBeTorn { break walk }
                    throw damage(scanner.header, entry.offset, breach.message)
                }
                frontier.append(entry.leaf)
            case .checkpoint(let offset, let note):
                if let message = rules.checkpoint(note, size: frontier.size, root: frontier.root) {
                    throw damage(scanner.header, offset, message)
                }
                mark = Mark(begin: mark.end, end: scanner.offset, frontier: frontier, rules: rules)
            case .end, .damaged: break walk
            }
        }
        return (mark, try scanner.fileSize())
    }

    /// Refuses a journal that ends before `given` or has another root at its size.
    private func require(_ given: Checkpoint, end: MerkleFrontier) throws {
        guard given.size <= end.size else {
            throw Failure.ledgerRolledBack(
                "the journal ends after \(end.size) entries, a checkpoint of \(given.size) was given away")
        }
        guard given.size > 0 else { return }
        let root = given.size == end.size ? end.root : try signedRoot(at: given.size)
        guard root == given.root else {
            throw Failure.ledgerRolledBack(
                "the journal's first \(given.size) entries are not those of a checkpoint that was given away")
        }
    }

    /// Root in the journal's own checkpoint of this size; nil when it has none.
    private func signedRoot(at size: UInt64) throws -> MerkleHash? {
        guard let first = try paths.segments().last(where: { $0 < size }) else { return nil }
        let scanner = try SegmentScanner(paths.segment(first), first: first)
        var count = first
        while true {
            switch try scanner.next() {
            case .entry: count += 1
            case .checkpoint(_, let note):
                if count == size { return try SignedCheckpoint(verifying: Array(note), with: key).checkpoint.root }
                if count > size { return nil }
            case .end, .damaged: return nil
            }
        }
    }

    /// One batch is in flight at a time: a torn tail holds at most one whole checkpoint, at its very end.
    private func requireTorn(_ tail: [UInt8], from offset: Int64, segment: SegmentHeader) throws {
        let found = TornTail.checkpoints(in: tail, origin: key.name)
        guard found.isEmpty || (found.count == 1 && found[0].upperBound == tail.count) else {
            throw damage(segment, offset, "the batch that begins here is damaged, and whole ones follow")
        }
    }

    private func damage(_ segment: SegmentHeader, _ offset: Int64, _ message: String) -> JournalDamage {
        JournalDamage(
            file: "journal/" + LedgerPaths.segmentName(segment.frontier.size), offset: offset, message: message)
    }

    private func checkpoint(of rules: BatchRules, segment: UInt64) throws -> SignedCheckpoint? {
        guard !rules.note.isEmpty else { return nil }
        do {
            return try SignedCheckpoint(verifying: rules.note, with: key)
        } catch {
            throw JournalDamage(
                file: "journal/" + LedgerPaths.segmentName(segment), offset: nil,
                message: "the last checkpoint is not signed by the ledger's key: \(error)")
        }
    }

    private func cut(_ segment: UInt64, at offset: Int64) throws(SystemError) {
        let file = try OpenFile(paths.segment(segment), O_RDWR)
        try file.truncate(to: offset)
        try file.syncAll()
    }

    /// The process before may have died between write and sync: what is taken over is made durable first.
    private func writeAgain(_ segment: UInt64, from begin: Int64, to end: Int64) throws(SystemError) {
        guard begin < end else { return }
        let file = try OpenFile(paths.segment(segment), O_RDWR)
        var bytes = [UInt8](repeating: 0, count: Int(end - begin))
        let result = bytes.withUnsafeMutableBytes { buffer in
            Result { () throws(SystemError) in try file.read(into: buffer, at: begin) }
        }
        _ = try result.get()
        try file.write(bytes, at: begin)
        try file.syncAll()
    }
}
