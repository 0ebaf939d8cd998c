import WaybillCore
import WaybillGit
import WaybillManifest
import WaybillReport

/// The reviewer's plan of one promotion in a fleet that is loaded: the head's files, what would be done, and the comment.
///
/// Beside it what the load of the base takes, which a command without a controller does first.
struct PlanBenchmark {
    let fleet: FleetFolder

    func run() async throws {
        try await withScratchFolder { folder in
            let (mirror, commits) = try await fleet.fetched(in: folder)
            let first = commits[0]
            let loader = FleetLoader(tree: mirror)
            let clock = ContinuousClock()
            let full = try await clock.measure { _ = try await loader.load(first) }
            guard let base = await loader.state else {
                throw Failure(.stall, reason: "NothingLoaded", message: "the first commit was not loaded")
            }
            var (times, characters): ([Duration], Int) = ([], 0)
            for _ in 0..<21 {
                _ = try await loader.load(first)
                var text = ""
                times.append(
                    try await clock.measure {
                        _ = try await loader.load(commits[1])
                        guard var head = await loader.state else { return }
                        try promote(in: &head)
                        text = plan(base, head).markdown
                    })
                characters = text.unicodeScalars.count
            }
            let median = times.sorted()[times.count / 2]
            print(
                "{\"deployments\":\(base.deployments.count),\"full_ms\":\(milliseconds(full)),"
                    + "\"plan_ms\":\(milliseconds(median)),\"characters\":\(characters)}")
        }
    }

    /// Gives the first deployment the version of the second.
    private func promote(in head: inout DesiredState) throws {
        let keys = head.deployments.keys.sorted().prefix(2)
        guard keys.count == 2, var one = head.deployments[keys[0]], let other = head.deployments[keys[1]] else {
            throw Failure(.stall, reason: "TooFew", message: "two deployments are needed")
        }
        one.spec.version = other.spec.version
        one.spec.manifest = other.spec.manifest
        one.spec.artifacts = other.spec.artifacts
        one.spec.revision = other.revision
        one.rendering = other.rendering
        head.deployments[keys[0]] = one
    }

    private func plan(_ base: DesiredState, _ head: DesiredState) -> ReviewPlan {
        let plan = FleetPlan.between(base: base, head: head, at: Timestamp(milliseconds: 0)) { old, new in
            FieldChange.between(old?.rendering, new?.rendering)
        }
        return ReviewPlan(ReviewPlan.Input(base: base, head: head, plan: plan))
    }
}
