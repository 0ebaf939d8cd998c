import Dispatch
import WaybillCore

private let blockingQueue = DispatchQueue(label: "waybill.local-target", attributes: .concurrent)

/// Runs blocking work away from the threads that tasks share.
func offloaded<Success: Sendable>(
    _ work: @escaping @Sendable () throws(Failure) -> Success
) async throws(Failure) -> Success {
    let result: Result<Success, Failure> = await withCheckedContinuation { continuation in
        blockingQueue.async {
            do throws(Failure) {
                continuation.resume(returning: .success(try work()))
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }
    }
    return try result.get()
}

/// The same for work that cannot fail.
func offloaded<Success: Sendable>(_ work: @escaping @Sendable () -> Success) async -> Success {
    await withCheckedContinuation { continuation in
        blockingQueue.async { continuation.resume(returning: work()) }
    }
}
