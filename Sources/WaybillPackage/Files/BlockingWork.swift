import Dispatch
import Synchronization
import WaybillCore

/// Where calls that block on the disk run, so that they never hold a thread of Swift's pool.
struct BlockingWork: Sendable {
    private let queue: DispatchQueue

    init(label: String) { queue = DispatchQueue(label: label, qos: .utility, attributes: .concurrent) }

    /// Runs `body` and gives what it gave. `body` is told through its argument when the task is cancelled, and should end then.
    func run<Result: Sendable>(
        _ body: @escaping @Sendable (Cancellation) throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let cancellation = Cancellation()
        let result: Swift.Result<Result, Failure> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                queue.async {
                    do throws(Failure) {
                        continuation.resume(returning: .success(try body(cancellation)))
                    } catch {
                        continuation.resume(returning: .failure(error))
                    }
                }
            }
        } onCancel: {
            cancellation.cancel()
        }
        return try result.get()
    }
}

/// Carries a task's cancellation into blocking work.
final class Cancellation: Sendable {
    private let flag = Atomic(false)

    var isCancelled: Bool { flag.load(ordering: .relaxed) }
    func cancel() { flag.store(true, ordering: .relaxed) }
}
