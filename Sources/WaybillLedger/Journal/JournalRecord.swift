import WaybillTrust

/// The two records of a segment. `docs/ledger.md` section 4.
enum JournalRecord {
    static let entryKind = UInt8(ascii: "E")
    static let checkpointKind = UInt8(ascii: "C")
    /// Bytes before the entry.
    static let entryOverhead = 1 + 2 + 4 + MerkleHash.width
    /// Bytes before the note.
    static let checkpointOverhead = 1 + 2 + MerkleHash.width

    /// The record of an entry as far as `body`, which appends what is sealed; nil when the entry would be too long.
    static func entry(
        _ header: EntryHeader, body: (inout [UInt8]) -> Void
    ) -> (bytes: [UInt8], leaf: MerkleHash, sealedLength: Int)? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(768)
        bytes.append(entryKind)
        append(UInt16(0), to: &bytes)
        append(UInt32(0), to: &bytes)
        MerkleHash.unset.withBytes { bytes.append(contentsOf: $0) }
        guard LedgerEntry.append(header: header, to: &bytes) else { return nil }
        let end = bytes.count
        body(&bytes)
        let digest = bytes.withUnsafeBytes { MerkleHash.plain(UnsafeRawBufferPointer(rebasing: $0[end...])) }
        LedgerEntry.setBodyDigest(digest, ofEntryBefore: end, in: &bytes)
        let leaf = bytes.withUnsafeBytes { MerkleHash.leaf(UnsafeRawBufferPointer(rebasing: $0[entryOverhead..<end])) }
        let lengths = (entry: end - entryOverhead, sealed: bytes.count - end)
        set(UInt16(lengths.entry), at: 1, in: &bytes)
        set(UInt32(truncatingIfNeeded: lengths.sealed), at: 3, in: &bytes)
        leaf.write(to: &bytes, at: 7)
        return (bytes, leaf, lengths.sealed)
    }

    private static func set<Number: FixedWidthInteger>(_ number: Number, at place: Int, in bytes: inout [UInt8]) {
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: number.bigEndian, toByteOffset: place, as: Number.self) }
    }

    static func append(checkpoint note: [UInt8], to bytes: inout [UInt8]) {
        bytes.append(checkpointKind)
        append(UInt16(note.count), to: &bytes)
        MerkleHash.plain(note).withBytes { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: note)
    }

    static func append<Number: FixedWidthInteger>(_ number: Number, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// The big-endian number at `offset`, which must lie inside.
    static func number<Number: FixedWidthInteger>(_ buffer: UnsafeRawBufferPointer, _ offset: Int) -> Number {
        Number(bigEndian: buffer.loadUnaligned(fromByteOffset: offset, as: Number.self))
    }
}

/// A place in the journal or the published form that is not as it must be.
struct JournalDamage: Error, Hashable, CustomStringConvertible {
    /// Relative to the ledger's folder.
    let file: String
    let offset: Int64?
    let message: String

    var description: String { "\(file)\(offset.map { ": byte \($0)" } ?? ""): \(message)" }
}
