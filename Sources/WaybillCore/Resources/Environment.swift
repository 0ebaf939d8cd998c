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

    /// Nil: a version need not have served anywhere before.
    package var promotion: PromotionPath?
    /// When nothing begins.
    package var freezes: [Freeze]
    /// How many people of the role `override` it takes to begin a change in spite of all that.
    package var overriders: Int

    package init(
        target: TargetName, description: String? = nil, approvals: ApprovalPolicy? = nil, checklist: Name? = nil,
        promotion: PromotionPath? = nil, freezes: [Freeze] = [], overriders: Int = 1,
        latencyTests: LatencyTests = .denied
    ) {
        self.latencyTests = latencyTests
        self.target = target
        self.description = description
        self.approvals = approvals
        self.checklist = checklist
        self.promotion = promotion
        self.freezes = freezes
        self.overriders = overriders
    }

    package var promotionRules: PromotionRules { PromotionRules(path: promotion, freezes: freezes) }

    /// Whose words count here: who approves, and who overrides; nil when a change waits for nothing.
    package var policy: ApprovalPolicy? {
        guard approvals != nil || !promotionRules.isEmpty else { return nil }
        var policy = approvals ?? ApprovalPolicy(required: [])
        policy.overriders = overriders
        return policy
    }
}
