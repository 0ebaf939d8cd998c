import WaybillCore
import WaybillTrust

extension ApprovalReview {
    /// A row for each group, then the names of its changes and the files that count for nothing, folded.
    func section(base: CommitID, _ detail: ReviewDetail) -> [Document.Block] {
        guard !groups.isEmpty || !unread.isEmpty else { return [] }
        var blocks: [Document.Block] = [.heading(2, ["Approvals"])]
        if !groups.isEmpty {
            blocks.append(
                .table(
                    Document.Table(
                        ["deployment", "change", "asked", "said", "missing"],
                        groups.prefix(detail.rows).map(\.cells))))
            if groups.count > detail.rows { blocks.append(more(groups.count - detail.rows)) }
        }
        blocks.append(.paragraph(basis(base)))
        for group in groups.prefix(detail.rows) where group.items.count > 1 {
            let changes = group.items.prefix(detail.rows * 2).map { item -> [Document.Inline] in
                [.code(item.key.description), " ", .code(item.change.description)]
            }
            let left = group.items.count - changes.count
            blocks.append(
                .details(
                    "The \(group.items.count) changes of \(group.name)",
                    [.items(changes)] + (left > 0 ? [more(left)] : [])))
        }
        return blocks + uncounted(detail)
    }

    private func basis(_ base: CommitID) -> [Document.Inline] {
        let rules: [Document.Inline] =
            isGoverned
            ? [
                "Judged by the rules of ", .code(String(base.hex.prefix(10))),
                ", from files of the head and of refs beside it in this clone. ",
            ] : ["Nothing was judged. "]
        return rules + [
            "Without a controller the base is taken for what serves and for the rules in force, and the evidence that an approval names is not compared."
        ]
    }

    private func uncounted(_ detail: ReviewDetail) -> [Document.Block] {
        let void = groups.flatMap(\.items).flatMap { $0.verdict?.void ?? [] }.map { ($0.place, $0.why) }
        let all = void + unread.map { ($0.path, $0.why) }
        guard !all.isEmpty else { return [] }
        let shown = all.prefix(detail.rows).map { place, why -> [Document.Inline] in
            [.code(shortened(place, 200)), ": ", .text(shortened(why))]
        }
        let left = all.count > detail.rows ? [more(all.count - detail.rows)] : []
        return [.details("Files that do not count (\(all.count))", [.items(shown)] + left)]
    }

    private func more(_ count: Int) -> Document.Block { .paragraph([.text("and \(count) more")]) }

    var value: Value {
        var members: Members = [
            "governed": .bool(isGoverned), "rules": .list(rules.map { .string($0) }),
            "items": .list(groups.flatMap(\.items).sorted { $0.key < $1.key }.map(\.value)),
            "unread": .list(unread.map { ["file": .string($0.path), "why": .string($0.why)] }),
        ]
        if case .unreadable(let why) = governance { members["problem"] = .string(why) }
        return .object(members)
    }
}

extension ApprovalReview.Item {
    fileprivate var value: Value {
        var members: Members = ["deployment": .string(key.description), "change": .string(change.description)]
        if let policy { members["asked"] = .string(policy.summary) }
        if let verdict { members["verdict"] = verdict.value }
        return .object(members)
    }
}

extension ApprovalReview.Group {
    fileprivate var cells: [[Document.Inline]] {
        guard let item = items.first else { return [] }
        let asked = item.policy.flatMap { $0.required.isEmpty ? nil : $0.summary }
        return [
            [items.count == 1 ? .code(name) : .strong(name)],
            [items.count == 1 ? .code(item.change.description) : .text("\(items.count) changes")],
            [.text(asked ?? "nobody")], said(item.verdict), missing(item, asked),
        ]
    }

    private func said(_ verdict: ApprovalVerdict?) -> [Document.Inline] {
        guard let verdict else { return ["–"] }
        var inlines: [Document.Inline] = []
        for word in verdict.said {
            if !inlines.isEmpty { inlines.append("; ") }
            inlines.append(.mark(word.isYes ? .good : .bad, shortened(word.text)))
        }
        if !verdict.authors.isEmpty {
            let authors = verdict.authors.map(\.text).joined(separator: ", ")
            inlines.append(.text("\(inlines.isEmpty ? "" : "; ")proposed by \(shortened(authors))"))
        }
        return inlines.isEmpty ? ["–"] : inlines
    }

    private func missing(_ item: ApprovalReview.Item, _ asked: String?) -> [Document.Inline] {
        guard let verdict = item.verdict else {
            return asked == nil ? ["–"] : [.mark(.bad, "nobody is known")]
        }
        guard let waiting = verdict.waiting else {
            return [.mark(.good, asked == nil ? "nothing is asked" : "nothing")]
        }
        return [.mark(verdict.isOverridden ? .unsure : .bad, shortened(waiting))]
    }
}
