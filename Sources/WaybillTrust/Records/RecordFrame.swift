/// How a record lies in a segment: lengths, a check, the core that is proven, the attachments that may be erased.
/// `docs/records.md` section 2.
package struct RecordFrame: Sendable {
    /// Bytes before the core.
    package static let overhead = 16

    /// Of the core in the bytes that were read.
    package let core: Range<Int>
    package let attachments: Range<Int>
    package let leaf: MerkleHash
    /// Whether the segment ends with it.
    package let isFooter: Bool

    /// Appends the frame of `record`.
    ///
    /// - Returns: its leaf hash; nil when a payload or the core is longer than the format allows, and then nothing was
    ///   appended.
    package static func append(_ record: Record, to bytes: inout ByteWriter) -> MerkleHash? {
        guard record.bodies.allSatisfy({ $0.keptSize <= RecordFormat.maximumPayload }) else { return nil }
        let start = bytes.count
        bytes.leaveRoom(overhead)
        record.appendCore(to: &bytes)
        let middle = bytes.count
        record.appendAttachments(to: &bytes)
        let core = middle - start - overhead
        guard core <= RecordFormat.maximumCore else {
            bytes.truncate(to: start)
            return nil
        }
        return seal(&bytes, at: start, core: core)
    }

    /// Sets lengths and check of the frame at `start`, whose core is `core` bytes long and whose attachments end the bytes.
    static func seal(_ bytes: inout ByteWriter, at start: Int, core: Int) -> MerkleHash {
        let leaf = bytes.withBytes { all in
            MerkleHash.leaf(UnsafeRawBufferPointer(rebasing: all[(start + overhead)..<(start + overhead + core)]))
        }
        let attachments = bytes.count - start - overhead - core
        withUnsafeBytes(of: UInt32(core).bigEndian) { bytes.set($0, at: start) }
        withUnsafeBytes(of: UInt32(attachments).bigEndian) { bytes.set($0, at: start + 4) }
        leaf.withBytes { bytes.set(UnsafeRawBufferPointer(rebasing: $0[..<8]), at: start + 8) }
        return leaf
    }

    /// The frame that begins at `offset`.
    ///
    /// - Throws: `cut` when the bytes end within it, `malformed` when it is longer than allowed or its core was altered. The
    ///   attachments are not looked at: `Record.init(core:attachments:)` compares them with their digests.
    package init(at offset: Int, of bytes: UnsafeRawBufferPointer) throws(RecordError) {
        guard offset >= 0, offset <= bytes.count, bytes.count - offset >= Self.overhead + 2 else { throw .cut }
        var cursor = RecordCursor(UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + Self.overhead + 2)]))
        let core = Int(try cursor.integer(UInt32.self))
        let attachments = Int(try cursor.integer(UInt32.self))
        let check = try cursor.raw(8)
        isFooter = bytes[offset + Self.overhead + 1] == Record.Kind.footer.rawValue
        guard core >= 2, core <= (isFooter ? RecordFormat.maximumFooter : RecordFormat.maximumCore) else {
            throw .malformed("its core of \(core) bytes is shorter or longer than allowed")
        }
        guard attachments <= (isFooter ? 0 : RecordFormat.maximumAttachments) else {
            throw .malformed("its attachments of \(attachments) bytes are longer than allowed")
        }
        let start = offset + Self.overhead
        guard bytes.count - start >= core + attachments else { throw .cut }
        self.core = start..<(start + core)
        self.attachments = self.core.upperBound..<(self.core.upperBound + attachments)
        leaf = .leaf(UnsafeRawBufferPointer(rebasing: bytes[self.core]))
        guard leaf.withBytes({ $0[..<8].elementsEqual(check) }) else {
            throw .malformed("its core was altered: it has another hash")
        }
    }

    /// Where the next frame begins.
    package var end: Int { attachments.upperBound }

    /// The record in it.
    package func record(in bytes: UnsafeRawBufferPointer) throws(RecordError) -> Record {
        try Record(
            core: UnsafeRawBufferPointer(rebasing: bytes[core]),
            attachments: UnsafeRawBufferPointer(rebasing: bytes[attachments]))
    }
}
