import WaybillCore

/// Evidence as people and programs read it.
struct EvidenceView {
    private let evidence: Evidence

    init(_ evidence: Evidence) { self.evidence = evidence }

    var value: Value {
        var members = evidence.value.object ?? [:]
        members["kind"] = "Evidence"
        members["digest"] = .string(evidence.digest.description)
        if !evidence.cached.isEmpty { members["cached"] = .list(evidence.cached.map { .string($0) }) }
        return .object(members)
    }

    func text(_ style: Style, columns: Int?) -> String {
        var rows: [[Table.Cell]] = evidence.results.map { result in
            let judged = result.judged
            return [
                Table.Cell(result.gate.name), Table.Cell(judged.verdict.rawValue, judged.verdict.tone),
                Table.Cell(judged.message),
            ]
        }
        rows += evidence.skipped.map {
            [Table.Cell($0), Table.Cell("not asked", .quiet), "a gate before it did not pass"]
        }
        let table = Table(titles: ["GATE", "VERDICT", "WHAT WAS FOUND"], rows: rows).fitting(columns)
        let verdict = style.paint(evidence.verdict.rawValue, evidence.verdict.tone)
        return """
            \(evidence.version) by checklist \(evidence.checklist): \(verdict)

            \(table.text(style))
            bundle    \(evidence.bundle)
            evidence  \(evidence.digest)
            \(cachedLine)
            """
    }

    private var cachedLine: String {
        if evidence.cached.isEmpty { return "" }
        return
            "cached    \(evidence.cached.joined(separator: ", ")): measured by an earlier run; --no-cache measures again\n"
    }
}

extension Verdict {
    var tone: Tone {
        switch self {
        case .passed: .good
        case .failed, .errored: .bad
        case .inconclusive: .busy
        }
    }
}
