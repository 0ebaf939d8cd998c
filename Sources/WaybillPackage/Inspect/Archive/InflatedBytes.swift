import Synchronization

/// A packed stream as a source that is mostly read forward: what was read last is kept, going far back starts the stream again.
///
/// Starting again is bounded, so that a file cannot make its reader work for ever; a format that must jump about in a large packed
/// member is not looked into.
final class InflatedBytes: ByteSource {
    private let source: any ByteSource
    private let packing: Packing
    let size: Int64
    private let state: Mutex<State>

    private static let kept = 4 << 20
    private static let restarts = 8

    private final class State {
        var stream: Stream?
        var restarts = 0
    }

    /// Owns the unpacker, which cannot be copied, and the last bytes that it gave.
    private final class Stream {
        var inflater: Inflater
        var window: [UInt8] = []
        var start: Int64 = 0
        init(_ inflater: consuming Inflater) { self.inflater = inflater }
        var end: Int64 { start + Int64(window.count) }
    }

    /// `size` is what the archive says; more is never given.
    init(_ source: any ByteSource, _ packing: Packing, size: Int64) {
        self.source = source
        self.packing = packing
        self.size = size
        state = Mutex(State())
    }

    func bytes(at offset: Int64, count: Int) throws(InspectionError) -> [UInt8] {
        guard offset >= 0, count >= 0, offset <= size, Int64(count) <= size - offset else {
            throw .truncated(at: offset)
        }
        let outcome: Result<[UInt8], InspectionError> = state.withLock { state in
            Result { () throws(InspectionError) in try read(offset, count, state) }
        }
        return try outcome.get()
    }

    private func read(_ offset: Int64, _ count: Int, _ state: State) throws(InspectionError) -> [UInt8] {
        let stream = try stream(from: offset, state)
        let wanted = offset + Int64(count)
        var taken: [UInt8] = []
        while true {
            if offset + Int64(taken.count) < stream.end {
                let from = Int(offset + Int64(taken.count) - stream.start)
                let upTo = min(stream.window.count, Int(wanted - stream.start))
                taken.append(contentsOf: stream.window[from..<upTo])
            }
            if taken.count == count { return taken }
            let next = try stream.inflater.next(256 << 10)
            guard !next.isEmpty else { throw .truncated(at: stream.end) }
            if stream.window.count + next.count > Self.kept {
                let dropped = max(0, stream.window.count - Self.kept / 2)
                stream.start += Int64(dropped)
                stream.window.removeFirst(dropped)
            }
            stream.window += next
        }
    }

    private func stream(from offset: Int64, _ state: State) throws(InspectionError) -> Stream {
        if let stream = state.stream, offset >= stream.start { return stream }
        guard state.restarts < Self.restarts else {
            throw .unreadable("too large to be looked into while it is packed; unpack it first")
        }
        state.restarts += 1
        let stream = Stream(try Inflater(source, packing))
        state.stream = stream
        return stream
    }
}
