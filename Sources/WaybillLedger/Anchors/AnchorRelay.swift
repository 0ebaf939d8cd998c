import Synchronization
package import WaybillCore
import WaybillTrust

/// How a sink is doing.
package struct AnchorStatus: Hashable, Sendable {
    package let name: String
    /// Size of the last checkpoint that the sink took in this process; nil before the first.
    package var deliveredSize: UInt64?
    /// When it took it, by the clock of the settings; nil without one.
    package var deliveredAt: Timestamp?
    /// Why the last attempt failed; nil when it did not.
    package var failure: Failure?
}

/// Brings the newest checkpoint to one sink, at most once an interval, each attempt within a time limit.
final class AnchorRelay: Sendable {
    private let sink: any CheckpointSink
    private let interval: Duration
    private let timeLimit: Duration
    private let state: Mutex<AnchorStatus>
    private let now: (@Sendable () -> Timestamp)?

    init(
        _ sink: any CheckpointSink, interval: Duration, timeLimit: Duration, now: (@Sendable () -> Timestamp)? = nil
    ) {
        self.now = now
        self.sink = sink
        self.interval = interval
        self.timeLimit = timeLimit
        state = Mutex(AnchorStatus(name: sink.name))
    }

    var status: AnchorStatus { state.withLock(\.self) }

    /// Runs until its task is cancelled. `newest` gives the last durable checkpoint.
    func run(newest: @Sendable () -> SignedCheckpoint?) async {
        while !Task.isCancelled {
            await turn(newest())
            do { try await Task.sleep(for: interval) } catch { return }
        }
    }

    /// One attempt, when there is something to give.
    func turn(_ newest: SignedCheckpoint?) async {
        guard let newest, status.deliveredSize != newest.checkpoint.size else { return }
        let sink = sink
        let timeLimit = timeLimit
        await withTaskGroup(of: Failure?.self) { group in
            group.addTask {
                do throws(Failure) {
                    try await sink.deliver(newest)
                    return nil
                } catch {
                    return error
                }
            }
            group.addTask {
                try? await Task.sleep(for: timeLimit)
                return Failure(
                    .retry, reason: "AnchorFailed",
                    message: "anchor: \(sink.name) did not take the checkpoint within \(timeLimit.milliseconds) ms")
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            note(first, for: newest)
        }
    }

    private func note(_ failure: Failure?, for checkpoint: SignedCheckpoint) {
        // A sink that ends because it is cancelled may have delivered or not: the next run tries again.
        guard !Task.isCancelled else { return }
        state.withLock { state in
            state.failure = failure
            guard failure == nil else { return }
            state.deliveredSize = checkpoint.checkpoint.size
            state.deliveredAt = now?()
        }
    }
}
