import Synchronization

/// Knows whether the controller's loops still turn: each loop says by when it will be heard of again.
///
/// A process that answers is not therefore alive: readiness fails while any loop is past its deadline.
package final class Heartbeat: Sendable {
    private struct Loop: Sendable {
        var deadline: ContinuousClock.Instant
        var beatAt: ContinuousClock.Instant
    }

    private let loops = Mutex<[String: Loop]>([:])
    private let now: @Sendable () -> ContinuousClock.Instant

    package init(now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }) { self.now = now }

    /// Says that `loop` is alive and will say so again within `limit`. A loop that waits for something slow says so
    /// before it waits, with a limit that covers it.
    package func beat(_ loop: String, within limit: Duration) {
        let now = now()
        loops.withLock { $0[loop] = Loop(deadline: now + limit, beatAt: now) }
    }

    /// `loop` has ended on purpose.
    package func retire(_ loop: String) {
        _ = loops.withLock { $0.removeValue(forKey: loop) }
    }

    /// Loops past their deadline, by name, with what to show of each.
    package var stalled: [String] {
        let now = now()
        return loops.withLock { loops in
            loops.filter { $0.value.deadline < now }.sorted { $0.key < $1.key }.map { name, loop in
                "\(name): not heard of for \((now - loop.beatAt).components.seconds) s"
            }
        }
    }

    /// Whether any loop has begun.
    package var hasBegun: Bool { loops.withLock { !$0.isEmpty } }
}
