package import WaybillCore

/// What is to be done, deployment by deployment; those with nothing to do and nothing to say are left out. Ids are whole:
/// what people read shortens them.
package struct PlanView: Hashable, Sendable, Codable {
    /// What the desired state was compared with.
    package enum Basis: String, Hashable, Sendable, Codable {
        /// What the controller sees running.
        case observed
        /// Another commit, taken for what runs.
        case commit
    }

    package var basis: Basis
    /// The commit that was taken for what runs; absent for `observed`.
    package var base: String?
    /// How the base was asked for, as `main`; absent when by its id.
    package var baseName: String?
    /// The desired commit; absent when the controller has none yet.
    package var commit: String?
    /// A commit that the controller does not take, or would not.
    package var hold: CommitHoldView?
    /// Why the remote could not be asked last time: then the desired commit may not be the newest.
    package var repositoryProblem: String?
    /// How many deployments there are of each verb.
    package var counts: [String: Int]
    package var deployments: [KeyPlanView]
    /// Problems of the desired commit.
    package var problems: [DiagnosticView]

    package init(
        basis: Basis, base: CommitID? = nil, baseName: String? = nil, commit: CommitID?,
        hold: CommitHoldView? = nil, repositoryProblem: String? = nil, deployments: [KeyPlanView],
        problems: [Diagnostic] = []
    ) {
        self.basis = basis
        self.base = base?.hex
        self.baseName = baseName
        self.commit = commit?.hex
        self.hold = hold
        self.repositoryProblem = repositoryProblem
        self.deployments = deployments
        self.problems = problems.map(DiagnosticView.init)
        counts = Dictionary(
            uniqueKeysWithValues: FleetPlan.Verb.allCases.map { verb in
                (verb.rawValue, deployments.count { $0.verb == verb.rawValue })
            })
    }

    /// True when there is something to do, or a commit waits for a person.
    package var hasChanges: Bool {
        hold != nil || deployments.contains { !$0.actions.isEmpty || !$0.changes.isEmpty }
    }

    /// False when no desired state is known, so that an empty plan says nothing.
    package var isKnown: Bool { commit != nil || hold != nil }
}

/// Why a deployment is kept as it is.
package struct HoldView: Hashable, Sendable, Codable {
    /// `InvalidManifest`, `Paused`…
    package var reason: String
    package var message: String

    package init(reason: String, message: String) {
        self.reason = reason
        self.message = message
    }

    package init(_ hold: FleetPlan.Hold) { self.init(reason: hold.reason, message: hold.message) }
}

/// A commit that is not taken until an operator accepts it.
package struct CommitHoldView: Hashable, Sendable, Codable {
    /// `HistoryRewound` or `MassDeletion`.
    package var reason: String
    package var message: String
    package var commit: String
    /// What stays in force meanwhile.
    package var accepted: String?

    package init(reason: String, message: String, commit: CommitID, accepted: CommitID?) {
        self.reason = reason
        self.message = message
        self.commit = commit.hex
        self.accepted = accepted?.hex
    }
}
