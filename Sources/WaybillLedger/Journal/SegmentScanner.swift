import Glibc
import WaybillTrust

/// Reads a segment from its beginning in bounded memory, record by record, checking each record's own checksum.
///
/// What `next` returns points into the scanner's window and holds until the next call.
final class SegmentScanner {
    struct Entry {
        let offset: Int64
        let leaf: MerkleHash
        let bytes: UnsafeRawBufferPointer
        let sealed: UnsafeRawBufferPointer
        /// Where `sealed` stands in the file.
        let sealedOffset: Int64
    }

    enum Record {
        case entry(Entry)
        case checkpoint(offset: Int64, note: UnsafeRawBufferPointer)
        /// The file ends here, or inside a record that may still be being written.
        case end(isWhole: Bool)
        case damaged(offset: Int64, String)
    }

    let header: SegmentHeader
    /// Where the next record begins.
    private(set) var offset: Int64
    private let file: OpenFile
    private let window: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0

    /// Twice the longest record.
    private static let capacity = 4 << 20

    /// - Throws: `SystemError`, or `JournalDamage` when the header is not one.
    init(_ path: String, first: UInt64) throws {
        let opened = try OpenFile(path, O_RDONLY)
        header = try Self.readHeader(opened, name: "journal/" + LedgerPaths.segmentName(first), first: first)
        file = opened
        offset = Int64(header.encoded.count)
        window = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.capacity, alignment: 16)
    }

    deinit { window.deallocate() }

    private static func readHeader(_ file: borrowing OpenFile, name: String, first: UInt64) throws -> SegmentHeader {
        func read(_ count: Int) throws -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: count)
            let found = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
            return Array(bytes.prefix(found))
        }
        let length = try read(SegmentHeader.prefixLength).withUnsafeBytes { SegmentHeader.length(prefix: $0) }
        guard let length, let header = try read(length).withUnsafeBytes({ SegmentHeader(parsing: $0) }) else {
            throw JournalDamage(file: name, offset: 0, message: "the segment's header is not whole")
        }
        guard header.frontier.size == first else {
            throw JournalDamage(
                file: name, offset: 0,
                message: "the segment begins with entry \(header.frontier.size), not as its name says")
        }
        return header
    }

    /// Goes on reading at `offset`, the beginning of a record.
    func seek(to offset: Int64) {
        self.offset = offset
        start = 0
        end = 0
    }

    /// Makes `count` bytes from `offset` on lie in the window; false when the file ends before.
    private func fill(_ count: Int) throws(SystemError) -> Bool {
        if end - start >= count { return true }
        if start > 0 {
            window.copyMemory(from: UnsafeRawBufferPointer(rebasing: window[start..<end]))
            end -= start
            start = 0
        }
        end += try file.read(into: UnsafeMutableRawBufferPointer(rebasing: window[end...]), at: offset + Int64(end))
        return end >= count
    }

    private func view(_ from: Int, _ count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: window[(start + from)..<(start + from + count)])
    }

    func next() throws(SystemError) -> Record {
        guard try fill(1) else { return .end(isWhole: true) }
        switch window[start] {
        case JournalRecord.entryKind: return try entry()
        case JournalRecord.checkpointKind: return try checkpoint()
        default: return .damaged(offset: offset, "no record begins here")
        }
    }

    private func entry() throws(SystemError) -> Record {
        let overhead = JournalRecord.entryOverhead
        guard try fill(overhead) else { return .end(isWhole: false) }
        let entryLength: UInt16 = JournalRecord.number(view(1, 2), 0)
        let sealedLength: UInt32 = JournalRecord.number(view(3, 4), 0)
        guard sealedLength >= SealedBody.saltLength,
            sealedLength <= SealedBody.saltLength + SealedBody.maximumLength
        else { return .damaged(offset: offset, "an entry's lengths are out of bounds") }
        let length = overhead + Int(entryLength) + Int(sealedLength)
        guard try fill(length) else { return .end(isWhole: false) }
        let bytes = view(overhead, Int(entryLength))
        let leaf = MerkleHash(loading: view(7, MerkleHash.width))
        guard leaf == .leaf(bytes) else {
            return .damaged(offset: offset, "the entry's bytes do not have its leaf hash")
        }
        let record = Entry(
            offset: offset, leaf: leaf, bytes: bytes, sealed: view(overhead + Int(entryLength), Int(sealedLength)),
            sealedOffset: offset + Int64(overhead + Int(entryLength)))
        advance(length)
        return .entry(record)
    }

    private func checkpoint() throws(SystemError) -> Record {
        let overhead = JournalRecord.checkpointOverhead
        guard try fill(overhead) else { return .end(isWhole: false) }
        let noteLength: UInt16 = JournalRecord.number(view(1, 2), 0)
        guard try fill(overhead + Int(noteLength)) else { return .end(isWhole: false) }
        let note = view(overhead, Int(noteLength))
        guard MerkleHash(loading: view(3, MerkleHash.width)) == .plain(note) else {
            return .damaged(offset: offset, "the checkpoint's bytes do not have its checksum")
        }
        let record = Record.checkpoint(offset: offset, note: note)
        advance(overhead + Int(noteLength))
        return record
    }

    enum Skipped { case entry, checkpoint, unknown, end }

    /// Moves past a record by its lengths, without looking at what it holds. Stays where it is at the end.
    func skip() throws(SystemError) -> Skipped {
        guard try fill(1) else { return .end }
        let isEntry = window[start] == JournalRecord.entryKind
        guard isEntry || window[start] == JournalRecord.checkpointKind else { return .unknown }
        guard try fill(isEntry ? JournalRecord.entryOverhead : JournalRecord.checkpointOverhead) else { return .end }
        var length = isEntry ? JournalRecord.entryOverhead : JournalRecord.checkpointOverhead
        length += Int(JournalRecord.number(view(1, 2), 0) as UInt16)
        if isEntry { length += Int(JournalRecord.number(view(3, 4), 0) as UInt32) }
        guard length <= Self.capacity else { return .unknown }
        guard try fill(length) else { return .end }
        advance(length)
        return isEntry ? .entry : .checkpoint
    }

    private func advance(_ count: Int) {
        start += count
        offset += Int64(count)
    }

    func fileSize() throws(SystemError) -> Int64 { try file.status().size }

    /// Bytes of the file from `offset` on.
    func tail(from offset: Int64) throws(SystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: max(0, Int(try fileSize() - offset)))
        let result = bytes.withUnsafeMutableBytes { buffer in
            Result { () throws(SystemError) in try file.read(into: buffer, at: offset) }
        }
        return Array(bytes.prefix(try result.get()))
    }
}
