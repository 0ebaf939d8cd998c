import WaybillCore

/// How much of a plan is written out: a comment of a forge is bounded.
struct ReviewDetail: Hashable, Sendable {
    /// Rows of one list at most.
    var rows: Int

    /// For pages, which have room.
    static let everything = ReviewDetail(rows: 2000)
}

extension ReviewPlan {
    /// The whole plan as a page.
    package var document: Document {
        Document(
            title: title,
            opening(rows: 2000) + approvalBlocks(.everything) + groups.flatMap { $0.section(.everything) }
                + closing(problems: 2000))
    }

    var title: String { "Waybill plan: \(verdict)" }

    func approvalBlocks(_ detail: ReviewDetail) -> [Document.Block] {
        approvals?.section(base: base, detail) ?? []
    }

    /// The verdict with its reasons, and one row for each group.
    func opening(rows: Int) -> [Document.Block] {
        var blocks: [Document.Block] = []
        if !missing.isEmpty {
            blocks.append(.notice(.bad, ["This is missing before it can be merged soundly:"]))
            blocks.append(.items(missing.prefix(rows).map { [.text(shortened($0))] }))
        }
        if let notice = approvals?.notice { blocks.append(.notice(.unsure, [.text(notice)])) }
        if !attention.isEmpty {
            blocks.append(.paragraph([.strong("To look at")]))
            blocks.append(.items(attention.prefix(rows).map { [.text(shortened($0))] }))
        }
        guard !groups.isEmpty else { return blocks + [.paragraph(unchangedWords)] }
        let table = Document.Table(
            ["", "deployment", "version", "what it means"],
            groups.prefix(rows).map { group in
                let review = group.review
                return [
                    [.code(review.verb.sign)], [group.keys.count == 1 ? .code(group.name) : .strong(group.name)],
                    review.versionWords, [.text(shortened(review.meaning))],
                ]
            })
        return blocks + [.table(table), .paragraph(unchangedWords)]
    }

    private var unchangedWords: [Document.Inline] {
        [
            .text("\(unchanged) deployment\(unchanged == 1 ? "" : "s") stay\(unchanged == 1 ? "s" : "") as "),
            .text("\(unchanged == 1 ? "it is" : "they are")"),
            ". Compared ", .code(String(base.hex.prefix(10))),
            isObserved ? ", which the controller has in force, with " : ", taken for what runs, with ",
            .code(String(head.hex.prefix(10))), ".",
        ]
    }

    func closing(problems most: Int) -> [Document.Block] {
        guard !problems.isEmpty else { return [] }
        let listed: Document.Block = .items(problems.prefix(most).map { [.text(shortened($0))] })
        return [.details("\(problems.count) problem\(problems.count == 1 ? "" : "s") of manifests", [listed])]
    }
}

extension FleetPlan.Verb {
    var sign: String {
        switch self {
        case .create: "+"
        case .replace: "±"
        case .adjust: "~"
        case .remove: "-"
        case .orphan: "o"
        case .hold: "held"
        case .none: "."
        }
    }
}

/// The first characters of text of any length.
func shortened(_ text: String, _ most: Int = 300) -> String {
    text.unicodeScalars.count <= most ? text : String(String.UnicodeScalarView(text.unicodeScalars.prefix(most))) + "…"
}

extension DeploymentReview {
    fileprivate var versionWords: [Document.Inline] {
        switch (from, to) {
        case (let old?, let new?) where old == new: [.code(new.description)]
        case (let old?, let new?): [.code(old.description), " → ", .code(new.description)]
        case (let old?, nil): [.code(old.description), " → absent"]
        case (nil, let new?): ["absent → ", .code(new.description)]
        case (nil, nil): []
        }
    }

    /// One line for the table.
    fileprivate var meaning: String {
        if let hold { return "stays as it is: \(hold)" }
        var parts: [String] = []
        switch verb {
        case .remove: parts.append("no longer answers")
        case .orphan: parts.append("left alone: pruning is disabled")
        case .create: parts.append("begins to answer")
        case .replace, .adjust, .hold, .none: break
        }
        if let version {
            parts.append(version.summary)
            let breaking = version.interface.count(where: \.breaks)
            if breaking > 0 { parts.append("\(breaking) breaking for clients") }
            let verdicts = version.evidence.map { "\($0.checklist) \($0.verdict.rawValue)" }
            parts.append(verdicts.isEmpty ? "no evidence" : verdicts.joined(separator: ", "))
        } else if !fields.isEmpty {
            parts.append(fields.map(\.path).joined(separator: ", "))
        }
        if !runtimePackages.isEmpty { parts.append("\(runtimePackages.count) packages of the runtime differ") }
        return parts.joined(separator: "; ")
    }
}
