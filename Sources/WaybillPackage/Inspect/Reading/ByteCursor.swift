/// Reads one value after the other from a part of a source, in chunks; jumps forward cost nothing.
struct ByteCursor {
    let source: any ByteSource
    /// The next byte to be read.
    private(set) var position: Int64
    /// Nothing is read from here on. Narrowed while a part with a length of its own is read.
    private(set) var end: Int64
    private var chunk: [UInt8] = []
    private var chunkStart: Int64 = 0

    private static let chunkSize: Int64 = 64 << 10

    init(_ source: any ByteSource) {
        self.source = source
        position = 0
        end = source.size
    }

    /// Reads `from ..< to` of `source`, at most what is there.
    init(_ source: any ByteSource, from: Int64, to: Int64) {
        self.source = source
        position = from
        end = min(to, source.size)
    }

    var remaining: Int64 { max(0, end - position) }
    var isAtEnd: Bool { position >= end }

    /// The next byte, which stays; nil at the end.
    mutating func peek() throws(InspectionError) -> UInt8? {
        guard position < end else { return nil }
        let index = position - chunkStart
        if index >= 0, index < Int64(chunk.count) { return chunk[Int(index)] }
        chunk = try source.bytes(at: position, count: Int(min(Self.chunkSize, end - position)))
        chunkStart = position
        return chunk.first
    }

    mutating func byte() throws(InspectionError) -> UInt8 {
        guard let byte = try peek() else { throw .truncated(at: position) }
        position += 1
        return byte
    }

    /// Moves on by `count` bytes that must be there.
    mutating func skip(_ count: UInt64) throws(InspectionError) {
        guard count <= UInt64(remaining) else { throw .truncated(at: end) }
        position += Int64(count)
    }

    /// Moves to `offset`, backward or forward inside the source.
    mutating func seek(_ offset: Int64) throws(InspectionError) {
        guard offset >= 0, offset <= end else { throw .truncated(at: end) }
        position = offset
    }

    /// `count` bytes; nothing is allocated unless they are there.
    mutating func bytes(_ count: Int) throws(InspectionError) -> [UInt8] {
        guard count >= 0, Int64(count) <= remaining else { throw .truncated(at: end) }
        let index = position - chunkStart
        defer { position += Int64(count) }
        if index >= 0, index + Int64(count) <= Int64(chunk.count) {
            return Array(chunk[Int(index)..<(Int(index) + count)])
        }
        return try source.bytes(at: position, count: count)
    }

    mutating func little<Number: FixedWidthInteger>(_ type: Number.Type) throws(InspectionError) -> Number {
        var number: Number = 0
        for shift in stride(from: 0, to: Number.bitWidth, by: 8) {
            number |= Number(truncatingIfNeeded: try byte()) << Number(shift)
        }
        return number
    }

    mutating func big<Number: FixedWidthInteger>(_ type: Number.Type) throws(InspectionError) -> Number {
        var number: Number = 0
        for _ in 0..<(Number.bitWidth / 8) {
            number = Number.bitWidth > 8 ? number << 8 : 0
            number |= Number(truncatingIfNeeded: try byte())
        }
        return number
    }

    /// UTF-8 of `length` bytes; longer than `limit` is refused before anything is read.
    mutating func text(
        _ length: UInt64, limit: Int, what: @autoclosure () -> String
    ) throws(InspectionError) -> String {
        guard length <= UInt64(limit) else {
            throw .malformed("\(what()) is \(length) bytes long, more than \(limit)")
        }
        let place = position
        guard let text = String(validating: try bytes(Int(length)), as: UTF8.self) else {
            throw .malformed("\(what()) at byte \(place) is not UTF-8")
        }
        return text
    }

    /// Nothing behind the next `length` bytes is read until `widen`.
    mutating func narrow(_ length: UInt64) throws(InspectionError) {
        guard length <= UInt64(remaining) else { throw .truncated(at: end) }
        end = position + Int64(length)
    }

    /// Ends a part that `narrow` began, with the end that was before.
    mutating func widen(to outer: Int64) { end = outer }

    /// Reads a part of `length` bytes.
    mutating func part<Result>(
        _ length: UInt64, _ body: (inout ByteCursor) throws(InspectionError) -> Result
    ) throws(InspectionError) -> Result {
        let outer = end
        try narrow(length)
        defer { end = outer }
        return try body(&self)
    }
}
