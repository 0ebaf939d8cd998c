import WaybillCore

extension ReviewPlan.Group {
    /// All that is said of the group, what decides first and what rarely does folded.
    func section(_ detail: ReviewDetail) -> [Document.Block] {
        var blocks: [Document.Block] = [.heading(2, [.text(name)]), .paragraph(affected)]
        blocks += review.warnings.map { .notice(.unsure, [.text(shortened($0))]) }
        if let hold = review.hold { blocks.append(.notice(.bad, [.text("It stays as it is: \(shortened(hold))")])) }
        if let checklist = review.checklist {
            let given =
                review.asked.isEmpty
                ? "no evidence by these rules was given"
                : review.provenPass == nil
                    ? "evidence by these rules was given" : "proven evidence by these rules was given"
            blocks.append(
                .paragraph([
                    .strong("Asked"), ": ", .code(review.environment.text), " asks checklist ",
                    .code(checklist.name.text),
                    .text(" before a version serves; \(given)."),
                ]))
        }
        blocks += review.path.facts.prefix(detail.rows).map { .paragraph([.text(shortened($0))]) }
        if let version = review.version { blocks += version.blocks(detail, review.proofs) }
        blocks += steps
        blocks += list("Fields that differ", review.fields, detail) { change in
            [
                .code(change.path), ": ", .code(shortened(change.before ?? "absent", 120)), " → ",
                .code(shortened(change.after ?? "absent", 120)), change.restarts ? "" : " (no restart)",
            ]
        }
        blocks += list("Packages of the runtime", review.runtimePackages, detail, \.inlines)
        if keys.count > 1 {
            blocks += list("The \(keys.count) deployments", keys, ReviewDetail(rows: detail.rows * 2)) {
                [.code($0.description)]
            }
        }
        return blocks
    }

    /// Who answers for it, where, and what it takes.
    private var affected: [Document.Inline] {
        var inlines: [Document.Inline] = []
        if let owner = review.owner { inlines += ["Owner ", .strong(shortened(owner, 80)), ", "] }
        inlines += [inlines.isEmpty ? "Environment " : "environment ", .code(review.environment.text)]
        if let risk = review.riskTier { inlines += [", risk ", .code(risk)] }
        if review.replicas > 0 {
            let each = review.resources.isEmpty ? "no limits" : review.resources.joined(separator: ", ")
            inlines.append(", \(review.replicas) replica\(review.replicas == 1 ? "" : "s") of \(each)")
        }
        if review.replacesServing {
            inlines.append(", \(Bytes.text(review.toPull)) to bring of \(Bytes.text(review.size))")
        }
        return inlines + ["."]
    }

    private var steps: [Document.Block] {
        guard !review.rollout.isEmpty, let key = keys.first else { return [] }
        let name = keys.count == 1 ? key.description : "ENV/NAME"
        let stop: [Document.Inline] =
            review.isByStep
            ? [
                "Stop it where it is with ", .code("waybill pause \(name)"), ", take it back with ",
                .code("waybill rollout abort \(name) --reason TEXT"), "; a revert of this commit does the same.",
            ]
            : review.replacesServing
                ? [
                    "Stop it before the gateway turns with ",
                    .code("waybill pause \(name)"),
                    "; a revert of this commit goes back the same way.",
                ] : []
        return [.heading(3, ["Rollout"]), .steps(review.rollout.map { [.text($0)] })]
            + (stop.isEmpty ? [] : [.paragraph(stop)])
    }
}

extension ReviewItem {
    var inlines: [Document.Inline] {
        [
            .code(shortened(name, 120)), " ", .code(shortened(before ?? "absent", 120)), " → ",
            .code(shortened(after ?? "absent", 120)),
        ]
    }
}

/// A folded list, and how many of it are left out.
private func list<Items: Collection>(
    _ title: String, _ items: Items, _ detail: ReviewDetail, _ inlines: (Items.Element) -> [Document.Inline]
) -> [Document.Block] {
    guard !items.isEmpty else { return [] }
    var blocks: [Document.Block] = [.items(items.prefix(detail.rows).map(inlines))]
    if items.count > detail.rows { blocks.append(.paragraph([.text("and \(items.count - detail.rows) more")])) }
    let count = title.contains { $0.isNumber } ? "" : " (\(items.count))"
    return [.details(title + count, blocks)]
}

extension VersionReview {
    fileprivate func blocks(
        _ detail: ReviewDetail, _ proofs: [Digest: EvidenceProof]
    ) -> [Document.Block] {
        [.paragraph([.strong("Model"), .text(": \(summary).")])] + evidenceBlocks(proofs) + metricBlocks(detail)
            + sliceBlocks(detail) + interfaceBlocks(detail)
            + list("Data that it was made with", data, detail, \.inlines)
            + list("Packages that it was made with", packages, detail, \.inlines)
            + list("Model files", files, detail, \.inlines) + list("Other facts", facts, detail, \.inlines)
    }

    private func evidenceBlocks(_ proofs: [Digest: EvidenceProof]) -> [Document.Block] {
        guard !evidence.isEmpty else {
            return [.paragraph([.strong("Evidence"), ": none was given."])]
        }
        return [
            .items(
                evidence.prefix(20).map { evidence in
                    let passed = evidence.gates.count { $0.verdict == .passed }
                    return [
                        "Checklist ", .code(shortened(evidence.checklist, 80)), ": ",
                        .mark(evidence.verdict.tone, evidence.verdict.rawValue),
                        .text(", \(passed) of \(evidence.gates.count + evidence.skipped.count) gates, evidence "),
                        .code(evidence.digest.description),
                    ] + (proofs[evidence.digest]?.inlines ?? [])
                })
        ]
    }

    private func metricBlocks(_ detail: ReviewDetail) -> [Document.Block] {
        guard !metrics.isEmpty else { return [] }
        let rows = metrics.prefix(detail.rows).map { row -> [[Document.Inline]] in
            let where_ = row.data.map { " on \($0)" } ?? ""
            return [
                [.text(shortened(row.name + where_, 120))], [.text(row.old.words)], [.text(row.new.words)],
                row.tendency.inlines(row.difference),
            ]
        }
        let left = metrics.count > detail.rows ? [more(metrics.count - detail.rows)] : []
        return [.table(Document.Table(["metric", "old", "new", "the new one is"], Array(rows), numbers: [1, 2]))] + left
    }

    private func sliceBlocks(_ detail: ReviewDetail) -> [Document.Block] {
        let bad = slices.filter { $0.tendency == .worse || $0.verdict != .passed || ($0.gain ?? 0) < 0 }
        let rest = slices.filter { !($0.tendency == .worse || $0.verdict != .passed || ($0.gain ?? 0) < 0) }
        var blocks: [Document.Block] = []
        if !bad.isEmpty {
            blocks.append(.paragraph([.strong("Groups of rows that got worse or did not pass")]))
            blocks.append(table(bad.prefix(detail.rows)))
            if bad.count > detail.rows { blocks.append(more(bad.count - detail.rows)) }
        }
        guard !rest.isEmpty else { return blocks }
        let left = rest.count > detail.rows ? [more(rest.count - detail.rows)] : []
        return blocks + [
            .details(
                "\(rest.count) other group\(rest.count == 1 ? "" : "s") of rows",
                [table(rest.prefix(detail.rows))] + left)
        ]
    }

    private func table(_ slices: ArraySlice<SliceRow>) -> Document.Block {
        let rows = slices.map { row -> [[Document.Inline]] in
            [
                [.text(shortened("\(row.by) = \(row.name ?? "(none)")", 120))], [.text(shortened(row.metric, 60))],
                [.text(row.old.words)], [.text(row.new.words)], [.text(row.gain.map(Numbers.signed) ?? "")],
                [.text(String(row.count))], [.mark(row.verdict.tone, row.verdict.rawValue)],
            ]
        }
        return .table(
            Document.Table(["group", "metric", "old", "new", "gain", "rows", "verdict"], rows, numbers: [2, 3, 4, 5]))
    }

    private func interfaceBlocks(_ detail: ReviewDetail) -> [Document.Block] {
        if isInterfaceUnknown {
            return [
                .paragraph([
                    .strong("Interface"), ": one of the versions declares none, so nothing can be said of clients.",
                ])
            ]
        }
        guard !interface.isEmpty else {
            return from == nil ? [] : [.paragraph([.strong("Interface"), ": unchanged; clients go on."])]
        }
        let rows = interface.prefix(detail.rows).map { change -> [[Document.Inline]] in
            [
                [.mark(change.breaks ? .bad : .good, change.breaks ? "breaking" : "compatible")],
                [.text("\(change.side.rawValue) "), .code(shortened(change.tensor, 80))],
                [.code(shortened(change.before ?? "absent", 80))], [.code(shortened(change.after ?? "absent", 80))],
                [.text(change.reason)],
            ]
        }
        let left = interface.count > detail.rows ? [more(interface.count - detail.rows)] : []
        return [.table(Document.Table(["clients", "tensor", "old", "new", "why"], Array(rows)))] + left
    }

    private func more(_ count: Int) -> Document.Block { .paragraph([.text("and \(count) more")]) }
}

extension ReviewNumber? {
    /// `0.91 claimed`, `0.9912 (0.9801 to 0.9983)`, `–`.
    fileprivate var words: String {
        guard let self else { return "–" }
        return Numbers.text(self.value, self.interval) + (self.isClaim ? " claimed" : "")
    }
}

extension Tendency {
    fileprivate func inlines(_ difference: ClosedRange<Double>?) -> [Document.Inline] {
        let bounds = difference.map {
            " (\(Numbers.signed($0.lowerBound)) to \(Numbers.signed($0.upperBound)))"
        }
        let tone: Document.Tone =
            switch self {
            case .better: .good
            case .worse: .bad
            case .notApart, .unknown: .plain
            }
        return [.mark(tone, self == .unknown ? "–" : rawValue), .text(bounds ?? "")]
    }
}
