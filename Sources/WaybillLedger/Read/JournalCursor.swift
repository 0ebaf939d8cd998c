import WaybillCore
import WaybillTrust

/// Walks a journal across its segments, batch by batch, also while another process appends.
///
/// Hands out entries of whole batches only.
final class JournalCursor {
    /// An entry of a whole batch, in bytes of its own.
    struct Item {
        let index: UInt64
        let leaf: MerkleHash
        let entry: [UInt8]
        /// Empty when the cursor passes over bodies.
        let sealed: [UInt8]

        var recorded: RecordedEvent {
            entry.withUnsafeBytes { entry in
                sealed.withUnsafeBytes { RecordedEvent(index: index, entry: entry, sealed: $0) }
            }
        }
    }

    struct Batch {
        let items: [Item]
        /// The note of the checkpoint that ends it.
        let note: [UInt8]
    }

    private let paths: LedgerPaths
    private let hasBodies: Bool
    private var scanner: SegmentScanner
    /// Entries before the next batch.
    private(set) var nextIndex: UInt64
    private var segment: UInt64

    /// Begins with the segment that holds `index`; earlier entries of that segment come first.
    init(_ paths: LedgerPaths, from index: UInt64, withBodies: Bool = true) throws {
        self.paths = paths
        hasBodies = withBodies
        guard let first = try paths.segments().last(where: { $0 <= index }) else {
            throw JournalDamage(file: "journal", offset: nil, message: "the first segment is missing")
        }
        segment = first
        nextIndex = first
        scanner = try SegmentScanner(paths.segment(first), first: first)
    }

    /// The next whole batch; nil when none is there yet. May be asked again later.
    func next() throws -> Batch? {
        let begin = scanner.offset
        var items: [Item] = []
        while true {
            switch try scanner.next() {
            case .entry(let entry):
                items.append(
                    Item(
                        index: nextIndex + UInt64(items.count), leaf: entry.leaf, entry: Array(entry.bytes),
                        sealed: hasBodies ? Array(entry.sealed) : []))
            case .checkpoint(_, let note):
                nextIndex += UInt64(items.count)
                return Batch(items: items, note: Array(note))
            case .end(let isWhole):
                if isWhole, items.isEmpty, try enterNextSegment() { return try next() }
                scanner.seek(to: begin)
                return nil
            case .damaged(let offset, let message):
                throw JournalDamage(
                    file: "journal/" + LedgerPaths.segmentName(segment), offset: offset, message: message)
            }
        }
    }

    private func enterNextSegment() throws -> Bool {
        guard nextIndex > segment, try FileSystem.status(paths.segment(nextIndex)) != nil else { return false }
        scanner = try SegmentScanner(paths.segment(nextIndex), first: nextIndex)
        segment = nextIndex
        return true
    }
}
