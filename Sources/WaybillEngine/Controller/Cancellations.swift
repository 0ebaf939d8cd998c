import Synchronization
import WaybillCore

/// Lets one effect be cut short from outside while its task stays a child of the controller's.
final class Cancellations: Sendable {
    private let signals = Mutex<[EffectID: AsyncStream<Never>.Continuation]>([:])

    /// Ends when the effect is cancelled. Called before the effect's task is made, so that a cancellation that follows
    /// on the effect is never missed.
    func register(_ id: EffectID) -> AsyncStream<Never> {
        let (stream, signal) = AsyncStream<Never>.makeStream()
        signals.withLock { $0[id] = signal }
        return stream
    }

    /// Runs `work`, cancelled when `cut` ends; returns what `work` returned, however it ended.
    func run<Answer: Sendable>(
        _ id: EffectID, until cut: AsyncStream<Never>, _ work: @escaping @Sendable () async -> Answer
    ) async -> Answer? {
        defer { signals.withLock { _ = $0.removeValue(forKey: id) } }
        return await withTaskGroup(of: Answer?.self) { group in
            group.addTask { await work() }
            group.addTask {
                for await _ in cut {}
                return nil
            }
            var answer: Answer?
            for await part in group {
                if let part { answer = part }
                group.cancelAll()
            }
            return answer
        }
    }

    func cancel(_ id: EffectID) {
        signals.withLock { $0[id] }?.finish()
    }
}
