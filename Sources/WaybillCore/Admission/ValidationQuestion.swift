/// What a deployment's environment wants to know of a revision before it starts.
package struct ValidationQuestion: Hashable, Sendable {
    package var deployment: DesiredDeployment
    package var checklist: AskedChecklist
    /// The desired commit, from which data, locks and allow lists are read.
    package var commit: CommitID
    /// Measure again what was measured before: a person asked for it.
    package var isAnew: Bool

    package init(deployment: DesiredDeployment, checklist: AskedChecklist, commit: CommitID, isAnew: Bool = false) {
        self.deployment = deployment
        self.checklist = checklist
        self.commit = commit
        self.isAnew = isAnew
    }
}

/// What came of it.
package struct ValidationAnswer: Hashable, Sendable {
    package var verdict: GateVerdict
    /// Of each gate that was asked, by its name.
    package var gates: [String: Verdict]
    /// Gates whose result was taken from an earlier run.
    package var cached: [String]

    package init(_ verdict: GateVerdict, gates: [String: Verdict] = [:], cached: [String] = []) {
        self.verdict = verdict
        self.gates = gates
        self.cached = cached
    }

    /// As the outcome of `version.validated` says it, bounded in length.
    package var facts: Members {
        var facts: Members = [
            "verdict": .string(verdict.verdict.rawValue), "rules": .string(verdict.rules.description),
            "gates": .object(Members(gates.mapValues { .string($0.rawValue) })),
        ]
        if let gate = verdict.gate { facts["gate"] = .string(gate) }
        if let found = verdict.message { facts["found"] = .string(String(found.prefix(1000))) }
        if let evidence = verdict.evidence { facts["evidence"] = .string(evidence.description) }
        if let bundle = verdict.bundle { facts["digest"] = .string(bundle.description) }
        if !cached.isEmpty { facts["cached"] = .list(cached.sorted().map { .string($0) }) }
        return facts
    }
}

/// Asks the gates of checklists.
package protocol Validator: Sendable {
    /// Asks every gate about a prepared revision, off every route; what was started for it is gone when this returns or throws. Safe to
    /// repeat. Ends early when its task is cancelled.
    ///
    /// - Throws: `Failure` for what kept the gates from being asked. What concerns one gate is its verdict.
    func validate(_ question: ValidationQuestion, ticket: Ticket) async throws(Failure) -> ValidationAnswer
}
