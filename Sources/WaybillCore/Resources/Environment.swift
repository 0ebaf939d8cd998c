/// A stage of the promotion path and the target that serves it.
package struct Environment: Hashable, Sendable {
    package enum TargetName: String, CaseIterable, Hashable, Sendable { case local }

    package var target: TargetName
    package var description: String?
    /// Nil: what git says is enough.
    package var approvals: ApprovalPolicy?
    /// The checklist that a version must pass before it serves here; nil: none.
    package var checklist: Name?

    package init(
        target: TargetName, description: String? = nil, approvals: ApprovalPolicy? = nil, checklist: Name? = nil
    ) {
        self.target = target
        self.description = description
        self.approvals = approvals
        self.checklist = checklist
    }
}
