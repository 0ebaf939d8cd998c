/// The union of the plans of all deployments, with what changes in their manifests.
package struct FleetPlan: Hashable, Sendable {
    package struct Entry: Hashable, Sendable {
        package var plan: KeyPlan
        package var changes: [FieldChange]

        package init(plan: KeyPlan, changes: [FieldChange] = []) {
            self.plan = plan
            self.changes = changes
        }
    }

    /// What is done to a deployment as a whole.
    package enum Verb: String, CaseIterable, Hashable, Sendable {
        case create, replace, adjust, remove, orphan, none
    }

    /// In the order of their keys.
    package var entries: [Entry]
    /// Where the observed state was taken from, in words; shown above the plan.
    package var basis: String?

    package init(_ entries: [Entry], basis: String? = nil) {
        self.entries = entries.sorted { $0.plan.key < $1.plan.key }
        self.basis = basis
    }

    /// True when nothing at all is to be done.
    package var isEmpty: Bool { entries.allSatisfy { $0.verb == .none || $0.verb == .orphan } }
    package func count(_ verb: Verb) -> Int { entries.count { $0.verb == verb } }
}

extension FleetPlan.Entry {
    package var verb: FleetPlan.Verb {
        switch plan.goal {
        case .orphaned: .orphan
        case .absent: plan.isEmpty ? .none : .remove
        case .serve(let revision, _):
            if plan.isEmpty && changes.isEmpty {
                .none
            } else if let from = plan.from {
                from == revision ? .adjust : .replace
            } else {
                .create
            }
        }
    }
}
