/// Registry entry of a model: what it is for and who answers for it. It decides nothing about how a version runs.
package struct Model: Hashable, Sendable {
    package enum RiskTier: String, CaseIterable, Hashable, Sendable { case minimal, limited, high }

    package var owner: String
    package var description: String?
    package var intendedUse: String?
    package var license: String?
    package var riskTier: RiskTier?
    package var task: String?
    /// What is said of single versions; those that are not named are active.
    package var lifecycle: [Lifecycle]

    /// Whether one version is still to be used, and why not.
    package struct Lifecycle: Hashable, Sendable {
        package enum State: String, CaseIterable, Hashable, Sendable {
            case active
            /// Plans warn.
            case deprecated
            /// Nothing begins to serve it; what serves it goes on and is flagged.
            case banned
        }

        package var version: SemanticVersion
        package var state: State
        package var reason: String?

        package init(version: SemanticVersion, state: State, reason: String? = nil) {
            self.version = version
            self.state = state
            self.reason = reason
        }

        /// `is banned: it leaks addresses`.
        package var sentence: String { "is \(state.rawValue)" + (reason.map { ": \($0)" } ?? "") }
    }

    package init(
        owner: String, description: String? = nil, intendedUse: String? = nil, license: String? = nil,
        riskTier: RiskTier? = nil, task: String? = nil, lifecycle: [Lifecycle] = []
    ) {
        self.owner = owner
        self.description = description
        self.intendedUse = intendedUse
        self.license = license
        self.riskTier = riskTier
        self.task = task
        self.lifecycle = lifecycle
    }

    /// What is said of `version`; nil when nothing is, or that it is active.
    package func lifecycle(of version: SemanticVersion) -> Lifecycle? {
        lifecycle.first { $0.version == version && $0.state != .active }
    }
}
