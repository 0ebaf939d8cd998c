import Synchronization
import WaybillCore

/// Lets one effect be cut short from outside while its task stays a child of the controller's.
final class Cancellations: Sendable {
    private let signals = Mutex<[EffectID: AsyncStream<Never>.Continuation]>([:])

    /// Runs `work`, cancelled when `cancel(id)` is called; returns what `work` returned, however it ended.
    func run<Answer: Sendable>(_ id: EffectID, _ work: @escaping @Sendable () async -> Answer) async -> Answer? {
        let (stream, signal) = AsyncStream<Never>.makeStream()
        signals.withLock { $0[id] = signal }
        defer { signals.withLock { _ = $0.removeValue(forKey: id) } }
        return await withTaskGroup(of: Answer?.self) { group in
            group.addTask { await work() }
            group.addTask {
                for await _ in stream {}
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
