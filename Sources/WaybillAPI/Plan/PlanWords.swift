import WaybillCore

// The words of a plan, the same on a terminal and in a comment. What manifests say in them is not made harmless here.

extension PlanView {
    /// `2 to create, 1 to replace, 1 held`; `nothing to do` when there is nothing.
    package var headline: String {
        let words: [(FleetPlan.Verb, String)] = [
            (.create, "to create"), (.replace, "to replace"), (.adjust, "to adjust"), (.remove, "to remove"),
        ]
        var parts = words.compactMap { verb, text in
            let count = deployments.count { $0.verb == verb.rawValue && $0.hold == nil }
            return count == 0 ? nil : "\(count) \(text)"
        }
        if parts.isEmpty { parts = [isKnown ? "nothing to do" : "nothing is known yet, so nothing is planned"] }
        let held = deployments.count { $0.hold != nil }
        if held > 0 { parts.append("\(held) held") }
        let orphaned = deployments.count { $0.verb == FleetPlan.Verb.orphan.rawValue }
        if orphaned > 0 { parts.append("\(orphaned) orphaned") }
        return parts.joined(separator: ", ")
    }

    /// `HEAD~1 (3f2a9c01d4)`, or the short id alone when the base was asked for by its id.
    package var shownBase: String? {
        guard let base else { return nil }
        let short = String(base.prefix(10))
        return baseName.map { "\($0) (\(short))" } ?? short
    }

    /// What is said of the whole before any deployment.
    package var notices: [String] {
        var notices: [String] = []
        if let hold {
            let would = basis == .commit ? "the controller would hold this commit" : "a commit is held"
            notices.append("\(would): \(hold.reason): \(hold.message)")
        }
        if let repositoryProblem { notices.append("the remote could not be asked last time: \(repositoryProblem)") }
        return notices
    }
}

extension KeyPlanView {
    /// The kind of work, for a first column.
    package var sign: String {
        switch FleetPlan.Verb(rawValue: verb) {
        case .create: "+"
        case .replace: "±"
        case .adjust: "~"
        case .remove: "-"
        case .orphan: "o"
        case .hold: "!"
        case .some(.none), nil: " "
        }
    }

    /// `replace  3f2a9c01d4e5 → 9d01ee34ab56`.
    package var title: String {
        switch FleetPlan.Verb(rawValue: verb) {
        case .create, .replace, .remove:
            "\(verb)  \(fromRevision.map(Self.short) ?? "absent") → \(toRevision.map(Self.short) ?? "absent")"
        case .orphan: "orphaned: git no longer names it, pruning is disabled, it is left alone"
        case .hold:
            fromRevision.map { "held: stays as it is, at \(Self.short($0))" }
                ?? (hold?.reason == Reason.invalidManifest.rawValue
                    ? "held: not created, for its manifests are broken" : "held: not created")
        case .adjust: verb
        case .some(.none), nil: "as desired"
        }
    }

    /// What a reviewer must not miss.
    package var warnings: [String] {
        (isolation == Isolation.none.rawValue ? ["isolation none: replicas run as the controller's own user"] : [])
            + [lifecycle].compactMap { $0 }
    }

    /// How much comes onto the machine for it.
    package var pullLine: String? { pulls?.words }

    /// Why it waits, when it does.
    package var holdLine: String? { hold.map { "held: \($0.message)" } }

    static func short(_ digest: String) -> String {
        String((digest.split(separator: ":").last ?? "").prefix(12))
    }
}

extension FieldChangeView {
    /// `spec.replicas: 1 → 3 (no restart)`.
    package var sentence: String {
        "\(field): \(from ?? "absent") → \(to ?? "absent")" + (restart ? "" : " (no restart)")
    }
}

extension ActionView {
    /// `start-replica production.churn.3f2a….7: nothing serves yet (after: the files are in place)`.
    package var sentence: String {
        let object =
            replicas.isEmpty
            ? (revision.map { " \(KeyPlanView.short($0))" } ?? "") : " " + replicas.joined(separator: ", ")
        return "\(action)\(object): \(reason)" + (waitsFor.map { " (after: \($0))" } ?? "")
    }
}
