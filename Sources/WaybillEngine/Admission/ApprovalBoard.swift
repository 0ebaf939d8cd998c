package import WaybillCore
package import WaybillTrust

/// Who may approve what, what environments ask for, and the words that were found; all as of one commit in force.
package struct ApprovalBoard: Equatable, Sendable {
    /// Nil: there is no access file, or none that can be read.
    package var access: Access?
    /// Of the access file's bytes.
    package var rules: Digest?
    /// What is wrong with the access file.
    package var accessProblem: String?
    /// Environments that ask for approvals.
    package var policies: [Name: ApprovalPolicy]
    /// Environments that lie on a promotion path or have freezes.
    package var promotions: [Name: PromotionRules]
    package var shelf: StatementShelf

    package init(
        access: Access? = nil, rules: Digest? = nil, accessProblem: String? = nil,
        policies: [Name: ApprovalPolicy] = [:], promotions: [Name: PromotionRules] = [:],
        shelf: StatementShelf = StatementShelf()
    ) {
        self.access = access
        self.rules = rules
        self.accessProblem = accessProblem
        self.policies = policies
        self.promotions = promotions
        self.shelf = shelf
    }

    /// What is made of the words about `change`; nil when its environment asks for none.
    ///
    /// An environment that asks for people whom no access file names is asked for in vain: nothing of it begins.
    package func judge(
        _ change: Change, model: Name?, evidence: Digest?, now: Timestamp
    ) -> Result<ApprovalVerdict, InvalidInput>? {
        guard let policy = policies[change.key.environment] else { return nil }
        guard let access else {
            // Nobody can override then.
            if policy.required.isEmpty { return nil }
            let why = accessProblem ?? "there is no '\(AccessSchema.path)' that says who they are"
            return .failure(
                InvalidInput("\(change.key.environment) asks for \(policy.summary), and \(why); nothing of it begins"))
        }
        return .success(
            ApprovalJudge(
                access: access, now: now, change: change, policy: policy, model: model, evidence: evidence
            ).judge(shelf.of(change.key)))
    }
}

/// A change that is not begun: words about it are missing, or something else is in its way.
struct ApprovalWait: Sendable {
    /// Nil: the deployment is to go.
    var desired: DesiredDeployment?
    var commit: CommitID
    var change: Digest
    var reason: Reason
    var message: String
    /// When it is judged again at the latest, on the caller's clock.
    var until: Timestamp?
}
