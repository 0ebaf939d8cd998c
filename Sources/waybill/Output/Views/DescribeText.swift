import WaybillAPI
import WaybillCore

extension DeploymentDetail {
    /// What `describe` shows: what it is, how it is, how to call it, what was last, in this order.
    func text(_ style: Style, now: Timestamp, columns: Int? = nil) -> String {
        var sections = Sections(style)
        sections.title(deployment.deployment)
        sections.facts(summary)
        sections.title("Conditions")
        sections.table(conditionTable(now))
        let quoted = quotedLines
        if !quoted.isEmpty {
            sections.title("Last words of the replica that ended")
            sections.lines(quoted)
        }
        if !inspection.isEmpty {
            sections.title("Files")
            sections.table(inspectionTable)
        }
        if !replicas.isEmpty {
            sections.title("Replicas")
            let isRemarkable = replicas.contains { $0.drift != nil || $0.exit != nil }
            sections.table(Table(replicas, wide: isRemarkable, now: now))
        }
        addCall(to: &sections)
        addPlan(to: &sections)
        if !problems.isEmpty {
            sections.title("Problems in git")
            for problem in problems { sections.lines(problem.lines, .bad) }
        }
        if !lastLines.isEmpty {
            sections.title("Last lines of the log")
            sections.lines(lastLines)
        }
        if !events.isEmpty {
            sections.title("Events")
            sections.table(EventTable.table(events, now: now, withSubject: false).fitting(columns.map { $0 - 2 }))
        }
        return sections.text
    }

    private var summary: [(name: String, value: String?, tone: Tone)] {
        let serving = deployment.serving.joined(separator: ", ")
        return [
            ("status", deployment.status, Tone(status: deployment.status)),
            ("version", deployment.version ?? (deployment.orphaned ? "orphaned: git no longer names it" : nil), .plain),
            ("serving", serving.isEmpty ? "nothing" : serving, .plain),
            ("replicas", "\(deployment.replicas.ready) ready of \(deployment.replicas.desired)", .plain),
            ("runtime", deployment.runtime, .plain),
            ("protocol", servingProtocol, .plain),
            (
                "isolation", isolation.map { $0 == "none" ? "none: replicas run as the controller's own user" : $0 },
                isolation == "none" ? .bad : .plain
            ),
            ("memory", memoryBytes.map(Bytes.text), .plain),
            ("cpu", cpuMillis.map { "\(Double($0) / 1000) cores" }, .plain),
            ("devices", devices.isEmpty ? nil : devices.map(String.init).joined(separator: ", "), .plain),
            ("revision", deployment.revision, .plain),
            ("bundle", bundle, .plain),
            ("packaging", deployment.packaging?.message, .busy),
            ("validation", deployment.validation, .busy),
            ("commit", deployment.commit, .plain),
            ("defined in", location, .plain),
            ("governed", deployment.ungoverned == true ? DeploymentView.ungovernedNote : nil, .busy),
        ]
    }

    private func conditionTable(_ now: Timestamp) -> Table {
        Table(
            titles: ["TYPE", "STATUS", "REASON", "SINCE", "MESSAGE"],
            rows: deployment.conditions.map { condition in
                let isGood = condition.type == "Ready" && condition.status
                return [
                    Table.Cell(condition.type), Table.Cell(condition.status ? "True" : "False", isGood ? .good : .busy),
                    Table.Cell(condition.reason), Table.Cell(Age.text(from: condition.changedAt.timestamp, to: now)),
                    Table.Cell(condition.message.split(separator: "\n").first.map(String.init)),
                ]
            })
    }

    private var inspectionTable: Table {
        Table(
            titles: ["FILE", "VERDICT", "FORMAT", "NOTES"],
            rows: inspection.map { file in
                [
                    Table.Cell(file.path), Table.Cell(file.verdict, file.verdict == "safe" ? .good : .bad),
                    Table.Cell(file.format), Table.Cell((file.findings + file.disagreements).first),
                ]
            })
    }

    /// What conditions quote after their own line: a log's last lines, the same in each condition that has them.
    private var quotedLines: [String] {
        let quotes = deployment.conditions.map { $0.message.split(separator: "\n").dropFirst().map(String.init) }
        return quotes.first { !$0.isEmpty } ?? []
    }

    private func addCall(to sections: inout Sections) {
        guard let url = deployment.url else { return }
        sections.title("Call it")
        sections.lines([url])
        if let example = ExampleCall(self) { sections.lines([example.curl]) }
    }

    private func addPlan(to sections: inout Sections) {
        guard let plan, !plan.actions.isEmpty || plan.hold != nil else { return }
        sections.title("Next")
        if let line = plan.holdLine { sections.lines([line], .busy) }
        sections.lines(plan.actions.map(\.sentence))
    }
}

extension DiagnosticView {
    /// As `lint` says it.
    var lines: [String] {
        ["\(location): \(severity): \(message)"] + (line.map { ["    \($0)"] } ?? [])
            + (hint.map { ["  hint: \($0)"] } ?? [])
    }
}
