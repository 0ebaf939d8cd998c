package import WaybillCore
package import WaybillTrust

/// Files of a commit that are rules and no resources.
package struct RuleFiles: Sendable {
    /// Nil: the commit has no access file.
    package var access: Access?
    /// Of the access file's bytes.
    package var accessDigest: Digest?
    /// Digests of the scanner's allow lists, by their paths.
    package var lists: [String: Digest]

    package init(access: Access? = nil, accessDigest: Digest? = nil, lists: [String: Digest] = [:]) {
        self.access = access
        self.accessDigest = accessDigest
        self.lists = lists
    }
}

/// Whether a commit's rules may come into force.
///
/// Rules are governed once somebody holds the role `governor` in an access file that is in force. From then on a commit that changes
/// any of them is not taken, with all that it brings, until the change is approved by the rules in force: by one governor who is not its
/// author, or by the only one that there is.
enum Governance {
    static func isGoverned(by access: Access?) -> Bool { access?.governors.isEmpty == false }

    /// Why `next` may not come into force yet; nil when it may.
    static func objection(
        to next: Ruleset, inForce: Ruleset, by access: Access, _ shelf: StatementShelf, now: Timestamp
    ) -> (change: Change, verdict: ApprovalVerdict, message: String)? {
        let (change, verdict) = judge(next, inForce: inForce.digest, by: access, shelf, now: now)
        if verdict.isApproved { return nil }
        let names = next.differences(from: inForce)
        let more = names.count > 10 ? " and \(names.count - 10) others" : ""
        let what = names.prefix(10).joined(separator: ", ") + more
        return (
            change, verdict,
            "the rules change (\(what)), and nothing of the commit is taken until that is approved: \(verdict.message)"
        )
    }

    static func judge(
        _ next: Ruleset, inForce: Digest, by access: Access, _ shelf: StatementShelf, now: Timestamp
    ) -> (Change, ApprovalVerdict) {
        let change = next.change(from: inForce)
        let judge = ApprovalJudge(
            access: access, now: now, change: change, policy: Ruleset.policy, model: nil, evidence: nil, role: .governor
        )
        return (change, judge.judge(shelf.of(Ruleset.key)))
    }
}
