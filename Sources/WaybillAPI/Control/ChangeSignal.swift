import Synchronization

/// Wakes those who watch: a counter that grows by one with each change, and waiting for it to pass a value.
///
/// Changes that come while nobody looks are not lost, since a watcher says which value it has seen.
package final class ChangeSignal: Sendable {
    private struct State: Sendable {
        var generation: UInt64 = 1
        var nextWaiter: UInt64 = 0
        var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
        /// Waiters cancelled before they came to wait.
        var cancelled: Set<UInt64> = []
    }

    private let state = Mutex(State())

    package init() {}

    /// Counts from 1 and never falls.
    package var generation: UInt64 { state.withLock { $0.generation } }

    /// Says that something a watcher could see has changed.
    package func advance() {
        let woken = state.withLock { state in
            state.generation += 1
            defer { state.waiting = [:] }
            return state.waiting.values.map { $0 }
        }
        for waiter in woken { waiter.resume() }
    }

    /// Returns once the generation is past `seen`, or when the task is cancelled.
    package func wait(past seen: UInt64) async {
        let waiter = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.cancelled.remove(waiter) != nil || state.generation > seen { return true }
                    state.waiting[waiter] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            cancel(waiter)
        }
        _ = state.withLock { $0.cancelled.remove(waiter) }
    }

    private func cancel(_ waiter: UInt64) {
        let continuation = state.withLock { state in
            let found = state.waiting.removeValue(forKey: waiter)
            if found == nil { state.cancelled.insert(waiter) }
            return found
        }
        continuation?.resume()
    }
}
