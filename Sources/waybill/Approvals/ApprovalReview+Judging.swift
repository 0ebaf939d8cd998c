import WaybillCore
import WaybillEngine
import WaybillGit
import WaybillManifest
import WaybillReport
import WaybillTrust

extension ApprovalReview {
    /// What `after` and the refs of `clone` say of the changes from `before`, by the rules of `before`: what the change itself does to
    /// the rules, or to who may speak, judges nothing here. What cannot be read is said, not thrown: a plan is shown all the same.
    static func judged(
        _ clone: WorkingClone, path: String, before: DesiredState, after: DesiredState, now: Timestamp
    ) async -> ApprovalReview {
        do throws(Failure) {
            let rules = try await AccessRules.load(clone, at: before.commit)
            let pending = try await PendingChanges(clone, path: path, before: before, after: after, rules: rules)
            return try await judged(pending, now: now)
        } catch {
            // A problem of a manifest comes with the lines that show its place.
            let headline = error.message.split(separator: "\n").first.map(String.init) ?? error.message
            return ApprovalReview(governance: .unreadable(headline), items: [])
        }
    }

    private static func judged(_ pending: PendingChanges, now: Timestamp) async throws(Failure) -> ApprovalReview {
        let differences = pending.rulesAfter.differences(from: pending.rulesBefore)
        let (keys, hasRules) = (pending.keys, pending.rules != nil)
        // Nobody's word is looked for where none could count.
        let shelf = hasRules && !keys.isEmpty ? try await pending.shelf() : nil
        var items: [Item] = []
        for key in keys {
            let change = try pending.change(of: key)
            var verdict: ApprovalVerdict?
            if let shelf { verdict = try pending.verdict(of: key, shelf, now: now) }
            items.append(Item(key: key, change: change.digest, policy: pending.policy(of: key), verdict: verdict))
        }
        return ApprovalReview(
            governance: hasRules ? .governed(ofRules: pending.isGoverned) : .ungoverned, items: items,
            rules: differences,
            unread: (shelf?.problems ?? []).map { Unread(path: $0.path, why: $0.message) })
    }
}
