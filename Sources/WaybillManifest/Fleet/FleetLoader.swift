package import WaybillCore

/// Loads the desired state of a fleet, commit by commit, reading and parsing only what changed.
///
/// Guarantees: a load that throws changes nothing, and nothing leaves the desired state because something could not be
/// read. One broken file holds what it defined and what depends on that; everything else goes on.
/// Assumptions: one load at a time; `tree` answers for the same repository always.
package actor FleetLoader {
    private let tree: any FleetTree
    private let reader: FleetReader
    private var fleet = Fleet()
    private var isLoading = false
    private var diagnostics: [Diagnostic] = []

    /// Manifests are the files below `path` (empty: everywhere) named `*.yaml` or `*.yml`, those in folders or with
    /// names that begin with `.` left out.
    package init(tree: any FleetTree, path: String = "", limits: YAMLLimits = YAMLLimits()) {
        self.tree = tree
        reader = FleetReader(tree: tree, path: path, limits: limits)
    }

    /// Loads `commit` and says what changed since the last load. The first load gives every deployment.
    ///
    /// What is broken at a commit stays as it last was. After a restart, load the `history` that came with the last commit,
    /// in its order, and then that commit: the state is the same again.
    /// - Parameter isNext: no accepted commit lies between this one and the one loaded before. A version of a model that
    ///   differs between the two was then altered, which is an error; otherwise it may have been removed and come again.
    /// - Throws: `Failure` when the tree cannot be read, or `LoadUnderWay`.
    package func load(_ commit: CommitID, isNext: Bool = true) async throws(Failure) -> DesiredDelta {
        guard !isLoading else {
            throw Failure(
                .wait, reason: "LoadUnderWay", message: "another commit is being loaded; ask again when it is done")
        }
        isLoading = true
        defer { isLoading = false }
        let delta = try await step(to: commit, isNext: isNext)
        diagnostics = delta.diagnostics
        return delta
    }

    /// Loads `commit` and gives all of it.
    package func state(at commit: CommitID) async throws(Failure) -> DesiredState {
        _ = try await load(commit)
        guard let state else {
            throw Failure(.retry, reason: "NothingLoaded", message: "commit \(commit) could not be loaded")
        }
        return state
    }

    private func step(to commit: CommitID, isNext: Bool) async throws(Failure) -> DesiredDelta {
        let input = try await reader.read(from: fleet.commit, to: commit, known: Known(fleet))
        var step = fleet.apply(input.changes, locks: input.locks, texts: input.texts, isNext: isNext)
        for (id, place) in fleet.unknownOrigins(step) {
            // Without an answer the last accepted commit is named, which had it so as well.
            guard let origin = try? await tree.origin(of: place.path, at: place.commit) else { continue }
            fleet.note(origin: origin, of: id, &step)
        }
        if !step.unlocated.isEmpty { await locate(&step) }
        return fleet.finish(step, input.changes, commit: commit)
    }

    /// Finds the exact places of problems between files; one that cannot be found stays at the head of its resource.
    private func locate(_ step: inout Fleet.Step) async {
        let files = fleet.files
        for (id, problems) in step.unlocated {
            var located: [Diagnostic] = []
            for (path, group) in Dictionary(grouping: problems, by: \.resource.location.path).sorted(by: {
                $0.key < $1.key
            }) {
                located += await reader.locate(group, path: path, blob: files[path]?.blob)
            }
            fleet.problems[id] = located.sorted(by: Diagnostic.inOrder)
        }
    }

    /// All resources and deployments after the last load; nil before the first.
    package var state: DesiredState? {
        guard let commit = fleet.commit else { return nil }
        return DesiredState(
            commit: commit, resources: fleet.resources, deployments: fleet.deployments, held: fleet.held,
            diagnostics: diagnostics, brokenFiles: fleet.brokenPaths, history: fleet.past.history)
    }

    /// A problem that others found with the field at `field` of `id`, in its exact place in the file that defines it, or at
    /// the head of the resource when the field is not written there. Nil when nothing defines `id`.
    package func diagnostic(
        of id: ResourceID, at field: [FieldStep], _ rule: DiagnosticRule, _ message: String, hint: String? = nil
    ) async -> Diagnostic? {
        guard let resource = fleet.resources[id] else { return nil }
        let problem = ReferenceProblem(resource: resource, field: field, rule: rule, message: message, hint: hint)
        let path = resource.location.path
        return await reader.locate([problem], path: path, blob: fleet.files[path]?.blob).first
    }

    /// Versions of models at the commit last loaded that nothing fixes yet.
    package func unfixed() -> [FixedVersion] { fleet.unfixedVersions() }

    /// Takes what earlier commits fixed: from the next load on, a version that is not so is altered, also one that was removed in
    /// between.
    package func remember(_ fixed: [FixedVersion]) { fleet.remember(fixed) }

    /// What should serve for `key`; its last good state when it is held.
    package func deployment(_ key: DeploymentKey) -> DesiredDeployment? { fleet.deployments[key] }

    /// Files that could not be taken, in order. While there is one, a deployment that nobody names may be in it.
    package var brokenFiles: [String] { fleet.brokenPaths.sorted() }
}
