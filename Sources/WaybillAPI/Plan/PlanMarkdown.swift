import WaybillCore

/// A plan as a comment of a pull request: what a reviewer must know first, a table of deployments, then each with its
/// fields and steps, folded.
///
/// Whatever git says stands in code spans, so that it can neither format the comment nor mention anyone. The text is
/// bounded, for a forge refuses a comment that is too long: what is left out is counted in the last line.
package struct PlanMarkdown {
    /// Bytes of the whole text. A comment of GitHub's has 65,536 characters.
    package static let limit = 60_000
    /// Rows of the table at most.
    package static let longestTable = 200
    /// Problems listed at most.
    static let mostProblems = 20
    /// Kept free for the last line.
    private static let tail = 400

    private let plan: PlanView
    private var text = ""

    private init(_ plan: PlanView) { self.plan = plan }

    package static func text(_ plan: PlanView) -> String {
        var writer = PlanMarkdown(plan)
        writer.write()
        return writer.text
    }

    private mutating func write() {
        text = "### Waybill plan\n\n\(plan.headline)"
        text +=
            plan.shownBase.map { ", compared with \($0.code), which is taken for what runs.\n" }
            ?? ", compared with what runs.\n"
        for notice in plan.notices { text += "\n> **Note** \(notice.code(upTo: 1000))\n" }
        let problems = writeProblems()
        let rows = writeTable()
        let details = writeDetails()
        let left = [
            (plan.problems.count - problems, "problems"), (plan.deployments.count - rows, "rows of the table"),
            (plan.deployments.count - details, "deployments' fields and steps"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        guard !left.isEmpty else { return }
        text +=
            "\nLeft out, for a comment is bounded: \(left.joined(separator: ", ")). "
            + "`waybill plan -o text` or `-o json` has everything.\n"
    }

    /// - Returns: how many were written.
    private mutating func writeProblems() -> Int {
        guard !plan.problems.isEmpty else { return 0 }
        text += "\n#### Problems\n\n"
        return add(plan.problems.prefix(Self.mostProblems), upTo: Self.limit / 4) { problem in
            "- \("\(problem.location): \(problem.severity): \(problem.message)".code)\n"
        }
    }

    private mutating func writeTable() -> Int {
        guard !plan.deployments.isEmpty else { return 0 }
        text += "\n| | deployment | what | changes |\n| --- | --- | --- | --- |\n"
        return add(plan.deployments.prefix(Self.longestTable), upTo: Self.limit / 2) { plan in
            var cells =
                plan.warnings.map { "**warning** \($0.code)" }
                + plan.drift.prefix(3).map { "drift: \($0.message.code)" }
            if let hold = plan.hold { cells.append(hold.message.code) }
            cells += plan.changes.prefix(5).map { $0.sentence.code }
            if plan.changes.count > 5 { cells.append("and \(plan.changes.count - 5) more") }
            return
                "| `\(plan.sign)` | \(plan.deployment.code) | \(plan.title.code) | \(cells.joined(separator: "<br>")) |\n"
        }
    }

    private mutating func writeDetails() -> Int {
        add(plan.deployments[...], upTo: Self.limit - Self.tail) { plan in
            var lines = ["", "<details><summary>\(plan.deployment): \(plan.verb)</summary>", ""]
            lines += plan.warnings.map { "- **warning** \($0.code)" }
            if let line = plan.holdLine { lines.append("- \(line.code)") }
            if let line = plan.pullLine { lines.append("- \(line)") }
            lines += plan.changes.map { "- \($0.sentence.code)" }
            lines += plan.drift.map { "- drift: \($0.message.code)" }
            if !plan.actions.isEmpty { lines.append("") }
            lines += plan.actions.enumerated().map { "\($0 + 1). \($1.sentence.code)" }
            return (lines + ["", "</details>", ""]).joined(separator: "\n")
        }
    }

    /// Adds pieces while the whole text has no more than `limit` bytes.
    private mutating func add<Item>(_ items: ArraySlice<Item>, upTo limit: Int, _ piece: (Item) -> String) -> Int {
        for (place, item) in items.enumerated() {
            let piece = piece(item)
            guard text.utf8.count + piece.utf8.count <= limit else { return place }
            text += piece
        }
        return items.count
    }
}

extension String {
    fileprivate var code: String { code(upTo: 300) }

    /// Text that a Markdown reader shows as it stands: a code span, in which nothing is a link, a mention, HTML or a cell's
    /// end. A character reference would not do: forges look for mentions once references are resolved.
    fileprivate func code(upTo limit: Int) -> String {
        let scalars = DiagnosticText.harmless(self).unicodeScalars
        var inside = ""
        for scalar in scalars.prefix(limit) {
            switch scalar {
            case "`": inside += "ʼ"
            case "|": inside += "¦"
            case _: inside.unicodeScalars.append(scalar)
            }
        }
        if scalars.count > limit { inside += "…" }
        return inside.isEmpty ? "" : "`\(inside)`"
    }
}
