import WaybillCore

/// How long a transfer waits so that it takes no more bytes each second than it may.
struct TransferPace {
    let bytesPerSecond: Int
    private var start: ContinuousClock.Instant?
    private var received = 0

    init(bytesPerSecond: Int) { self.bytesPerSecond = max(bytesPerSecond, 1) }

    /// Counts `bytes`, all that came of one transfer, and says how long to wait; fewer than before are those of another transfer.
    mutating func delay(received bytes: Int, now: ContinuousClock.Instant) -> Duration? {
        if bytes < received { start = nil }
        received = bytes
        let begin = start ?? now
        start = begin
        let earned = begin + .seconds(Double(bytes) / Double(bytesPerSecond))
        // Short waits are gathered: a timer is not that fine.
        return earned - now > .milliseconds(5) ? earned - now : nil
    }
}
