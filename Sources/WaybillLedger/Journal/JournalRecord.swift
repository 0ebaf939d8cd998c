import WaybillTrust

/// The two records of a segment. `docs/ledger.md` section 4.
enum JournalRecord {
    static let entryKind = UInt8(ascii: "E")
    static let checkpointKind = UInt8(ascii: "C")
    /// Bytes before the entry.
    static let entryOverhead = 1 + 2 + 4 + MerkleHash.width
    /// Bytes before the note.
    static let checkpointOverhead = 1 + 2 + MerkleHash.width

    /// Appends the record of an entry whose header and sealed bytes the closures append; nil when the entry would be too long.
    static func append(
        to bytes: inout ByteWriter, header: (inout ByteWriter) -> Void, body: (inout ByteWriter) -> Void
    ) -> (leaf: MerkleHash, sealedLength: Int)? {
        let start = bytes.count
        bytes.append(entryKind)
        bytes.leaveRoom(entryOverhead - 1)
        guard LedgerEntry.append(to: &bytes, header: header) else { return nil }
        let end = bytes.count
        body(&bytes)
        let digest = bytes.withBytes { MerkleHash.plain(UnsafeRawBufferPointer(rebasing: $0[end...])) }
        LedgerEntry.setBodyDigest(digest, ofEntryBefore: end, in: &bytes)
        let begin = start + entryOverhead
        let leaf = bytes.withBytes { MerkleHash.leaf(UnsafeRawBufferPointer(rebasing: $0[begin..<end])) }
        let sealedLength = bytes.count - end
        withUnsafeBytes(of: UInt16(end - begin).bigEndian) { bytes.set($0, at: start + 1) }
        withUnsafeBytes(of: UInt32(truncatingIfNeeded: sealedLength).bigEndian) { bytes.set($0, at: start + 3) }
        leaf.withBytes { bytes.set($0, at: start + 7) }
        return (leaf, sealedLength)
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
