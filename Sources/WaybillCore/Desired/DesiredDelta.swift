/// What a commit changes in the desired state, so that work grows with the change and not with the fleet.
package struct DesiredDelta: Sendable {
    package var commit: CommitID
    /// Deployments whose rendering is new or other than before.
    package var changed: [DeploymentKey: DesiredDeployment]
    /// Deployments that git no longer names. Never holds one whose file failed to parse.
    package var removed: Set<DeploymentKey>
    /// Removed deployments whose last good manifest carried `waybill.dev/prune: disabled`.
    package var orphaned: Set<DeploymentKey>
    /// Deployments that are held as they are from this commit on, with what is wrong; only new or changed ones.
    package var held: [DeploymentKey: [Diagnostic]]
    /// Deployments that were held and no longer are.
    package var released: Set<DeploymentKey>
    /// Every problem of the commit, sorted by place.
    package var diagnostics: [Diagnostic]
    /// Earlier commits that lead to the state at this one when they are loaded before it, oldest first: what is broken now
    /// depends on how it came to be. Empty when nothing is.
    package var history: [CommitID]

    package init(
        commit: CommitID, changed: [DeploymentKey: DesiredDeployment] = [:], removed: Set<DeploymentKey> = [],
        orphaned: Set<DeploymentKey> = [], held: [DeploymentKey: [Diagnostic]] = [:],
        released: Set<DeploymentKey> = [], diagnostics: [Diagnostic] = [], history: [CommitID] = []
    ) {
        self.commit = commit
        self.changed = changed
        self.removed = removed
        self.orphaned = orphaned
        self.held = held
        self.released = released
        self.diagnostics = diagnostics
        self.history = history
    }
}
