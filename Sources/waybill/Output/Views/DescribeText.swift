import WaybillAPI
import WaybillCore

extension DeploymentDetail {
    /// What `describe` shows: what it is, how it is, how to call it, what was last, in this order.
    func text(_ style: Style, now: Timestamp) -> String {
        var sections = Sections(style)
        sections.title(deployment.deployment)
        sections.facts(summary)
        sections.title("Conditions")
        sections.table(conditionTable(now))
        if !replicas.isEmpty {
            sections.title("Replicas")
            sections.table(Table(replicas, wide: true, now: now))
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
            sections.table(EventTable.table(events, now: now, withSubject: false))
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
            ("commit", deployment.commit, .plain),
            ("defined in", location, .plain),
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
                    Table.Cell(condition.message),
                ]
            })
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
        if let hold = plan.hold { sections.lines(["held: \(hold)"], .busy) }
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

/// Events in a table, whatever shows them.
enum EventTable {
    static func table(_ events: [EventView], now: Timestamp, withSubject: Bool) -> Table {
        let titles = ["INDEX", "AGE", "EVENT", "OUTCOME"] + (withSubject ? ["SUBJECT"] : []) + ["BY", "WHAT"]
        return Table(
            titles: titles,
            rows: events.map { event in
                [
                    Table.Cell(String(event.index)), Table.Cell(Age.text(from: event.time.timestamp, to: now)),
                    Table.Cell(event.type), Table.Cell(event.outcome ?? event.phase, event.tone),
                ] + (withSubject ? [Table.Cell(event.subject)] : [])
                    + [Table.Cell(event.actor), Table.Cell(event.summary)]
            }, rightAligned: [0])
    }
}

extension EventView {
    fileprivate var tone: Tone { outcome == "failed" ? .bad : .plain }

    /// The words of its body if it has some, its facts otherwise; at most 160 characters.
    var summary: String {
        let words = ["message", "reason", "summary", "result"].lazy.compactMap { body.value[$0]?.string }.first
        let text = words ?? facts
        return text.count > 160 ? text.prefix(159) + "…" : text
    }

    private var facts: String {
        let members = (body.value.object ?? [:]).filter { $0.key != "actor" }
        return members.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.string ?? $0.value.json)" }
            .joined(separator: " ")
    }
}
