import Glibc
import WaybillCore
import WaybillTrust

/// Appends batches to the journal: one `fdatasync`, one signed checkpoint each.
///
/// Belongs to one thread at a time. After any error it refuses further batches.
final class JournalWriter {
    private let paths: LedgerPaths
    private let signer: NoteSigner
    private let segmentLimit: Int64
    /// Open as long as the writer is, so that the kernel keeps errors of its names for us.
    private let folder: OpenFile
    private var file: OpenFile
    private var identity: FileStatus
    private var segment: UInt64
    private var offset: Int64
    private(set) var frontier: MerkleFrontier
    private(set) var tally: JournalTally
    private(set) var checkpoint: SignedCheckpoint?
    /// Why no batch is taken any more.
    private(set) var failure: Failure?
    private(set) var bytes: Int64 = 0
    private var buffer: [UInt8] = []

    init(paths: LedgerPaths, signer: NoteSigner, end: JournalEnd, segmentLimit: Int64) throws(Failure) {
        folder = try Self.open(paths.journal, O_RDONLY | O_DIRECTORY)
        file = try Self.open(paths.segment(end.segment), O_RDWR)
        do { identity = try file.status() } catch { throw .ledgerUnavailable(error) }
        self.paths = paths
        self.signer = signer
        self.segmentLimit = segmentLimit
        segment = end.segment
        offset = end.offset
        frontier = end.frontier
        tally = end.tally
        checkpoint = end.checkpoint
    }

    private static func open(_ path: String, _ flags: Int32) throws(Failure) -> OpenFile {
        do { return try OpenFile(path, flags) } catch { throw .ledgerUnavailable(error) }
    }

    /// What is wrong with `entries` as the next ones after `pending` others of the batch.
    func problem(_ entries: PreparedEntries, pending: Int) -> String? {
        var index = frontier.size + UInt64(pending)
        for entry in entries.entries {
            if let problem = EntryHeader.problem(ofCause: entry.traits.cause, at: index) { return problem }
            index += 1
        }
        return nil
    }

    /// Makes the entries durable and signed, in order; returns the index of the first.
    ///
    /// All must have passed `problem(_:pending:)`.
    /// - Throws: and refuses all later batches. Nothing of a failed batch is acknowledged; the next opening cuts it.
    func append(_ batch: [PreparedEntries]) throws(Failure) -> LedgerIndex {
        var rest = batch[...]
        return try append(from: { () throws(Failure) in rest.popFirst() })
    }

    /// Makes the parts that `next` gives, until it gives nil, durable and signed as one batch.
    ///
    /// - Throws: as the other `append`. What `next` throws, and `EventInvalid` for a part that cannot come there, ends the batch
    ///   alone: nothing of it stays, and the next one is taken.
    func append(from next: () throws(Failure) -> PreparedEntries?) throws(Failure) -> LedgerIndex {
        if let failure { throw failure }
        do {
            if offset >= segmentLimit { try rotate() }
            return try write(next)
        } catch let refused as RefusedPart {
            throw refused.failure
        } catch let error as SystemError {
            throw fail(.ledgerUnavailable(error))
        } catch let error as Failure {
            throw fail(error)
        } catch {
            throw fail(.ledgerDamaged("\(error)"))
        }
    }

    private struct RefusedPart: Error { let failure: Failure }

    private func fail(_ failure: Failure) -> Failure {
        self.failure = failure
        return failure
    }

    private func write(_ nextPart: () throws(Failure) -> PreparedEntries?) throws -> LedgerIndex {
        try requireSameFile()
        let first = frontier.size
        var next = frontier
        buffer.removeAll(keepingCapacity: true)
        var end = offset
        var batch: [PreparedEntries] = []
        while let part = try take(nextPart, pending: Int(next.size - first), end) {
            batch.append(part)
            try part.records.withBytes { bytes throws(SystemError) in try add(bytes, &end) }
            for entry in part.entries { next.append(entry.leaf) }
        }
        let signed = try SignedCheckpoint(
            signing: Checkpoint(origin: signer.key.name, size: next.size, root: next.root), with: signer)
        JournalRecord.append(checkpoint: signed.note, to: &buffer)
        try file.write(buffer, at: end)
        try file.syncData()
        end += Int64(buffer.count)
        bytes += end - offset
        offset = end
        frontier = next
        checkpoint = signed
        count(batch, from: first)
        return first
    }

    /// The next part; takes back what stands in the file up to `end` when it cannot be taken.
    private func take(
        _ next: () throws(Failure) -> PreparedEntries?, pending: Int, _ end: Int64
    ) throws -> PreparedEntries? {
        do throws(Failure) {
            guard let part = try next() else { return nil }
            if let problem = problem(part, pending: pending) { throw .eventInvalid(problem) }
            return part
        } catch {
            if end > offset { try file.truncate(to: offset) }
            throw RefusedPart(failure: error)
        }
    }

    /// Bytes that are worth being on their way to the disk while the tree grows and is signed. Smaller pieces cost more writes than
    /// they gain.
    private static let early = 256 << 10

    /// Takes up records of the batch: in the buffer, or ahead of its checkpoint into the file, without which they are a torn tail.
    private func add(_ records: UnsafeRawBufferPointer, _ end: inout Int64) throws(SystemError) {
        if buffer.isEmpty, records.count >= Self.early { return try begin(records, &end) }
        buffer.append(contentsOf: records)
        guard buffer.count >= Self.early else { return }
        let result = buffer.withUnsafeBytes { bytes in
            Result { () throws(SystemError) in try begin(bytes, &end) }
        }
        try result.get()
        buffer.removeAll(keepingCapacity: true)
    }

    private func begin(_ bytes: UnsafeRawBufferPointer, _ end: inout Int64) throws(SystemError) {
        try file.write(bytes, at: end)
        try file.beginSync(at: end, count: bytes.count)
        end += Int64(bytes.count)
    }

    private func count(_ batch: [PreparedEntries], from first: LedgerIndex) {
        var index = first
        for part in batch {
            for entry in part.entries {
                tally.count(entry.traits, at: index)
                index += 1
            }
        }
    }

    /// A file that was moved away, replaced, cut or written by another would take entries into nowhere.
    private func requireSameFile() throws {
        let path = paths.segment(segment)
        let open = try file.status()
        guard let named = try FileSystem.status(path), named.device == identity.device, named.inode == identity.inode
        else { throw Failure.ledgerDamaged("\(path) was removed or replaced while it was open") }
        guard open.size == offset else {
            throw Failure.ledgerDamaged("\(path) has \(open.size) bytes, \(offset) were left there")
        }
    }

    /// Cuts what a failed batch may have left: its callers were told that it is not there.
    ///
    /// Touches nothing when another file stands at the path: the opening after this judges that one.
    func cutUnacknowledged() throws(SystemError) {
        guard let named = try FileSystem.status(paths.segment(segment)), named.device == identity.device,
            named.inode == identity.inode, try file.status().size > offset
        else { return }
        try file.truncate(to: offset)
        try file.syncAll()
    }

    /// Closes the segment and begins the next one, whole under its name or not at all.
    private func rotate() throws {
        try requireSameFile()
        let header = SegmentHeader(
            frontier: frontier, tally: tally, key: signer.key, note: checkpoint?.note ?? []
        ).encoded
        let path = paths.segment(frontier.size)
        let temporary = path + FileSystem.temporarySuffix
        let made = try OpenFile(temporary, O_RDWR | O_CREAT | O_TRUNC)
        try made.write(header, at: 0)
        try made.syncAll()
        try FileSystem.rename(temporary, to: path)
        try folder.syncAll()
        identity = try made.status()
        file = made
        segment = frontier.size
        offset = Int64(header.count)
    }
}
