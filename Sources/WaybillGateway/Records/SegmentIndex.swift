import Glibc
import WaybillCore
package import WaybillTrust

/// Where the records of a closed segment are, by prediction id. A help for finding: what it says is checked against the segment.
///
/// `WBINDEX1`, the number of entries (8 bytes), smallest and largest id (16 each), smallest and largest of those that
/// feedback speaks of (16 each); then entries of 24 bytes in the order of their ids: id, offset of the frame with the
/// highest bit set for feedback. Integers are big-endian.
package struct SegmentIndex: Sendable {
    static let headerLength = 80
    static let entryLength = 24
    private static let magic: StaticString = "WBINDEX1"
    private static let feedbackBit: UInt64 = 1 << 63

    private let file: MappedFile
    package let count: Int

    /// Nil when there is none, or it is no index.
    package init?(_ path: String) {
        guard let file = try? MappedFile(path), file.bytes.count >= Self.headerLength else { return nil }
        let count = Int(clamping: Self.integer(file.bytes, 8))
        let isOurs = Self.magic.withUTF8Buffer { file.bytes[..<8].elementsEqual($0) }
        guard isOurs, count <= file.bytes.count / Self.entryLength,
            file.bytes.count == Self.headerLength + count * Self.entryLength
        else { return nil }
        self.file = file
        self.count = count
    }

    /// Whether records of prediction `id` can be in it.
    package func mayHave(_ id: RecordID) -> Bool { count > 0 && id >= self.id(16) && id <= self.id(32) }
    /// Whether feedback on prediction `id` can be in it.
    package func mayHaveFeedback(on id: RecordID) -> Bool { count > 0 && id >= self.id(48) && id <= self.id(64) }

    /// Offsets of the frames about prediction `id`.
    package func offsets(of id: RecordID) -> [Int] {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self.id(at: middle) < id { low = middle + 1 } else { high = middle }
        }
        var found: [Int] = []
        while low < count, self.id(at: low) == id {
            found.append(Int(clamping: Self.integer(file.bytes, offset(low) + 16) & ~Self.feedbackBit))
            low += 1
        }
        return found.sorted()
    }

    private func offset(_ place: Int) -> Int { Self.headerLength + place * Self.entryLength }
    private func id(at place: Int) -> RecordID { id(offset(place)) }

    private func id(_ offset: Int) -> RecordID {
        RecordID(high: Self.integer(file.bytes, offset), low: Self.integer(file.bytes, offset + 8))
    }

    private static func integer(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// Writes the index of `entries` to `path`. One that cannot be written is made from the segment when it is asked for.
    static func write(_ entries: [OpenSegment.Entry], _ path: String) {
        let sorted = entries.sorted { ($0.prediction, $0.offset) < ($1.prediction, $1.offset) }
        let feedback = sorted.filter(\.isFeedback).map(\.prediction)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(headerLength + entryLength * sorted.count)
        func append(_ value: UInt64) { withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) } }
        magic.withUTF8Buffer { bytes.append(contentsOf: $0) }
        append(UInt64(sorted.count))
        let ends: [RecordID?] = [sorted.first?.prediction, sorted.last?.prediction, feedback.first, feedback.last]
        for id in ends {
            // Without any, no id is between them.
            append(id?.high ?? .max)
            append(id?.low ?? 0)
        }
        for entry in sorted {
            append(entry.prediction.high)
            append(entry.prediction.low)
            append(entry.offset | (entry.isFeedback ? feedbackBit : 0))
        }
        let temporary = path + ".new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return }
        let isWritten = bytes.withUnsafeBytes { Descriptor.writeAll($0, to: descriptor) }
        close(descriptor)
        if !isWritten || rename(temporary, path) != 0 { unlink(temporary) }
    }
}
