/// What a plan needs to know of a rollout.
package struct RolloutView: Hashable, Sendable {
    /// What serves and stays whole; nil: it cannot be read now, so that its replicas are left as they are.
    package var stable: DesiredDeployment?
    package var stableRevision: Revision?
    /// The new revision's share of the traffic, in whole percent.
    package var weight: Int
    /// The new revision is to have neither traffic nor replicas.
    package var isTakenBack: Bool
    /// For the reason of a rotation: `step 2 of 4: 50 % of the traffic`.
    package var words: String
    /// The next share, and what it waits for.
    package var next: Next?

    package struct Next: Hashable, Sendable {
        package var weight: Int
        package var waitsFor: String

        package init(weight: Int, waitsFor: String) {
            self.weight = weight
            self.waitsFor = waitsFor
        }
    }

    package init(
        stable: DesiredDeployment?, stableRevision: Revision?, weight: Int, isTakenBack: Bool, words: String,
        next: Next? = nil
    ) {
        self.stable = stable
        self.stableRevision = stableRevision
        self.weight = weight
        self.isTakenBack = isTakenBack
        self.words = words
        self.next = next
    }

    /// Of a rollout that is about to begin; nil when `new` takes over at once, for its strategy or because nothing serves.
    package init?(from old: DesiredDeployment?, to new: DesiredDeployment?) {
        guard let old, let new, old.replicas > 0, new.replicas > 0, old.revision != new.revision,
            let first = new.rollout.path.first
        else { return nil }
        let share = new.rollout.path.lazy.compactMap { if case .weight(let share) = $0 { share } else { nil } }.first
        self.init(
            stable: old, stableRevision: old.revision, weight: 0, isTakenBack: false, words: first.words,
            next: Next(weight: share ?? 100, waitsFor: "its replicas to be ready"))
    }
}
