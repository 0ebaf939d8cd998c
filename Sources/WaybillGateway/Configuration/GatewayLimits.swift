/// Bounds on what one client, one backend and one table may cost. Times are checked every `tick`.
package struct GatewayLimits: Sendable, Hashable {
    /// Longest request target in bytes; past it 414.
    package var targetBytes = 8 * 1024
    /// Longest single header field or value in bytes; past it 431.
    package var headerFieldBytes = 16 * 1024
    /// All header fields of a message in bytes; past it 431.
    package var headerBytes = 64 * 1024
    /// Header fields of a message; past it 431.
    package var headerCount = 128
    /// Largest request body in bytes; past it 413.
    package var bodyBytes: Int64 = 256 * 1024 * 1024
    /// Up to this a request is gathered whole before a backend is chosen, so that it can be sent a second time.
    package var gatherBytes = 64 * 1024
    /// A side is no longer read while more than this waits to be written to the other.
    package var writeBufferBytes = 64 * 1024
    /// Client connections; past it 503 and closed.
    package var connections = 16_384

    package var connectTimeout: Duration = .seconds(2)
    /// From the request's last byte to the answer's first.
    package var firstByteTimeout: Duration = .seconds(300)
    /// Without a byte either way while a message is under way.
    package var idleTimeout: Duration = .seconds(300)
    /// Without a request on a client's connection; also from its start to its first request's head.
    package var keepAliveTimeout: Duration = .seconds(75)
    /// Kept connections to backends; below the 5 s after which uvicorn, which most model servers use, closes them.
    package var upstreamIdleTimeout: Duration = .seconds(4)
    /// Kept connections to one backend on one loop.
    package var upstreamIdleConnections = 256
    /// How long what a client still sends is thrown away after its answer, so that the answer is not lost to a reset.
    package var lingerTimeout: Duration = .seconds(2)
    /// From the order to stop until what is left is cut off.
    package var drainTimeout: Duration = .seconds(30)
    package var tick: Duration = .milliseconds(100)

    /// Largest body of which a record keeps more than a digest.
    package var recordedBodyBytes = 64 * 1024
    /// What one loop's records may take while they wait to be written.
    package var recordBufferBytes = 8 * 1024 * 1024
    package var recordBufferCount = 16_384
    /// From one look of the writer of records to the next.
    package var recordInterval: Duration = .milliseconds(20)
    /// A segment of records is closed once it is so large, in bytes, or so old.
    package var segmentBytes = 16 * 1024 * 1024
    package var segmentAge: Duration = .seconds(60)
    /// Largest body of a feedback in bytes; past it 413.
    package var feedbackBytes = 16 * 1024

    /// Largest route table in bytes.
    package var tableBytes = 32 * 1024 * 1024

    package init() {}
}

extension Duration {
    /// Whole nanoseconds, saturated.
    var inNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, seconds < 1_000_000_000 else { return seconds < 0 ? 0 : 1_000_000_000_000_000_000 }
        return UInt64(seconds) * 1_000_000_000 + UInt64(max(0, attoseconds) / 1_000_000_000)
    }
}
