/// Reads a pickle from front to back through a window of its source, and the text of strings again when it is asked for.
struct PickleReader {
    private static let windowSize = 1 << 16

    let source: any ByteSource
    private var window: [UInt8] = []
    private var windowStart: Int64
    private var index = 0

    init(_ source: any ByteSource, at offset: Int64 = 0) {
        self.source = source
        windowStart = offset
    }

    var position: Int64 { windowStart + Int64(index) }
    var isAtEnd: Bool { position >= source.size }
    var remaining: Int64 { source.size - position }

    @inline(__always)
    mutating func byte() throws(PickleError) -> UInt8 {
        if index == window.count { try refill() }
        let byte = window[index]
        index += 1
        return byte
    }

    /// The next byte, which stays next; nil at the end.
    mutating func peek() throws(PickleError) -> UInt8? {
        if index == window.count {
            guard !isAtEnd else { return nil }
            try refill()
        }
        return window[index]
    }

    /// An unsigned number of `count` bytes (at most 8), the lowest first.
    mutating func unsigned(_ count: Int) throws(PickleError) -> UInt64 {
        var number: UInt64 = 0
        for place in 0..<count { number |= UInt64(try byte()) << UInt64(8 * place) }
        return number
    }

    /// Passes over `count` bytes, which must be there.
    mutating func skip(_ count: UInt64) throws(PickleError) {
        guard count <= UInt64(remaining) else { throw .truncated(at: position) }
        if count <= UInt64(window.count - index) {
            index += Int(count)
        } else {
            windowStart = position + Int64(count)
            window.removeAll(keepingCapacity: true)
            index = 0
        }
    }

    /// Passes over a line and its newline; gives where its text is.
    mutating func line() throws(PickleError) -> Range<Int64> {
        let start = position
        while true {
            if index == window.count { try refill() }
            if let end = window[index...].firstIndex(of: 0x0A) {
                index = end + 1
                return start..<(position - 1)
            }
            index = window.count
        }
    }

    /// The bytes of a place that was passed over.
    func bytes(_ range: Range<Int64>) throws(PickleError) -> [UInt8] {
        if range.lowerBound >= windowStart, range.upperBound <= windowStart + Int64(window.count) {
            return Array(window[Int(range.lowerBound - windowStart)..<Int(range.upperBound - windowStart)])
        }
        do throws(InspectionError) {
            return try source.bytes(at: range.lowerBound, count: Int(range.upperBound - range.lowerBound))
        } catch { throw Self.error(error) }
    }

    /// Passes over `count` bytes and appends them to `held`.
    mutating func take(_ count: Int, into held: inout [UInt8]) throws(PickleError) {
        if count <= window.count - index {
            held.append(contentsOf: window[index..<(index + count)])
        } else {
            held.append(contentsOf: try bytes(position..<(position + Int64(count))))
        }
        try skip(UInt64(count))
    }

    /// Whether text at the next `count` bytes begins and ends with two underscores.
    mutating func isDunder(_ count: UInt64) throws(PickleError) -> Bool {
        guard count > 4, count <= 256, count <= UInt64(remaining), try peek() == 0x5F else { return false }
        let text = try bytes(position..<(position + Int64(count)))
        return text.starts(with: [0x5F, 0x5F]) && text.suffix(2) == [0x5F, 0x5F]
    }

    private mutating func refill() throws(PickleError) {
        windowStart = position
        index = 0
        let count = min(Int64(Self.windowSize), source.size - windowStart)
        guard count > 0 else {
            window.removeAll()
            throw .truncated(at: windowStart)
        }
        do throws(InspectionError) {
            window = try source.bytes(at: windowStart, count: Int(count))
        } catch {
            window.removeAll()
            throw Self.error(error)
        }
    }

    private static func error(_ error: InspectionError) -> PickleError {
        switch error {
        case .truncated(let place): .truncated(at: place)
        case .malformed(let what): .unreadable(what)
        case .unreadable(let what): .unreadable(what)
        }
    }
}
