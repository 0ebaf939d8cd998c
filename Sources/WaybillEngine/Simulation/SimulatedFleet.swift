import WaybillCore

/// The fleet repository of a simulation: commits as whole states.
struct SimulatedFleet: Sendable {
    struct State: Hashable, Sendable {
        var deployments: [DeploymentKey: SimulatedDeployment] = [:]
        /// Broken manifests; the last good deployment, if there was one, stays in `deployments`.
        var broken: Set<DeploymentKey> = []
        /// Deployments whose pruning is disabled.
        var unpruned: Set<DeploymentKey> = []

        var named: Set<DeploymentKey> { broken.union(deployments.keys) }
    }

    private(set) var states: [CommitID: State] = [:]
    private(set) var head: CommitID
    /// Whether the branch's head has each accepted commit in its history.
    private(set) var rewound = false

    init() {
        head = Self.commit(0)
        states[head] = State()
    }

    var headState: State { states[head] ?? State() }

    /// The deployment that a validation is about, from whichever commit asked it.
    func deployment(_ question: ValidationQuestion) -> SimulatedDeployment? {
        states.values.lazy.compactMap { $0.deployments[question.deployment.key] }.first {
            $0.desired.revision == question.deployment.revision
                && $0.desired.admission.checklist == question.checklist
        }
    }

    mutating func push(_ state: State, rewinding: Bool) {
        head = Self.commit(states.count)
        states[head] = state
        rewound = rewinding
    }

    /// The commit becomes part of accepted history: what follows contains it.
    mutating func settle() { rewound = false }

    static func commit(_ number: Int) -> CommitID {
        let digits = String(number, radix: 16)
        guard let commit = try? CommitID(parsing: String(repeating: "0", count: 40 - digits.utf8.count) + digits) else {
            preconditionFailure("\(digits) is at most 40 hexadecimal digits")
        }
        return commit
    }

    /// What changes from `base` to `commit`; nil `base`: everything.
    func delta(from base: CommitID?, to commit: CommitID) -> DesiredDelta {
        let before = base.flatMap { states[$0] } ?? State()
        let after = states[commit] ?? State()
        let changed = after.deployments.filter { base == nil || before.deployments[$0.key] != $0.value }
        let removed = before.named.subtracting(after.named)
        let problem = Diagnostic(
            location: SourceLocation(path: "fleet/broken.yaml", line: 3, column: 7), rule: "unknown-field",
            message: "unknown field 'replcas'")
        let held = after.broken.filter { base == nil || !before.broken.contains($0) }
        return DesiredDelta(
            commit: commit, changed: changed.mapValues(\.desired), removed: removed,
            orphaned: removed.intersection(before.unpruned),
            held: Dictionary(uniqueKeysWithValues: held.map { ($0, [problem]) }),
            released: before.broken.subtracting(after.broken).intersection(after.named))
    }
}
