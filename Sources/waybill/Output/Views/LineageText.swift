import WaybillCore

extension Lineage {
    /// One screen for people: what each thing is, and what vouches for it.
    func text(_ style: Style, pack: String?) -> String {
        var sections = Sections(style)
        sections.title("\(title) of \(deployment)" + (time.map { " at \($0)" } ?? ""))
        sections.lines([summary])
        for section in self.sections {
            sections.title(section.title)
            for link in section.links { sections.link(link) }
        }
        if !problems.isEmpty {
            sections.title("Not read")
            sections.lines(problems, .busy)
        }
        sections.title("Ledger entries")
        sections.lines([entries.map(String.init).joined(separator: " ")])
        if let pack {
            sections.lines(["\(pack) has what proves this; check it with 'waybill audit verify \(pack) --key VKEY'"])
        }
        return sections.text
    }

    /// `14 proven, 6 claimed, 2 missing`.
    private var summary: String {
        var (proven, claimed, missing) = (0, 0, 0)
        for link in links {
            switch link.standing {
            case .proven: proven += 1
            case .claimed: claimed += 1
            case .missing: missing += 1
            }
        }
        return "\(proven) proven, \(claimed) claimed, \(missing) missing"
    }
}

extension Sections {
    /// `weights model.json: sha256:…`, and what vouches for it behind, or below what is long.
    fileprivate mutating func link(_ link: LineageLink) {
        let head = link.subject.rawValue + (link.name.map { " \($0)" } ?? "") + ":"
        let proofs = link.proofs.map(\.words).joined(separator: ", ")
        var standing: String
        let tone: Tone
        switch link.standing {
        case .proven: (standing, tone) = ("proven by \(proofs)", .good)
        case .claimed(let who, _):
            (standing, tone) = ("claimed by \(who)" + (proofs.isEmpty ? "" : ", \(proofs)"), .busy)
        case .missing(let why): return lines(["\(head) missing: \(why)"], .bad)
        }
        if let note = link.note, !note.isEmpty { standing += "; \(note)" }
        if head.count + link.value.count + standing.count < 100 {
            lines(["\(head) \(link.value), \(standing)"], tone)
        } else {
            lines(["\(head) \(link.value)"])
            lines(["    \(standing)"], tone)
        }
    }
}
