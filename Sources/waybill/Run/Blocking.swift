import Dispatch

/// Runs work that blocks on a thread of its own, never on one of the tasks' shared ones.
enum Blocking {
    private static let queue = DispatchQueue(label: "waybill.blocking", attributes: .concurrent)

    static func run<Answer: Sendable, Problem: Error>(
        _ work: @escaping @Sendable () throws(Problem) -> Answer
    ) async throws(Problem) -> Answer {
        let result: Result<Answer, Problem> = await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: Result { () throws(Problem) in try work() }) }
        }
        return try result.get()
    }
}
