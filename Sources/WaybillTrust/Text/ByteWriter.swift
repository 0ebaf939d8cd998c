/// Bytes that grow at their end. Events are written piece by piece on the path of every act: here a piece costs a comparison and a
/// copy, where an array asks for each whether it is shared.
///
/// Guarded by having one owner: nobody else reaches the memory.
package struct ByteWriter: ~Copyable, @unchecked Sendable {
    private var start: UnsafeMutableRawPointer
    private var capacity: Int
    package private(set) var count = 0

    /// - Parameter capacity: bytes that are expected; more find room as well.
    package init(capacity: Int = 256) {
        self.capacity = max(capacity, 64)
        start = .allocate(byteCount: self.capacity, alignment: 16)
    }

    deinit { start.deallocate() }

    private mutating func reserve(_ more: Int) {
        if capacity - count < more { grow(more) }
    }

    @inline(never)
    private mutating func grow(_ more: Int) {
        capacity = max(2 * capacity, count + more)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        larger.copyMemory(from: start, byteCount: count)
        start.deallocate()
        start = larger
    }

    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        reserve(bytes.count)
        (start + count).copyMemory(from: source, byteCount: bytes.count)
        count += bytes.count
    }

    package mutating func append(_ byte: UInt8) {
        reserve(1)
        (start + count).storeBytes(of: byte, as: UInt8.self)
        count += 1
    }

    package mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { append(UnsafeRawBufferPointer($0)) }
    }

    package mutating func append(utf8 text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    /// `text` between quotation marks, as it is.
    mutating func append(quoted text: UnsafeRawBufferPointer) {
        reserve(text.count + 2)
        let place = start + count
        place.storeBytes(of: UInt8(ascii: "\""), as: UInt8.self)
        if let source = text.baseAddress { (place + 1).copyMemory(from: source, byteCount: text.count) }
        (place + 1 + text.count).storeBytes(of: UInt8(ascii: "\""), as: UInt8.self)
        count += text.count + 2
    }

    /// Zeros, to be set when what belongs there is known.
    package mutating func leaveRoom(_ bytes: Int) {
        reserve(bytes)
        (start + count).initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
        count += bytes
    }

    /// Overwrites what stands from `place` on, all of which must have been appended before.
    package mutating func set(_ bytes: UnsafeRawBufferPointer, at place: Int) {
        precondition(place >= 0 && place + bytes.count <= count, "only what was appended is overwritten")
        UnsafeMutableRawBufferPointer(start: start + place, count: bytes.count).copyMemory(from: bytes)
    }

    /// Forgets what stands from `place` on.
    package mutating func truncate(to place: Int) { count = min(max(place, 0), count) }

    /// The bytes so far, for as long as `body` runs.
    package borrowing func withBytes<Result, Problem: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Problem) -> Result
    ) throws(Problem) -> Result {
        try body(UnsafeRawBufferPointer(start: start, count: count))
    }

    package var bytes: [UInt8] { withBytes(Array.init) }
}
