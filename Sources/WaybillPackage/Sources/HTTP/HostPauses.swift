import Synchronization
import WaybillCore

/// Hosts that asked to be left alone for a while (`Retry-After`), and until when.
final class HostPauses: Sendable {
    private let until = Mutex<[String: ContinuousClock.Instant]>([:])
    private static let longest = Duration.seconds(3600)
    private static let most = 1000

    /// Takes note of what an answer with 429 or 503 asks for, and gives it.
    @discardableResult
    func note(_ head: HTTPHead, now: ContinuousClock.Instant = .now) -> Duration? {
        guard head.status == 429 || head.status == 503, let text = head.header("retry-after"), text.utf8.count <= 9,
            let seconds = Int64(text), seconds > 0
        else { return nil }
        let pause = min(.seconds(seconds), Self.longest)
        until.withLock { until in
            if until.count >= Self.most { until = until.filter { $0.value > now } }
            if until.count < Self.most { until[head.address.authority] = now + pause }
        }
        return pause
    }

    /// How long `address`'s host is still to be left alone; nil when it is not.
    func remaining(_ address: WebAddress, now: ContinuousClock.Instant = .now) -> Duration? {
        until.withLock { until in
            guard let end = until[address.authority] else { return nil }
            if end > now { return end - now }
            until[address.authority] = nil
            return nil
        }
    }
}
