import Foundation
import WaybillCore
import WaybillEngine
import WaybillGit
import WaybillLedger

/// From the end of a fetch to a durable `plan.decided`: the controller's own watcher, mirror, loader, engine and ledger in
/// this process, with the models' world in memory.
///
/// Beside each other in one run: what the first commit takes, all of it read and loaded, and the median of one changed file.
struct DecideBenchmark {
    let fleet: FleetFolder

    func run() async throws {
        try await withScratchFolder { folder in
            let commits = try fleet.commits()
            try fleet.move(to: commits[0])
            let ledger = try await Ledger.open(LedgerSettings(folder: folder + "/ledger"))
            let parts = try TimedController(mirror: try fleet.mirror(in: folder + "/git"), ledger: ledger)
            try await parts.run {
                let full = try await loadAll(parts)
                var times: [Duration] = []
                for commit in commits.dropFirst() { times.append(try await decide(commit, parts)) }
                report(full, times.sorted(), deployments: parts.stopwatch.deployments)
            }
            await ledger.close()
        }
    }

    /// Takes the first commit in and waits until nothing is left to plan; how long its load took.
    private func loadAll(_ parts: TimedController) async throws -> Duration {
        _ = try await parts.watcher.sync()
        guard let full = parts.stopwatch.lastLoad else {
            throw Failure(.stall, reason: "NothingLoaded", message: "the first commit was not loaded")
        }
        while parts.stopwatch.plans < parts.stopwatch.deployments || parts.stopwatch.isBusy {
            try await Task.sleep(for: .milliseconds(100))
        }
        return full
    }

    private func decide(_ commit: CommitID, _ parts: TimedController) async throws -> Duration {
        try fleet.move(to: commit)
        _ = try await parts.watcher.sync()
        while true {
            if let time = parts.stopwatch.fetchedToDecided(commit) { return time }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    private func report(_ full: Duration, _ times: [Duration], deployments: Int) {
        let median = milliseconds(times[times.count / 2])
        print(
            "{\"deployments\":\(deployments),\"full_ms\":\(milliseconds(full)),\"one_ms\":\(median),"
                + "\"worst_ms\":\(milliseconds(times[times.count - 1])),\"changes\":\(times.count)}")
    }
}
