import Synchronization
import WaybillCore

/// How many bytes all transfers together may take each second.
final class TransferRate: Sendable {
    private let bytesPerSecond: Int64
    /// When what was admitted so far will have been earned.
    private let earned = Mutex<ContinuousClock.Instant?>(nil)

    init(bytesPerSecond: Int64) { self.bytesPerSecond = max(bytesPerSecond, 1) }

    /// Counts `bytes` that have arrived and says how long to wait before more are taken.
    func delay(after bytes: Int, now: ContinuousClock.Instant) -> Duration {
        let cost = Duration.seconds(Double(bytes) / Double(bytesPerSecond))
        return earned.withLock { earned in
            let next = max(earned ?? now, now) + cost
            earned = next
            return next - now
        }
    }

    func take(_ bytes: Int) async throws(Failure) {
        let delay = delay(after: bytes, now: .now)
        // Short waits are gathered: a timer is not that fine.
        guard delay > .milliseconds(5) else { return }
        do { try await Task.sleep(for: delay) } catch { throw .cancelled }
    }
}
