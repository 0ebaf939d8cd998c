import Synchronization
import WaybillCore

/// When commits were fetched and decided.
final class Stopwatch: Sendable {
    private struct State {
        var fetched: [CommitID: ContinuousClock.Instant] = [:]
        var decided: [String: ContinuousClock.Instant] = [:]
        var deployments = 0
        var lastLoad: Duration?
        var plans = 0
        var lastAppend = ContinuousClock.now
    }

    private let state = Mutex(State())

    func fetched(_ commit: CommitID) { state.withLock { $0.fetched[commit] = .now } }

    func loaded(_ delta: DesiredDelta, in time: Duration) {
        state.withLock { state in
            state.deployments = max(state.deployments, delta.changed.count)
            state.lastLoad = time
        }
    }

    func appended(_ events: [Event]) {
        state.withLock { state in
            state.lastAppend = .now
            for event in events where event.type == .planDecided {
                state.plans += 1
                if let commit = event.body["commit"]?.string, state.decided[commit] == nil {
                    state.decided[commit] = state.lastAppend
                }
            }
        }
    }

    var deployments: Int { state.withLock(\.deployments) }
    var lastLoad: Duration? { state.withLock(\.lastLoad) }
    var plans: Int { state.withLock(\.plans) }
    /// The ledger was written to in the last second.
    var isBusy: Bool { state.withLock { ContinuousClock.now - $0.lastAppend < .seconds(1) } }

    func fetchedToDecided(_ commit: CommitID) -> Duration? {
        state.withLock { state in
            guard let begin = state.fetched[commit], let end = state.decided[commit.hex] else { return nil }
            return end - begin
        }
    }
}
