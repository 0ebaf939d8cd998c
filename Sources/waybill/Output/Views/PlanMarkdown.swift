import WaybillAPI

extension PlanView {
    /// The plan as a comment of a pull request. Whatever git says stands in code spans, so that it can neither format the
    /// comment nor mention anyone.
    var markdown: String {
        var text = "### Waybill plan\n\n"
        text += deployments.isEmpty ? "Nothing to do" : summary
        text +=
            base == "observed"
            ? ", compared with what runs.\n" : ", compared with \(base.codeSpan), which is taken for what runs.\n"
        if !deployments.isEmpty {
            text += "\n| deployment | | from | to |\n| --- | --- | --- | --- |\n"
            for plan in deployments { text += plan.row }
        }
        for plan in deployments { text += plan.markdown }
        if !problems.isEmpty {
            text += "\n#### Problems\n\n"
            for problem in problems { text += "- \("\(problem.location): \(problem.message)".codeSpan)\n" }
        }
        return text
    }
}

extension KeyPlanView {
    fileprivate var row: String {
        "| \(deployment.codeSpan) | \(hold == nil ? verb : "held") | \(cell(fromRevision)) | \(cell(toRevision)) |\n"
    }

    private func cell(_ revision: String?) -> String { revision?.codeSpan ?? "absent" }

    fileprivate var markdown: String {
        var text = "\n#### \(deployment.codeSpan)\n\n"
        if let hold { text += "Held: \(hold.codeSpan)\n\n" }
        for change in changes { text += "- \(change.sentence.codeSpan)\n" }
        if !changes.isEmpty && !actions.isEmpty { text += "\n" }
        for (place, action) in actions.enumerated() { text += "\(place + 1). \(action.sentence.codeSpan)\n" }
        return text
    }
}

extension String {
    /// As code in Markdown: between more backticks than it has in a row, on one line, safe in a table.
    fileprivate var codeSpan: String {
        let line = harmless.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
        let longest = line.split(whereSeparator: { $0 != "`" }).map(\.count).max() ?? 0
        let fence = String(repeating: "`", count: longest + 1)
        let pad = line.hasPrefix("`") || line.hasSuffix("`") || line.isEmpty ? " " : ""
        return fence + pad + line + pad + fence
    }
}
