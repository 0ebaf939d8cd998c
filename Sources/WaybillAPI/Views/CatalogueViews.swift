package import WaybillCore

/// A view of something that git defines and that may be held at its last good form.
package protocol ConditionedView {
    var conditions: [ConditionView] { get }
}

extension ConditionedView {
    /// The one word for a table: what needs attention first.
    package var status: String {
        let order = ["Stalled", "Held", "Paused", "Reconciling"]
        if let abnormal = order.first(where: { kind in conditions.contains { $0.type == kind && $0.status } }) {
            return abnormal
        }
        return conditions.contains { $0.type == "Ready" && $0.status } ? "Ready" : "NotReady"
    }

    /// The condition that `status` names, which explains it.
    package var decisive: ConditionView? {
        let kind = status == "NotReady" ? "Ready" : status
        return conditions.first { $0.type == kind }
    }
}

/// One model of the registry.
package struct ModelView: Hashable, Sendable, Codable, ConditionedView {
    package var name: String
    package var owner: String
    package var description: String?
    package var intendedUse: String?
    package var license: String?
    package var riskTier: String?
    package var task: String?
    /// Every version that git has, oldest first.
    package var versions: [String]
    package var location: String
    /// `Ready` while the newest manifest is in force; `Held` at the last good one while its file is broken.
    package var conditions: [ConditionView]

    package init(
        name: Name, _ model: Model, versions: [SemanticVersion], location: SourceLocation,
        conditions: Conditions
    ) {
        self.name = name.text
        owner = model.owner
        description = model.description
        intendedUse = model.intendedUse
        license = model.license
        riskTier = model.riskTier?.rawValue
        task = model.task
        self.versions = versions.sorted().map(\.description)
        self.location = location.description
        self.conditions = conditions.all.map(ConditionView.init)
    }
}

/// One version of a model.
package struct VersionView: Hashable, Sendable, Codable, ConditionedView {
    /// `churn@1.4.0`.
    package var version: String
    package var model: String
    package var format: String
    package var artifacts: [ArtifactView]
    /// Deployments that ask for it.
    package var deployments: [String]
    /// Digest of its bundle, once it is packaged.
    package var bundle: String?
    /// Deployments in whose rotation replicas of it are; absent when there are none.
    package var serving: [String]?
    /// `deprecated: …` or `banned: …`; absent while it is active.
    package var lifecycle: String?
    package var location: String
    /// `Ready` while the newest manifest is in force; `Held` at the last good one while its file is broken.
    package var conditions: [ConditionView]

    package struct ArtifactView: Hashable, Sendable, Codable {
        package var path: String
        package var source: String
        package var digest: String
        package var size: Int64
    }

    package init(
        _ version: ModelVersion, deployments: [DeploymentKey], bundle: Digest? = nil, serving: [DeploymentKey] = [],
        lifecycle: Model.Lifecycle? = nil, location: SourceLocation, conditions: Conditions
    ) {
        self.serving = serving.isEmpty ? nil : serving.sorted().map(\.description)
        self.lifecycle = lifecycle.map { $0.state.rawValue + ($0.reason.map { ": \($0)" } ?? "") }
        self.version = version.id.description
        model = version.id.model.text
        format = version.format
        artifacts = version.artifacts.map {
            ArtifactView(path: $0.path, source: "\($0.source)", digest: "\($0.digest)", size: $0.size)
        }
        self.deployments = deployments.sorted().map(\.description)
        self.bundle = bundle?.description
        self.location = location.description
        self.conditions = conditions.all.map(ConditionView.init)
    }

    /// Bytes of all its files.
    package var size: Int64 { artifacts.reduce(0) { $0 &+ $1.size } }
}

/// One way to run models.
package struct RuntimeView: Hashable, Sendable, Codable, ConditionedView {
    package var name: String
    package var formats: [String]
    package var servingProtocol: String
    /// `3.11`, when it runs in a Python environment.
    package var python: String?
    package var lock: String?
    package var isolation: String
    package var deployments: [String]
    package var location: String
    /// `Ready` while the newest manifest is in force; `Held` at the last good one while its file is broken.
    package var conditions: [ConditionView]

    package init(
        name: Name, _ runtime: ServingRuntime, deployments: [DeploymentKey], location: SourceLocation,
        conditions: Conditions
    ) {
        self.name = name.text
        formats = runtime.formats
        servingProtocol = runtime.protocolName.rawValue
        python = runtime.environment?.python
        lock = runtime.environment?.lock
        isolation = runtime.isolation.rawValue
        self.deployments = deployments.sorted().map(\.description)
        self.location = location.description
        self.conditions = conditions.all.map(ConditionView.init)
    }
}

/// One stage of the promotion path.
package struct EnvironmentView: Hashable, Sendable, Codable, ConditionedView {
    package var name: String
    package var target: String
    package var description: String?
    package var deployments: Int
    /// How many of them are `Ready`.
    package var ready: Int
    package var location: String
    /// `Ready` while the newest manifest is in force; `Held` at the last good one while its file is broken.
    package var conditions: [ConditionView]

    package init(
        name: Name, _ environment: Environment, deployments: Int, ready: Int, location: SourceLocation,
        conditions: Conditions
    ) {
        self.name = name.text
        target = environment.target.rawValue
        description = environment.description
        self.deployments = deployments
        self.ready = ready
        self.location = location.description
        self.conditions = conditions.all.map(ConditionView.init)
    }
}

/// What versions have to prove.
package struct ChecklistView: Hashable, Sendable, Codable, ConditionedView {
    package var name: String
    package var description: String?
    /// Names of the gates in the order in which they are asked.
    package var gates: [String]
    /// Of the rules, whatever they are called.
    package var digest: String
    /// Environments that ask it.
    package var environments: [String]
    package var location: String
    /// `Ready` while the newest manifest is in force; `Held` at the last good one while its file is broken.
    package var conditions: [ConditionView]

    package init(
        name: Name, _ checklist: Checklist, environments: [Name], location: SourceLocation, conditions: Conditions
    ) {
        self.name = name.text
        description = checklist.description
        gates = checklist.ordered.map(\.name)
        digest = checklist.digest.description
        self.environments = environments.sorted().map(\.text)
        self.location = location.description
        self.conditions = conditions.all.map(ConditionView.init)
    }
}
