package import WaybillCore

/// Decides whether the commit that the watched branch names becomes the desired state. Pure.
///
/// A history that was rewritten and a commit that removes much at once are held until an operator accepts exactly that
/// commit; a later commit is judged anew. An operator accepts what the hold shows, so a hold shows all that the commit
/// does: a rewritten history also names what it removes. Loss of information never deletes: call it only with a commit
/// that was read in full.
package enum CommitGate {
    package enum Verdict: Hashable, Sendable {
        /// `reason` is given when an operator's word decided.
        case accept(reason: String?)
        case hold(FleetHold)
    }

    /// What a commit takes away, by environment.
    package struct Population: Hashable, Sendable {
        package var before: [Name: Int]
        package var removed: [Name: Set<DeploymentKey>]

        /// - Parameters:
        ///   - before: deployments of the last accepted state. Add `Facts.servedKeys`, so that a changed `path` or
        ///     `branch` setting counts as removal, too.
        ///   - after: deployments that the commit names, held ones included, and removed ones whose pruning is disabled.
        package init(before: Set<DeploymentKey>, after: Set<DeploymentKey>) {
            self.before = Dictionary(grouping: before, by: \.environment).mapValues(\.count)
            removed = Dictionary(grouping: before.subtracting(after), by: \.environment).mapValues(Set.init)
        }

        /// The same, of who is named and who of them goes.
        package init(_ before: FleetCensus, removed: Set<DeploymentKey>) {
            self.before = before.counts
            self.removed = Dictionary(grouping: removed, by: \.environment).mapValues(Set.init)
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
            let removed = population.removed.keys.sorted()
            let loss = removed.isEmpty ? "" : "it removes \(names(removed, of: population)); "
            return .hold(
                FleetHold(
                    cause: .historyRewound, commit: head, accepted: lastAccepted,
                    message: "the branch names \(head.hex), which does not contain \(lastAccepted.hex), accepted last; "
                        + loss + "look at both, then push a commit that contains it or run "
                        + "'waybill accept \(head.hex) --reason TEXT'"))
        }
        let large = population.removed.keys.sorted().filter {
            isLarge(population.removed[$0]?.count ?? 0, of: population.before[$0] ?? 0)
        }
        guard !large.isEmpty else { return .accept(reason: nil) }
        return .hold(
            FleetHold(
                cause: .massDeletion, commit: head, accepted: lastAccepted,
                message: "commit \(head.hex) removes \(names(large, of: population)); nothing of it is taken until "
                    + "'waybill accept \(head.hex) --reason TEXT' or a later commit"))
    }

    /// `2 of 3 in production (churn, fraud)`, for each environment.
    private static func names(_ environments: [Name], of population: Population) -> String {
        environments.map { environment in
            let removed = (population.removed[environment] ?? []).map(\.name).sorted()
            let more = removed.count > longestList ? " and \(removed.count - longestList) more" : ""
            let list = removed.prefix(longestList).map(\.text).joined(separator: ", ") + more
            return "\(removed.count) of \(population.before[environment] ?? 0) in \(environment) (\(list))"
        }.joined(separator: ", ")
    }

    /// Removed deployments of an environment that a message names.
    private static let longestList = 20

    /// All of them, or more than one and more than a fifth.
    private static func isLarge(_ removed: Int, of before: Int) -> Bool {
        removed > 0 && (removed >= before || (removed > 1 && removed * 5 > before))
    }
}
