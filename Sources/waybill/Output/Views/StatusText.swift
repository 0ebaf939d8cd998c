import WaybillAPI
import WaybillCore

extension FleetView {
    /// What `status` shows: what is in force, what needs a person, whether the parts answer.
    func text(_ style: Style, now: Timestamp) -> String {
        func ago(_ moment: Moment) -> String { Age.text(from: moment.timestamp, to: now) + " ago" }
        var sections = Sections(style)
        sections.title("Repository")
        sections.facts([
            ("url", repository.url + (repository.path.isEmpty ? "" : " (\(repository.path))"), .plain),
            ("branch", repository.branch, .plain),
            (
                "commit",
                repository.commit.map { "\($0.id.prefix(10)) \($0.summary) (\($0.author), \(ago($0.time)))" }
                    ?? "none yet",
                .plain
            ),
            ("branch names", repository.head.map { "\($0.prefix(10)), which is not in force" }, .busy),
            ("asked", repository.fetchedAt.map(ago) ?? "never with success", .plain),
            ("problem", repository.problem, .bad),
            ("rules", rules?.message, rules?.ungoverned == true ? .busy : .plain),
        ])
        sections.title("Deployments")
        sections.lines([deployments.sentence])
        if !holds.isEmpty {
            sections.title("Holds")
            sections.lines(holds.map { "\($0.subject): \($0.reason), placed \(ago($0.since)): \($0.message)" }, .busy)
            // Only a commit that is held as a whole can be accepted; a broken manifest is mended by a push.
            let commits = Set(holds.filter { $0.subject == "fleet" }.compactMap(\.commit)).sorted()
            sections.lines(commits.map { "to go on: waybill accept \($0) --reason TEXT" })
        }
        if !problems.isEmpty {
            sections.title("Problems in git")
            for problem in problems { sections.lines(problem.lines, .bad) }
        }
        sections.title("Controller")
        sections.facts([
            ("build", controller.build, .plain), ("pid", String(controller.pid), .plain),
            ("up", Age.text(from: controller.startedAt.timestamp, to: now), .plain),
            ("state", controller.stateFolder, .plain),
            ("ledger", "\(ledger.entries) entries, \(ledger.origin)", .plain),
            ("anchored", ledger.anchoredAt.map(ago) ?? "never", .plain),
            ("ledger problem", ledger.problem, .bad),
            ("ledger warning", ledger.warnings?.joined(separator: "; "), .bad),
            (
                "gateway", gateway.running ? "\(gateway.address ?? "?"), pid \(gateway.pid ?? 0)" : "not running",
                gateway.running ? .good : .bad
            ),
            ("gateway problem", gateway.problem, .bad),
        ])
        return sections.text
    }
}

extension FleetView.Totals {
    /// `12: 10 ready, 1 reconciling, 1 stalled`; what is not there is not named.
    var sentence: String {
        let other = total - ready - reconciling - stalled - held - paused
        let parts = [
            (ready, "ready"), (reconciling, "reconciling"), (stalled, "stalled"), (held, "held"), (paused, "paused"),
            (other, "not ready"),
        ]
        let named = parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return named.isEmpty ? "none" : "\(total): \(named.joined(separator: ", "))"
    }
}
