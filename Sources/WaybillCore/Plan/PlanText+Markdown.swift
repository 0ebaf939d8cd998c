extension PlanText {
    /// Rows of the Markdown table; the rest is counted. A comment on a forge has a limit of its own.
    package static let longestTable = 200

    /// For a comment on a pull request: headline, a table of deployments, then each with its changes and steps, folded.
    /// Text that comes from manifests cannot form links, mentions, HTML or tables.
    package var markdown: String {
        var lines = ["### Waybill plan: \(headline)"]
        if let basis = plan.basis { lines += ["", "(\(basis))"] }
        let rows = shown
        guard !rows.isEmpty else { return lines.joined(separator: "\n") + "\n" }
        lines += ["", "| | deployment | what | changes |", "| --- | --- | --- | --- |"]
        lines += rows.prefix(Self.longestTable).map(Self.row)
        if rows.count > Self.longestTable { lines += ["", "and \(rows.count - Self.longestTable) more deployments"] }
        for entry in rows.prefix(Self.longestTable) { lines += [""] + Self.details(entry) }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func row(_ entry: FleetPlan.Entry) -> String {
        let changes = entry.changes.prefix(5).map { safe(words($0)) }.joined(separator: "<br>")
        let more = entry.changes.count > 5 ? "<br>and \(entry.changes.count - 5) more" : ""
        return "| `\(sign(entry.verb))` | \(entry.plan.key) | \(title(entry)) | \(changes)\(more) |"
    }

    private static func details(_ entry: FleetPlan.Entry) -> [String] {
        var lines = ["<details><summary>\(entry.plan.key): steps</summary>", ""]
        lines += entry.plan.drift.map { "- drift: \(safe($0.message))" }
        lines += entry.plan.actions.enumerated().map { index, planned in
            let wait = planned.waitsFor.map { ", waits for \(safe($0))" } ?? ""
            return "\(index + 1). \(planned.action): \(safe(planned.reason))\(wait)"
        }
        return lines + ["", "</details>"]
    }

    /// Text that a Markdown reader shows as it stands: a code span, in which nothing is a link, a mention, HTML or a
    /// cell's end. A character reference would not do: forges look for mentions once references are resolved.
    static func safe(_ text: String) -> String {
        let inside = plain(text).map { character -> String in
            switch character {
            case "`": "ʼ"
            case "|": "¦"
            case _: String(character)
            }
        }
        return inside.isEmpty ? "" : "`\(inside.joined())`"
    }
}
