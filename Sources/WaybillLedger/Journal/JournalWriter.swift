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

    /// What is wrong with `parts` as the next entries after `pending` others of the batch.
    func problem(_ parts: [PreparedEntries], pending: Int) -> String? {
        var index = frontier.size + UInt64(pending)
        for part in parts {
            for entry in part.entries {
                if let problem = EntryHeader.problem(ofCause: entry.traits.cause, at: index) { return problem }
                index += 1
            }
        }
        return nil
    }

    /// Makes the entries durable and signed, in order; returns the index of the first.
    ///
    /// All must have passed `problem(_:pending:)`.
    /// - Throws: and refuses all later batches. Nothing of a failed batch is acknowledged; the next opening cuts it.
    func append(_ batch: [PreparedEntries]) throws(Failure) -> LedgerIndex {
        if let failure { throw failure }
        do {
            if offset >= segmentLimit { try rotate() }
            return try write(batch)
        } catch let error as SystemError {
            throw fail(.ledgerUnavailable(error))
        } catch let error as Failure {
            throw fail(error)
        } catch {
            throw fail(.ledgerDamaged("\(error)"))
        }
    }

    private func fail(_ failure: Failure) -> Failure {
        self.failure = failure
        return failure
    }

    private func write(_ batch: [PreparedEntries]) throws -> LedgerIndex {
        try requireSameFile()
        let first = frontier.size
        var next = frontier
        buffer.removeAll(keepingCapacity: true)
        var end = offset
        for part in batch {
            part.records.withBytes { buffer.append(contentsOf: $0) }
            if buffer.count >= Self.early { try begin(&end) }
        }
        for part in batch {
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

    /// Bytes that are worth being on their way to the disk while the tree grows and is signed.
    private static let early = 64 << 10

    /// Writes the buffer at `end` ahead of the batch's checkpoint: without that, whatever of it stays behind is a torn tail.
    private func begin(_ end: inout Int64) throws(SystemError) {
        try file.write(buffer, at: end)
        try file.beginSync(at: end, count: buffer.count)
        end += Int64(buffer.count)
        buffer.removeAll(keepingCapacity: true)
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
