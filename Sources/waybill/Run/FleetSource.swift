import WaybillCore
import WaybillManifest

/// The fleet's manifests as the controller's source of desired state.
actor FleetSource: DesiredStateSource {
    private let tree: any FleetTree
    private let path: String
    private let inForce: CommitInForce
    private var loader: FleetLoader
    /// What was in force when another commit was last loaded.
    private var kept: DesiredState?

    init(tree: any FleetTree, path: String, inForce: CommitInForce) {
        self.tree = tree
        self.path = path
        self.inForce = inForce
        loader = FleetLoader(tree: tree, path: path)
    }

    func load(_ commit: CommitID) async throws(Failure) -> DesiredDelta {
        await keep()
        return try await loader.load(commit)
    }

    func replay(_ commit: CommitID, isNext: Bool) async throws(Failure) -> DesiredDelta {
        await keep()
        return try await loader.load(commit, isNext: isNext)
    }

    func forget() async {
        await keep()
        loader = FleetLoader(tree: tree, path: path)
    }

    /// All of the commit in force, also while another one is loaded to be judged; nil before the first.
    func stateInForce() async -> DesiredState? {
        await keep()
        return kept
    }

    private func keep() async {
        guard let state = await loader.state, state.commit == inForce.commit else { return }
        kept = state
    }

    func unfixed() async -> [FixedVersion] { await loader.unfixed() }

    func remember(_ fixed: [FixedVersion]) async { await loader.remember(fixed) }

    func current() async -> DesiredState? { await loader.state }

    /// What a deployment was at a commit, beside what is in force.
    func recall(_ key: DeploymentKey, at commit: CommitID) async -> Result<DesiredDeployment, Failure> {
        let state: DesiredState
        do throws(Failure) { state = try await FleetLoader(tree: tree, path: path).state(at: commit) } catch {
            return .failure(error)
        }
        guard let desired = state.deployments[key] else {
            return .failure(
                Failure(
                    .retry, reason: "RecallDiffers", message: "commit \(commit.short) has no sound manifest of \(key)"))
        }
        return .success(desired)
    }
}
