/// A statement about a resource, as Kubernetes and Flux users know them.
package struct Condition: Hashable, Sendable {
    package enum Kind: String, CaseIterable, Hashable, Sendable {
        /// Exactly what is desired serves. Always present.
        case ready = "Ready"
        /// Work is under way. Present only while true.
        case reconciling = "Reconciling"
        /// A person or a commit is needed. Present only while true.
        case stalled = "Stalled"
        /// Kept as it is on purpose. Present only while true.
        case held = "Held"
        /// Reconciling was switched off by an operator. Present only while true.
        case paused = "Paused"
        /// A file of its model could not be read to its end, or is of a format unknown here. Present only while true.
        case unscanned = "Unscanned"
        /// What serves began in spite of what it waited for. Present only while true.
        case overridden = "Overridden"
    }

    package var kind: Kind
    package var isTrue: Bool
    /// Upper camel case, stable.
    package var reason: String
    package var message: String
    package var changedAt: Timestamp
    package var observedCommit: CommitID?

    package init(
        _ kind: Kind, isTrue: Bool, reason: String, message: String, changedAt: Timestamp,
        observedCommit: CommitID? = nil
    ) {
        self.kind = kind
        self.isTrue = isTrue
        self.reason = reason
        self.message = message
        self.changedAt = changedAt
        self.observedCommit = observedCommit
    }
}

/// The conditions of one resource, at most one of each kind.
package struct Conditions: Hashable, Sendable {
    package private(set) var byKind: [Condition.Kind: Condition]

    package init() { byKind = [:] }

    package subscript(_ kind: Condition.Kind) -> Condition? { byKind[kind] }
    /// In the order of `Condition.Kind`.
    package var all: [Condition] { Condition.Kind.allCases.compactMap { byKind[$0] } }
    package func isTrue(_ kind: Condition.Kind) -> Bool { byKind[kind]?.isTrue ?? false }

    /// Records `new`, keeping the old transition time when the status did not change.
    package mutating func set(_ new: Condition) {
        var new = new
        if let old = byKind[new.kind], old.isTrue == new.isTrue { new.changedAt = old.changedAt }
        byKind[new.kind] = new
    }

    package mutating func remove(_ kind: Condition.Kind) { byKind[kind] = nil }

    /// What must never be; empty when all is well. Tests and simulations run it after every transition.
    package var violations: [String] {
        var found: [String] = []
        if byKind[.ready] == nil { found.append("Ready is missing") }
        if isTrue(.ready) && isTrue(.stalled) { found.append("Ready and Stalled together") }
        if isTrue(.ready) && isTrue(.reconciling) { found.append("Ready and Reconciling together") }
        if isTrue(.stalled) && isTrue(.reconciling) { found.append("Stalled and Reconciling together") }
        for kind in [Condition.Kind.reconciling, .stalled, .held, .paused, .unscanned, .overridden]
        where byKind[kind]?.isTrue == false {
            found.append("\(kind.rawValue) is present though it is not true")
        }
        return found
    }
}
