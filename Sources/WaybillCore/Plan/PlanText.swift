/// Writes a fleet's plan for people and programs. The same plan gives the same text.
package struct PlanText {
    package let plan: FleetPlan

    package init(_ plan: FleetPlan) { self.plan = plan }

    /// `2 to create, 1 to replace`; `nothing to do` when there is nothing.
    package var headline: String {
        let words: [(FleetPlan.Verb, String)] = [
            (.create, "to create"), (.replace, "to replace"), (.adjust, "to adjust"), (.remove, "to remove"),
            (.orphan, "orphaned"),
        ]
        let counts = words.compactMap { verb, text in
            let count = plan.count(verb)
            return count == 0 ? nil : "\(count) \(text)"
        }
        return counts.isEmpty ? "nothing to do" : counts.joined(separator: ", ")
    }

    /// For a terminal, without colour; ends with a line end.
    package var text: String {
        var lines = ["Plan: \(headline)"]
        if let basis = plan.basis { lines.append("(\(basis))") }
        for entry in shown {
            lines += ["", "\(Self.sign(entry.verb)) \(entry.plan.key)  \(Self.title(entry))"]
            lines += entry.changes.map { "    \(Self.words($0))" }
            lines += entry.plan.drift.map { "    drift: \(Self.plain($0.message))" }
            for (index, planned) in entry.plan.actions.enumerated() {
                lines.append("    \(index + 1). \(planned.action): \(Self.plain(planned.reason))")
                if let wait = planned.waitsFor { lines.append("       waits for \(Self.plain(wait))") }
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Members are stable: scripts read them.
    package var value: Value {
        var members: [String: Value] = [
            "headline": .string(headline),
            "counts": .object(
                Dictionary(
                    uniqueKeysWithValues: FleetPlan.Verb.allCases.map { ($0.rawValue, .integer(Int64(plan.count($0)))) }
                )),
            "deployments": .list(plan.entries.map(Self.value)),
        ]
        if let basis = plan.basis { members["basis"] = .string(basis) }
        return .object(members)
    }

    /// Deployments for which something is to be done or said.
    var shown: [FleetPlan.Entry] { plan.entries.filter { $0.verb != .none || !$0.plan.drift.isEmpty } }

    private static func value(_ entry: FleetPlan.Entry) -> Value {
        var members: [String: Value] = [
            "deployment": .string(entry.plan.key.description), "verb": .string(entry.verb.rawValue),
            "changes": .list(entry.changes.map(\.value)),
            "actions": .list(entry.plan.actions.map(\.value)),
            "drift": .list(
                entry.plan.drift.map { drift in
                    .object(["what": .string(drift.what.rawValue), "message": .string(drift.message)])
                }),
        ]
        if let from = entry.plan.from { members["from"] = .string(from.description) }
        if let to = entry.plan.to { members["to"] = .string(to.description) }
        return .object(members)
    }

    static func sign(_ verb: FleetPlan.Verb) -> String {
        switch verb {
        case .create: "+"
        case .replace: "±"
        case .adjust: "~"
        case .remove: "-"
        case .orphan: "o"
        case .none: " "
        }
    }

    static func title(_ entry: FleetPlan.Entry) -> String {
        switch entry.verb {
        case .create: "create at revision \(entry.plan.to?.short ?? "none")"
        case .replace: "replace revision \(entry.plan.from?.short ?? "none") by \(entry.plan.to?.short ?? "none")"
        case .adjust: "adjust, no new revision"
        case .remove: "remove"
        case .orphan: "orphaned: git no longer names it, pruning is disabled, it is left alone"
        case .none: "as desired"
        }
    }

    /// `spec.version: 1.4.0 → 1.5.0`, and whether replicas live through it.
    static func words(_ change: FieldChange) -> String {
        let before = change.before.map(plain) ?? "absent"
        let after = change.after.map(plain) ?? "absent"
        return "\(plain(change.path)): \(before) → \(after)\(change.restarts ? "" : " (no restart)")"
    }

    /// One line of at most 300 characters without control or direction characters.
    static func plain(_ text: String) -> String {
        var line = ""
        var count = 0
        for scalar in text.unicodeScalars {
            if count == 300 { return line + "…" }
            let category = scalar.properties.generalCategory
            let isHidden =
                category == .control || category == .format || category == .lineSeparator
                || category == .paragraphSeparator
            line += isHidden ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
            count += 1
        }
        return line
    }
}

extension PlannedAction {
    /// For events and scripts: `{"action": "start-replica production.churn.3f2a9c01d4e5.7", "reason": …}`.
    package var value: Value {
        var members: [String: Value] = ["action": .string(action.description), "reason": .string(reason)]
        if let waitsFor { members["waitsFor"] = .string(waitsFor) }
        return .object(members)
    }
}
