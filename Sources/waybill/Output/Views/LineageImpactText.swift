import WaybillCore

extension LineageImpact {
    /// Versions, and where and when each of them served.
    func text(_ style: Style) -> String {
        var sections = Sections(style)
        sections.title(cause.words)
        sections.lines([conclusion])
        if !versions.isEmpty {
            sections.title("Versions")
            var table = Table(titles: ["VERSION", "WHY"], rows: [])
            table.rows = versions.map { [Table.Cell($0.version), Table.Cell($0.why)] }
            sections.table(table)
        }
        if !served.isEmpty {
            sections.title("Served")
            var table = Table(titles: ["DEPLOYMENT", "VERSION", "REVISION", "FROM", "UNTIL", "RECORDED"], rows: [])
            for one in served {
                let count = one.predictions.map(String.init) ?? "not recorded"
                let periods = one.periods.isEmpty ? [nil] : one.periods.map(Optional.some)
                for (place, period) in periods.enumerated() {
                    table.rows.append([
                        Table.Cell(one.deployment.description), Table.Cell(one.version), Table.Cell(one.revision.short),
                        Table.Cell(period?.from.description ?? "never"),
                        Table.Cell(period.map { $0.until?.description ?? "now" }), Table.Cell(place == 0 ? count : nil),
                    ])
                }
            }
            sections.table(table)
        }
        if !problems.isEmpty {
            sections.title("Not read, so more may be affected")
            sections.lines(problems, .busy)
        }
        return sections.text
    }

    /// `2 versions, 3 revisions of 2 deployments, 1 serving now`.
    private var conclusion: String {
        func count(_ number: Int, _ what: String) -> String { "\(number) \(what)\(number == 1 ? "" : "s")" }
        let versions = count(Set(versions.map(\.version)).count, "version")
        let deployments = count(Set(served.map(\.deployment)).count, "deployment")
        return "\(versions), \(count(served.count, "revision")) of \(deployments), "
            + "\(served.count(where: \.servesNow)) serving now"
    }
}

extension LineageCandidates {
    func text(_ style: Style) -> String {
        var sections = Sections(style)
        sections.title("\(deployment) at \(time)")
        sections.lines([sentence])
        var table = Table(titles: ["REVISION", "TRAFFIC"], rows: [])
        table.rows = traffic.shares.map { share in
            [
                Table.Cell(share.revision?.description ?? share.short),
                Table.Cell(share.weight.map { "\($0) %" } ?? "one pool"),
            ]
        }
        sections.table(table)
        sections.lines([
            "'waybill lineage --deployment \(deployment) --at \(time) --revision DIGEST' explains one of them"
        ])
        return sections.text
    }
}
