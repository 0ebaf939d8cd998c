package import WaybillCore

/// Decides whether the commit that the watched branch names becomes the desired state. Pure.
///
/// A history that was rewritten and a commit that removes much at once are held until an operator accepts exactly that
/// commit; a later commit is judged anew. Loss of information never deletes: call it only with a commit that was read
/// in full.
package enum CommitGate {
    package enum Verdict: Hashable, Sendable {
        /// `reason` is given when an operator's word decided.
        case accept(reason: String?)
        case hold(FleetHold)
    }

    /// What a commit takes away, by environment.
    package struct Population: Hashable, Sendable {
        package var before: [Name: Int]
        package var removed: [Name: Int]

        /// - Parameters:
        ///   - before: deployments of the last accepted state. Add `Facts.servedKeys`, so that a changed `path` or
        ///     `branch` setting counts as removal, too.
        ///   - after: deployments that the commit names, held ones included, and removed ones whose pruning is disabled.
        package init(before: Set<DeploymentKey>, after: Set<DeploymentKey>) {
            self.before = Dictionary(grouping: before, by: \.environment).mapValues(\.count)
            removed = Dictionary(grouping: before.subtracting(after), by: \.environment).mapValues(\.count)
        }
    }

    /// - Parameters:
    ///   - containsAccepted: whether `head` has `lastAccepted` among its ancestors or is it.
    ///   - operatorAccepted: the commit that an operator accepted last (`Facts.operatorAccepted`).
    package static func decide(
        head: CommitID, lastAccepted: CommitID?, containsAccepted: Bool, population: Population,
        operatorAccepted: CommitID?
    ) -> Verdict {
        if head == lastAccepted { return .accept(reason: nil) }
        if operatorAccepted == head { return .accept(reason: "accepted by an operator") }
        if let lastAccepted, !containsAccepted {
            return .hold(
                FleetHold(
                    cause: .historyRewound, commit: head, accepted: lastAccepted,
                    message: "the branch names \(head.hex), which does not contain \(lastAccepted.hex), accepted last; "
                        + "look at both, then push a commit that contains it or run "
                        + "'waybill accept \(head.hex) --reason TEXT'"))
        }
        let large = population.removed.sorted { $0.key < $1.key }.filter {
            isLarge($0.value, of: population.before[$0.key] ?? 0)
        }
        guard !large.isEmpty else { return .accept(reason: nil) }
        let list = large.map { "\($0.value) of \(population.before[$0.key] ?? 0) in \($0.key)" }.joined(separator: ", ")
        return .hold(
            FleetHold(
                cause: .massDeletion, commit: head, accepted: lastAccepted,
                message: "commit \(head.hex) removes \(list); nothing of it is taken until "
                    + "'waybill accept \(head.hex) --reason TEXT' or a later commit"))
    }

    /// All of them, or more than one and more than a fifth.
    private static func isLarge(_ removed: Int, of before: Int) -> Bool {
        removed > 0 && (removed >= before || (removed > 1 && removed * 5 > before))
    }
}
