/// The first bytes of a segment. `docs/records.md` section 1.
package struct SegmentHeader: Hashable, Sendable {
    package static let length = 72
    private static let magic: StaticString = "WBRECORD"

    package var pid: UInt32
    /// The file's name too.
    package var id: RecordID
    /// One process in one run.
    package var writer: RecordID
    /// Among the segments of its writer, from 0 without gaps.
    package var number: UInt64
    /// Microseconds since 1970.
    package var opened: UInt64

    package init(pid: UInt32, id: RecordID, writer: RecordID, number: UInt64, opened: UInt64) {
        self.pid = pid
        self.id = id
        self.writer = writer
        self.number = number
        self.opened = opened
    }

    package func append(to bytes: inout ByteWriter) {
        let start = bytes.count
        bytes.append(Self.magic)
        bytes.append(big: UInt16(RecordFormat.version))
        bytes.append(big: UInt16(0))
        bytes.append(big: pid)
        bytes.append(id)
        bytes.append(writer)
        bytes.append(big: number)
        bytes.append(big: opened)
        let hash = bytes.withBytes { MerkleHash.plain(UnsafeRawBufferPointer(rebasing: $0[start...])) }
        hash.withBytes { bytes.append(UnsafeRawBufferPointer(rebasing: $0[..<8])) }
    }

    /// - Throws: `cut` for fewer bytes than a header has, `unknownVersion`, `malformed`.
    package init(_ bytes: UnsafeRawBufferPointer) throws(RecordError) {
        guard bytes.count >= Self.length else { throw .cut }
        var cursor = RecordCursor(UnsafeRawBufferPointer(rebasing: bytes[..<Self.length]))
        let magic = try cursor.raw(8)
        guard Self.magic.withUTF8Buffer({ $0.elementsEqual(magic) }) else {
            throw .malformed("it does not begin as a segment does")
        }
        let version = try cursor.integer(UInt16.self)
        guard version == UInt16(RecordFormat.version) else { throw .unknownVersion(UInt8(clamping: version)) }
        let hash = MerkleHash.plain(UnsafeRawBufferPointer(rebasing: bytes[..<(Self.length - 8)]))
        guard hash.withBytes({ $0[..<8].elementsEqual(bytes[(Self.length - 8)..<Self.length]) }),
            try cursor.integer(UInt16.self) == 0
        else { throw .malformed("its header was altered") }
        pid = try cursor.integer(UInt32.self)
        id = try cursor.id()
        writer = try cursor.id()
        number = try cursor.integer(UInt64.self)
        opened = try cursor.integer(UInt64.self)
    }
}
