/// The union of the plans of all deployments, with what changes in their manifests.
package struct FleetPlan: Hashable, Sendable {
    package struct Entry: Hashable, Sendable {
        package var plan: KeyPlan
        package var changes: [FieldChange]
        package var hold: Hold?

        package init(plan: KeyPlan, changes: [FieldChange] = [], hold: Hold? = nil) {
            self.plan = plan
            self.changes = changes
            self.hold = hold
        }
    }

    /// Why a deployment, or a whole commit, is kept as it is.
    package struct Hold: Hashable, Sendable {
        /// A stable word: `InvalidManifest`, `Paused`, `MassDeletion`…
        package var reason: String
        package var message: String

        package init(reason: String, message: String) {
            self.reason = reason
            self.message = message
        }
    }

    /// What is done to a deployment as a whole.
    package enum Verb: String, CaseIterable, Hashable, Sendable {
        case create, replace, adjust, remove, orphan, hold, none
    }

    /// In the order of their keys.
    package var entries: [Entry]

    package init(_ entries: [Entry]) { self.entries = entries.sorted { $0.plan.key < $1.plan.key } }

    package func count(_ verb: Verb) -> Int { entries.count { $0.verb == verb } }
}

extension FleetPlan.Entry {
    package var verb: FleetPlan.Verb {
        if hold != nil && plan.isEmpty { return .hold }
        switch plan.goal {
        case .orphaned: return .orphan
        case .absent: return plan.isEmpty ? .none : .remove
        case .serve(let revision, _):
            if plan.isEmpty && changes.isEmpty { return .none }
            guard let from = plan.from else { return .create }
            return from == revision ? .adjust : .replace
        }
    }
}
