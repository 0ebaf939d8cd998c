/// All resources of the fleet at one commit, resolved: what should serve, and what is held because its files are broken.
package struct DesiredState: Sendable {
    package var commit: CommitID
    package var resources: [ResourceID: Resource]
    package var deployments: [DeploymentKey: DesiredDeployment]
    /// Deployments that cannot be resolved at this commit, or depend on something that cannot: they stay at their last good state.
    package var held: [DeploymentKey: [Diagnostic]]
    /// Every problem of the commit, sorted by place.
    package var diagnostics: [Diagnostic]
    /// Files that could not be taken. While there is one, a deployment that nobody names may be in it.
    package var brokenFiles: Set<String>
    /// As in `DesiredDelta`.
    package var history: [CommitID]

    package init(
        commit: CommitID, resources: [ResourceID: Resource] = [:],
        deployments: [DeploymentKey: DesiredDeployment] = [:],
        held: [DeploymentKey: [Diagnostic]] = [:], diagnostics: [Diagnostic] = [],
        brokenFiles: Set<String> = [], history: [CommitID] = []
    ) {
        self.commit = commit
        self.resources = resources
        self.deployments = deployments
        self.held = held
        self.diagnostics = diagnostics
        self.brokenFiles = brokenFiles
        self.history = history
    }
}
