import WaybillTrust

/// The two records of a segment. `docs/ledger.md` section 4.
enum JournalRecord {
    static let entryKind = UInt8(ascii: "E")
    static let checkpointKind = UInt8(ascii: "C")
    /// Bytes before the entry.
    static let entryOverhead = 1 + 2 + 4 + MerkleHash.width
    /// Bytes before the note.
    static let checkpointOverhead = 1 + 2 + MerkleHash.width

    static func append(_ prepared: PreparedEntry, to bytes: inout [UInt8]) {
        bytes.append(entryKind)
        append(UInt16(prepared.entry.count), to: &bytes)
        append(UInt32(prepared.sealed.count), to: &bytes)
        prepared.leaf.withBytes { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: prepared.entry)
        bytes.append(contentsOf: prepared.sealed)
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
