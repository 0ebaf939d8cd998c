import WaybillAPI
import WaybillCore
import WaybillForge
import WaybillReport
import WaybillTrust

/// What statuses say of a merge. Success is said only of what was checked; what is not known is pending, in words.
struct MergeStatuses {
    let plan: OfflinePlan

    var all: [ForgeStatus] { [planStatus, gatesStatus, approvalsStatus] }

    private var errors: Int {
        plan.view.problems.count { $0.severity == Diagnostic.Severity.error.rawValue }
    }

    /// Whether there is something that no plan was made for.
    var isBroken: Bool { errors > 0 || plan.view.hold != nil }

    private static func count(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }

    var planStatus: ForgeStatus {
        if errors > 0 {
            return ForgeStatus(.plan, .failure, "\(Self.count(errors, "problem")) in the manifests")
        }
        if let hold = plan.view.hold { return ForgeStatus(.plan, .failure, "it would be held: \(hold.message)") }
        let changed = plan.review.groups.reduce(0) { $0 + $1.keys.count }
        return ForgeStatus(
            .plan, .success,
            changed == 0 ? "nothing that serves changes" : "\(Self.count(changed, "deployment")) to change, as planned")
    }

    var gatesStatus: ForgeStatus {
        if isBroken { return ForgeStatus(.gates, .pending, "not looked at: the plan has problems") }
        let asked = plan.review.groups.filter {
            $0.review.replacesServing && ($0.review.checklist != nil || $0.review.isChecklistChanged)
        }
        if asked.isEmpty { return ForgeStatus(.gates, .success, "nothing that changes is asked for a checklist") }
        if let bad = asked.first(where: { $0.review.asked.contains { $0.verdict == .failed } }) {
            return ForgeStatus(.gates, .failure, "\(bad.first): the checklist did not pass")
        }
        let open = asked.compactMap { group in openGate(group).map { (group, $0) } }
        if let (first, why) = open.first {
            let others = open.count > 1 ? ", and \(open.count - 1) more" : ""
            return ForgeStatus(.gates, .pending, "\(first.first): \(why)\(others)")
        }
        let signers = Set(
            asked.compactMap { group -> String? in
                guard let passed = group.review.provenPass, case .proven(let by, _, _) = group.review.proof(of: passed)
                else { return nil }
                return by
            })
        return ForgeStatus(
            .gates, .success,
            "passed, signed by \(signers.sorted().joined(separator: ", ")); the controller asks again before traffic")
    }

    /// Why a group's checklist is open; nil when evidence by the rules in force says passed, and who says so may.
    private func openGate(_ group: ReviewPlan.Group) -> String? {
        let review = group.review
        if review.isChecklistChanged, !areRulesApproved {
            return "its checklist changes in this same merge, and nobody who may has approved that"
        }
        if review.checklist == nil { return nil }
        if review.asked.isEmpty { return "no evidence by the rules in force" }
        if review.asked.contains(where: { $0.verdict != .passed }) { return "evidence decides nothing" }
        guard review.provenPass == nil else { return nil }
        guard let passed = review.asked.first, case .unproven(let why) = review.proof(of: passed) else { return nil }
        return "evidence says passed and is not proven: \(why)"
    }

    /// Whether the change of the rules, where there is one, has every word that it needs.
    private var areRulesApproved: Bool {
        let items = plan.review.approvals?.groups.flatMap(\.items) ?? []
        let verdict = items.first { $0.key == Ruleset.key }?.verdict
        return verdict.map { $0.isApproved || $0.isOverridden } ?? false
    }

    var approvalsStatus: ForgeStatus {
        if isBroken { return ForgeStatus(.approvals, .pending, "not looked at: the plan has problems") }
        guard let review = plan.review.approvals else {
            return ForgeStatus(.approvals, .pending, "nobody looked for any")
        }
        if case .unreadable(let why) = review.governance { return ForgeStatus(.approvals, .error, why) }
        let asked = review.groups.flatMap(\.items).filter { $0.policy?.required.isEmpty == false }
        if let open = asked.first(where: { $0.verdict == nil }) {
            return ForgeStatus(
                .approvals, .error, "\(open.key) asks for approvals, and the base has no '\(AccessSchema.path)'")
        }
        let verdicts = asked.compactMap(\.verdict)
        if verdicts.isEmpty { return ForgeStatus(.approvals, .success, "nothing that changes asks for approvals") }
        if let no = verdicts.first(where: { !$0.isOverridden && !$0.rejections.isEmpty }) {
            return ForgeStatus(.approvals, .failure, "\(no.change.key): \(no.message)")
        }
        let open = verdicts.filter { !$0.isOverridden && !$0.isApproved }
        if let first = open.first {
            let others = open.count > 1 ? ", and \(open.count - 1) more" : ""
            return ForgeStatus(.approvals, .pending, "\(first.change.key): \(first.message)\(others)")
        }
        if let first = verdicts.first(where: { !$0.isOverridden && $0.policy.requiresEvidence }) {
            return ForgeStatus(
                .approvals, .pending,
                "\(first.change.key): given; whether the evidence that they name is the one is seen by the controller")
        }
        return ForgeStatus(
            .approvals, .success, "\(Self.count(verdicts.count, "change")) with every word that is asked")
    }
}

extension ReviewPlan.Group {
    /// Its first deployment, for a status that names one.
    fileprivate var first: String { keys.first.map { "\($0)" } ?? "" }
}
