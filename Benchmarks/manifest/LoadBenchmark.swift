import WaybillCore
import WaybillGit
import WaybillManifest

/// The loader on the mirror of a fleet, as the controller has both: a full load, then back and forth over one change.
struct LoadBenchmark {
    let fleet: FleetFolder

    func run() async throws {
        try await withScratchFolder { folder in
            let (mirror, commits) = try await fleet.fetched(in: folder)
            try await measure(FleetLoader(tree: mirror), commits[0], commits[1])
        }
    }

    private func measure(_ loader: FleetLoader, _ first: CommitID, _ second: CommitID) async throws {
        let clock = ContinuousClock()
        var counts = (deployments: 0, problems: 0, changed: 0)
        let full = try await clock.measure {
            let delta = try await loader.load(first)
            counts = (delta.changed.count, delta.diagnostics.count, 0)
        }
        let memory = mostResident()
        var times: [Duration] = []
        for round in 0..<21 {
            let target = round % 2 == 0 ? second : first
            times.append(try await clock.measure { counts.changed = try await loader.load(target).changed.count })
        }
        let median = times.sorted()[times.count / 2]
        print(
            "{\"deployments\":\(counts.deployments),\"problems\":\(counts.problems),\"full_ms\":\(milliseconds(full)),"
                + "\"one_changed\":\(counts.changed),\"one_ms\":\(milliseconds(median)),\"resident_mb\":\(memory)}")
    }
}
