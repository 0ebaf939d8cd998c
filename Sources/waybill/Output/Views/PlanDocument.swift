import WaybillAPI
import WaybillCore
import WaybillReport

/// The plan of a controller as a page: what a reader must know first, a row for each deployment, then each with its fields and steps, folded.
extension PlanView {
    var document: Document {
        Document(title: title, opening(rows: 2000) + deployments.flatMap { $0.blocks(rows: 2000) })
    }

    /// As one comment of a forge.
    var markdown: String {
        BoundedMarkdown(
            title: title,
            counted: [(problems.count, "problems"), (deployments.count, "rows of the table")],
            opening: { opening(rows: $0) }, sections: deployments.map { plan in { plan.blocks(rows: $0) } }
        ).text
    }

    private var title: String { "Waybill plan: \(headline)" }

    private func opening(rows: Int) -> [Document.Block] {
        var basis: [Document.Inline] = ["Compared with what runs."]
        if let shownBase { basis = ["Compared with ", .code(shownBase), ", which is taken for what runs."] }
        var blocks: [Document.Block] = [.paragraph(basis)]
        blocks += notices.map { .notice(.unsure, [.text($0)]) }
        if !problems.isEmpty {
            blocks.append(.heading(2, ["Problems"]))
            blocks.append(
                .items(
                    problems.prefix(min(rows, 20)).map {
                        [.text("\($0.location): \($0.severity): \($0.message)")]
                    }))
        }
        guard !deployments.isEmpty else { return blocks }
        let table = Document.Table(
            ["", "deployment", "what", "changes"],
            deployments.prefix(rows).map { plan in
                [[.code(plan.sign)], [.code(plan.deployment)], [.text(plan.title)], plan.remarks]
            })
        return blocks + [.table(table)]
    }
}

extension KeyPlanView {
    /// What stands in its row: the first of everything.
    fileprivate var remarks: [Document.Inline] {
        var lines: [[Document.Inline]] = warnings.map { [.strong("warning"), " ", .text($0)] }
        lines += drift.prefix(3).map { ["drift: ", .text($0.message)] }
        if let hold { lines.append([.text(hold.message)]) }
        lines += changes.prefix(5).map { [.code($0.sentence)] }
        if changes.count > 5 { lines.append(["and \(changes.count - 5) more"]) }
        return Array(lines.joined(separator: [.newline]))
    }

    fileprivate func blocks(rows: Int) -> [Document.Block] {
        var lines: [[Document.Inline]] = warnings.map { [.strong("warning"), " ", .text($0)] }
        if let holdLine { lines.append([.text(holdLine)]) }
        if let pullLine { lines.append([.text(pullLine)]) }
        lines += changes.prefix(rows).map { [.code($0.sentence)] }
        if changes.count > rows { lines.append(["and \(changes.count - rows) more fields"]) }
        lines += drift.prefix(rows).map { ["drift: ", .text($0.message)] }
        var inside: [Document.Block] = lines.isEmpty ? [] : [.items(lines)]
        if !actions.isEmpty { inside.append(.steps(actions.prefix(rows).map { [.text($0.sentence)] })) }
        if actions.count > rows {
            inside.append(.paragraph(["and \(actions.count - rows) more steps"]))
        }
        return inside.isEmpty ? [] : [.details("\(deployment): \(verb)", inside)]
    }
}
