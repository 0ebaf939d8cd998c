import WaybillCore

extension EvidenceReport {
    /// The page of what a version came to by a checklist: verdicts first, then each gate with what it measured.
    package var document: Document {
        Document(
            title: "\(version) by checklist \(checklist): \(verdict.rawValue)",
            [headline, .table(overview)] + gates.flatMap(\.section) + [.heading(2, ["What this rests on"]), origin])
    }

    private var headline: Document.Block {
        let passed = gates.count { $0.verdict == .passed }
        let notAsked = skipped.isEmpty ? "" : ", \(skipped.count) not asked"
        let words =
            verdict == .passed
            ? "All \(gates.count) gates passed."
            : "\(passed) of \(gates.count + skipped.count) gates passed\(notAsked)."
        let open = gates.filter { $0.verdict != .passed }.prefix(3).flatMap { gate -> [Document.Inline] in
            [" ", .text("\(gate.name): \(gate.message).")]
        }
        return .notice(verdict.tone, [.text(words)] + open)
    }

    private var overview: Document.Table {
        let rows = gates.map { gate -> [[Document.Inline]] in
            [
                [.code(gate.name)], [.mark(gate.verdict.tone, gate.verdict.rawValue)], [.text(gate.shownMeasured)],
                [.text(gate.bound)], [.text(gate.samples.map(String.init) ?? "")],
            ]
        }
        let left = skipped.map { name -> [[Document.Inline]] in
            [[.code(name)], [.mark(.plain, "not asked")], ["a gate before it did not pass"], [], []]
        }
        return Document.Table(["gate", "verdict", "measured", "bound", "samples"], rows + left, numbers: [4])
    }

    private var origin: Document.Block {
        var items: [[Document.Inline]] = [
            ["evidence ", .code(digest.description)], ["bundle ", .code(bundle)],
            ["checklist ", .code(checklist), " ", .code(rules)],
        ]
        if let runtime { items.append(["run by ", .code(runtime)]) }
        let inputs = gates.reduce(into: [String: String]()) { all, gate in
            all.merge(gate.inputs) { first, _ in first }
        }
        items += inputs.sorted { $0.key < $1.key }.map { [.code($0.key), " ", .code($0.value)] }
        return .items(items)
    }
}

extension EvidenceReport.Gate {
    fileprivate var shownMeasured: String { measured.isEmpty ? message : measured }

    /// What it measured beyond a line: plots, groups, the baseline.
    fileprivate var section: [Document.Block] {
        guard metric != nil || slices != nil || latency?.candidate != nil || verdict != .passed else { return [] }
        var blocks: [Document.Block] = [
            .heading(2, [.text(name)]),
            .paragraph([.mark(verdict.tone, verdict.rawValue), .text(": \(message)")]),
        ]
        if let metric { blocks += metric.blocks }
        if let slices { blocks += slices.blocks }
        if let latency { blocks += latency.blocks }
        return blocks
    }
}

extension EvidenceReport.Metric {
    fileprivate var blocks: [Document.Block] {
        var blocks: [Document.Block] = warnings.map { .notice(.unsure, [.text($0)]) }
        var rows: [[[Document.Inline]]] = []
        if let value { rows.append([["measured"], [.text(Numbers.text(value))], [.text(Self.text(interval))]]) }
        if let claimed { rows.append([["claimed by its manifest"], [.text(Numbers.text(claimed))], []]) }
        if let baseline {
            rows.append([[.code(baseline.version), " serves"], [.text(Numbers.text(baseline.value))], []])
            rows.append([
                ["difference, more is better"], [.text(Numbers.signed(baseline.difference))],
                [.text("\(Numbers.signed(baseline.lower)) to \(Numbers.signed(baseline.upper))")],
            ])
        }
        if rows.count > 1 || !rows.isEmpty && roc == nil {
            blocks.append(.table(Document.Table(["\(name) on \(data)", "value", "95 %"], rows, numbers: [1, 2])))
        }
        if let roc { blocks.append(.figure(roc.figure(self))) }
        if let calibration { blocks.append(.figure(calibration.figure(self))) }
        return blocks
    }

    private static func text(_ interval: ClosedRange<Double>?) -> String {
        interval.map { "\(Numbers.text($0.lowerBound)) to \(Numbers.text($0.upperBound))" } ?? ""
    }
}

extension EvidenceReport.Slices {
    fileprivate var blocks: [Document.Block] {
        guard !slices.isEmpty else { return [] }
        let rows = slices.map { slice -> [[Document.Inline]] in
            [
                [.text(slice.name ?? "(no \(by))")], [.text(Numbers.text(slice.value, slice.interval))],
                [.text(String(slice.count))], [.mark(slice.verdict.tone, slice.verdict.rawValue)],
            ]
        }
        let table = Document.Table([by, metric, "rows", "verdict"], rows, numbers: [1, 2])
        let gap = gap.map {
            [Document.Block.paragraph([.text("The best and the worst are \(Numbers.text($0)) apart.")])]
        }
        return [figure.map(Document.Block.figure)].compactMap(\.self) + (gap ?? [])
            + [rows.count > 12 ? .details("All \(rows.count) groups", [.table(table)]) : .table(table)]
    }
}
