import Foundation
import WaybillAPI
import WaybillCore
import WaybillGit
import WaybillManifest

/// What a merge would do, from two commits of a clone: the first is taken for what runs.
struct CommitPlanning: OfflinePlanning {
    func plan(repository: String, path: String, base: String, head: String) async throws(Failure) -> PlanView {
        let clone = try WorkingClone(containing: repository)
        let (from, to) = (try await clone.resolve(base), try await clone.resolve(head))
        // One loader for both, as the controller has: what breaks in between stays as it last was.
        let loader = FleetLoader(tree: clone, path: path)
        let before = try await Self.load(from, loader)
        let after = try await Self.load(to, loader)
        let plan = FleetPlan.between(base: before, head: after, at: .now) { old, new in
            guard let old, let new else { return [] }
            return FieldChange.between(old.rendering, new.rendering)
        }
        return Self.view(plan, base: Self.named(base, from), after)
    }

    private static func load(_ commit: CommitID, _ loader: FleetLoader) async throws(Failure) -> DesiredState {
        _ = try await loader.load(commit)
        guard let state = await loader.state else {
            throw Failure(.retry, reason: "NothingLoaded", message: "commit \(commit) could not be loaded")
        }
        return state
    }

    /// `main (3f2a9c01d4)`, or the short id alone when that is what was asked for.
    private static func named(_ name: String, _ commit: CommitID) -> String {
        commit.hex.hasPrefix(name) ? commit.short : "\(name) (\(commit.short))"
    }

    private static func view(_ plan: FleetPlan, base: String, _ after: DesiredState) -> PlanView {
        var views = plan.entries.map { entry in
            KeyPlanView(
                key: entry.plan.key, from: entry.plan.from, to: entry.plan.to,
                rendering: after.deployments[entry.plan.key]?.rendering.digest,
                changes: entry.changes.map {
                    FieldChangeView(field: $0.path, from: $0.before, to: $0.after, restart: $0.restarts)
                },
                actions: entry.plan.actions,
                hold: entry.plan.goal == .orphaned
                    ? "git no longer names it and pruning is disabled: it is left alone" : nil)
        }
        for (key, problems) in after.held {
            let why = problems.first.map(DiagnosticText.headline) ?? "its manifests are broken"
            views.append(
                KeyPlanView(
                    key: key, from: after.deployments[key]?.revision, to: after.deployments[key]?.revision,
                    rendering: nil,
                    changes: [], actions: [], hold: "stays as it is: " + why))
        }
        return PlanView(
            base: base, commit: after.commit, deployments: views.sorted { $0.deployment < $1.deployment },
            problems: after.diagnostics)
    }
}
