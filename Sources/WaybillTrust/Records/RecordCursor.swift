/// Reads the integers and texts of cores, never past the end.
struct RecordCursor {
    private let bytes: UnsafeRawBufferPointer
    private(set) var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var rest: Int { bytes.count - offset }

    mutating func integer<Value: FixedWidthInteger & UnsignedInteger>(_: Value.Type) throws(RecordError) -> Value {
        let width = MemoryLayout<Value>.size
        guard rest >= width else { throw .malformed("it ends too early") }
        defer { offset += width }
        return Value(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Value.self))
    }

    mutating func id() throws(RecordError) -> RecordID {
        RecordID(high: try integer(UInt64.self), low: try integer(UInt64.self))
    }

    mutating func hash() throws(RecordError) -> MerkleHash {
        MerkleHash(loading: try raw(MerkleHash.width))
    }

    mutating func text() throws(RecordError) -> String {
        let length = Int(try integer(UInt16.self))
        guard length <= RecordFormat.maximumText else { throw .malformed("a text is longer than allowed") }
        guard let text = String(validating: try raw(length), as: UTF8.self) else {
            throw .malformed("a text is not UTF-8")
        }
        return text
    }

    mutating func raw(_ count: Int) throws(RecordError) -> UnsafeRawBufferPointer {
        guard count >= 0, rest >= count else { throw .malformed("it ends too early") }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }

    func finish() throws(RecordError) {
        guard rest == 0 else { throw .malformed("it goes on after its end") }
    }
}

extension ByteWriter {
    mutating func append(big value: some FixedWidthInteger & UnsignedInteger) {
        withUnsafeBytes(of: value.bigEndian) { append($0) }
    }

    mutating func append(_ id: RecordID) {
        append(big: id.high)
        append(big: id.low)
    }

    mutating func append(_ hash: MerkleHash) { hash.withBytes { append($0) } }

    /// At most `RecordFormat.maximumText` bytes of `text`, cut between two characters.
    mutating func append(record text: String) {
        guard text.utf8.count > RecordFormat.maximumText else {
            append(big: UInt16(text.utf8.count))
            return append(utf8: text)
        }
        var end = text.utf8.index(text.startIndex, offsetBy: RecordFormat.maximumText)
        while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
        append(record: String(text[..<end]))
    }
}

/// Bounds of the format, `docs/records.md`.
package enum RecordFormat {
    /// The version that this code writes and reads.
    package static let version: UInt8 = 1
    package static let maximumText = 1024
    package static let maximumCore = 16 * 1024
    /// Of one body.
    package static let maximumPayload = 1 << 20
    package static let maximumFooter = 16 << 20
    package static let saltLength = 16
    static let saltCheckLength = 4
    static let maximumAttachments = 2 * (maximumPayload + 64)
}

/// Why bytes are no record or segment.
package enum RecordError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The bytes end within a frame: the tail of a writer that was killed.
    case cut
    case malformed(String)
    /// Written by a newer Waybill: can be proven, not read.
    case unknownVersion(UInt8)
    case unknownKind(UInt8)

    package var description: String {
        switch self {
        case .cut: "it is cut off"
        case .malformed(let why): "it is malformed: \(why)"
        case .unknownVersion(let version): "it is of version \(version), which this build cannot read"
        case .unknownKind(let kind): "it is of kind \(kind), which this build cannot read"
        }
    }
}
