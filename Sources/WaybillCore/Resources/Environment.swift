/// A stage of the promotion path and the target that serves it.
package struct Environment: Hashable, Sendable {
    package enum TargetName: String, CaseIterable, Hashable, Sendable { case local }

    package var target: TargetName
    package var description: String?
    /// Nil: what git says is enough.
    package var approvals: ApprovalPolicy?
    /// The checklist that a version must pass before it serves here; nil: none.
    package var checklist: Name?
    /// Whether latency gates may put load on the machine of its target.
    package var latencyTests: LatencyTests

    package enum LatencyTests: String, CaseIterable, Hashable, Sendable { case denied, allowed }

    package init(
        target: TargetName, description: String? = nil, approvals: ApprovalPolicy? = nil, checklist: Name? = nil,
        latencyTests: LatencyTests = .denied
    ) {
        self.latencyTests = latencyTests
        self.target = target
        self.description = description
        self.approvals = approvals
        self.checklist = checklist
    }
}
