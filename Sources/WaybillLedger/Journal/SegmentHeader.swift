import WaybillCore
import WaybillTrust

/// What a segment begins with: the whole state that the entries before have left. `docs/ledger.md` section 4.
struct SegmentHeader: Hashable, Sendable {
    var frontier: MerkleFrontier
    var tally: JournalTally
    var key: NoteKey
    /// The last checkpoint before; empty in the first segment.
    var note: [UInt8]

    static let magic = Array("waybill-journal".utf8) + [1]
    /// Longest state that a reader takes: room for some millions of open intents.
    static let maximumLength = 64 << 20
    static let prefixLength = 20

    var encoded: [UInt8] {
        var state: [UInt8] = []
        JournalRecord.append(frontier.size, to: &state)
        JournalRecord.append(tally.latestTime, to: &state)
        let key = Array(self.key.description.utf8)
        JournalRecord.append(UInt16(key.count), to: &state)
        state += key
        state.append(UInt8(frontier.nodes.count))
        for node in frontier.nodes { state += node.bytes }
        JournalRecord.append(UInt32(tally.openIntents.count), to: &state)
        for index in tally.openIntents.sorted() { JournalRecord.append(index, to: &state) }
        JournalRecord.append(UInt16(note.count), to: &state)
        state += note
        var bytes = Self.magic
        JournalRecord.append(UInt32(state.count), to: &bytes)
        bytes += state
        return bytes + MerkleHash.plain(bytes).bytes
    }

    /// Length of a header whose first bytes are `prefix`; nil when it is none.
    static func length(prefix: UnsafeRawBufferPointer) -> Int? {
        guard prefix.count >= prefixLength, prefix.prefix(16).elementsEqual(magic) else { return nil }
        let state: UInt32 = JournalRecord.number(prefix, 16)
        return state <= maximumLength ? prefixLength + Int(state) + MerkleHash.width : nil
    }

    /// Parses a whole header, as long as `length(prefix:)` says.
    init?(parsing bytes: UnsafeRawBufferPointer) {
        let end = bytes.count - MerkleHash.width
        guard end >= Self.prefixLength,
            MerkleHash.plain(UnsafeRawBufferPointer(rebasing: bytes[..<end]))
                == MerkleHash(loading: UnsafeRawBufferPointer(rebasing: bytes[end...]))
        else { return nil }
        var fields = FieldReader(bytes: UnsafeRawBufferPointer(rebasing: bytes[Self.prefixLength..<end]))
        guard let size: UInt64 = fields.number(), let latestTime: Int64 = fields.number(),
            let keyLength: UInt16 = fields.number(), let keyBytes = fields.take(Int(keyLength)),
            let key = try? NoteKey(parsing: String(decoding: keyBytes, as: UTF8.self)),
            let nodeCount: UInt8 = fields.number(), let nodeBytes = fields.take(Int(nodeCount) * MerkleHash.width),
            let nodes = TileContent.hashes(nodeBytes), let frontier = MerkleFrontier(size: size, nodes: nodes),
            let intentCount: UInt32 = fields.number(), let intentBytes = fields.take(Int(intentCount) * 8),
            let noteLength: UInt16 = fields.number(), let note = fields.take(Int(noteLength)), fields.isAtEnd
        else { return nil }
        var intents: Set<UInt64> = []
        intentBytes.withUnsafeBytes { buffer in
            for offset in stride(from: 0, to: buffer.count, by: 8) {
                intents.insert(JournalRecord.number(buffer, offset))
            }
        }
        self.init(
            frontier: frontier, tally: JournalTally(latestTime: latestTime, openIntents: intents), key: key, note: note)
    }

    init(frontier: MerkleFrontier, tally: JournalTally, key: NoteKey, note: [UInt8]) {
        self.frontier = frontier
        self.tally = tally
        self.key = key
        self.note = note
    }
}

/// Takes fields off the front of some bytes.
private struct FieldReader {
    let bytes: UnsafeRawBufferPointer
    var offset = 0

    var isAtEnd: Bool { offset == bytes.count }

    mutating func take(_ count: Int) -> [UInt8]? {
        guard offset + count <= bytes.count else { return nil }
        defer { offset += count }
        return Array(bytes[offset..<(offset + count)])
    }

    mutating func number<Number: FixedWidthInteger>() -> Number? {
        let width = MemoryLayout<Number>.size
        guard offset + width <= bytes.count else { return nil }
        defer { offset += width }
        return JournalRecord.number(bytes, offset)
    }
}

/// What must be known of all entries before, beside the tree.
struct JournalTally: Hashable, Sendable {
    /// Latest time of any entry, milliseconds since 1970; -1 before the first.
    var latestTime: Int64 = -1
    /// Intents without outcome.
    var openIntents: Set<UInt64> = []

    /// Counts an entry in.
    mutating func count(_ entry: EntryTraits, at index: UInt64) {
        latestTime = max(latestTime, entry.time)
        if entry.isIntent { openIntents.insert(index) }
        if let cause = entry.cause, entry.endsCause { openIntents.remove(cause) }
    }
}

/// What of a header concerns other entries.
struct EntryTraits: Hashable, Sendable {
    let time: Int64
    let cause: UInt64?
    let isIntent: Bool
    /// An outcome, or a record of a reconciliation, ends the intent that caused it.
    let endsCause: Bool

    init(_ header: EntryHeader) {
        time = Int64(header.time)
        cause = header.cause
        isIntent = header.phase == .intent
        endsCause = header.phase == .outcome || header.type == EventType.intentReconciled.rawValue
    }

    init(_ phase: EntryHeader.Phase, time: UInt64, cause: UInt64?, type: EventType) {
        self.time = Int64(time)
        self.cause = cause
        isIntent = phase == .intent
        endsCause = phase == .outcome || type == .intentReconciled
    }
}
