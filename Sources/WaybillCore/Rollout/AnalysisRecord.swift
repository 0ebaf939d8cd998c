/// What an analysis found, with all that it was judged by: whoever has it judges again and finds the same.
package struct AnalysisRecord: Hashable, Sendable {
    package struct Finding: Hashable, Sendable {
        package var check: AnalysisCheck
        package var summary: AnalysisSummary
        package var question: AnalysisQuestion
        package var verdict: AnalysisVerdict

        package init(check: AnalysisCheck, summary: AnalysisSummary, question: AnalysisQuestion) {
            self.check = check
            self.summary = summary
            self.question = question
            verdict = AnalysisJudge.judge(summary, question)
        }
    }

    /// How often the counting had begun.
    package var tries: Int
    /// From when to when it was counted, on the wall clock.
    package var from: Timestamp
    package var to: Timestamp
    package var findings: [Finding]

    package init(tries: Int, from: Timestamp, to: Timestamp, findings: [Finding]) {
        self.tries = tries
        self.from = from
        self.to = to
        self.findings = findings
    }

    /// Failed by one check that failed, passed only by all.
    package var outcome: AnalysisVerdict.Outcome {
        let found = findings.map(\.verdict.outcome)
        if found.contains(.failed) { return .failed }
        return !found.isEmpty && found.allSatisfy { $0 == .passed } ? .passed : .inconclusive
    }

    /// What decided, in words: the checks that failed, or those that are undecided, or all.
    package var words: String {
        let outcome = outcome
        let telling = outcome == .passed ? findings : findings.filter { $0.verdict.outcome == outcome }
        return telling.map { "\($0.check.name): \($0.verdict.words)" }.joined(separator: "; ")
    }

    /// What a verdict still needs: `about 340 more requests`, `a verdict on errors`.
    package var waitsFor: String {
        let open = findings.filter { $0.verdict.outcome == .inconclusive }
        let needs = open.compactMap(\.verdict.needs).max() ?? 0
        let missing = open.map { $0.question.minRequests - $0.verdict.canaryRequests }.max() ?? 0
        let more = max(needs, missing)
        if more > 0 { return "about \(AnalysisWords.count(more)) more request\(more == 1 ? "" : "s")" }
        return open.isEmpty ? "nothing" : "a verdict on " + open.map(\.check.name).joined(separator: ", ")
    }
}

extension AnalysisRecord {
    /// For the ledger.
    package var value: Value {
        [
            "outcome": .string("\(outcome)"), "judge": .integer(Int64(AnalysisJudge.version)),
            "from": .string(from.description), "to": .string(to.description),
            "checks": .list(findings.map(\.value)),
        ]
    }

    /// What is wrong with `value` as a record of the ledger: nil when the verdicts that it names are those that its numbers give, or
    /// were given by another version of the judge.
    package static func objection(to value: Value) -> String? {
        guard value["judge"]?.integer == Int64(AnalysisJudge.version) else { return nil }
        guard let checks = value["checks"]?.list, !checks.isEmpty else { return "it has no checks" }
        var findings: [Finding] = []
        for check in checks {
            guard let finding = Finding(check) else { return "a check cannot be read: \(check.json.prefix(200))" }
            if finding.value["verdict"] != check["verdict"] {
                return "\(finding.check.name) is \(finding.verdict.outcome) by its numbers: \(finding.verdict.words)"
            }
            if finding.value["digest"] != check["digest"] {
                return "the digest of what was counted of \(finding.check.name) is another one"
            }
            findings.append(finding)
        }
        let now = Timestamp(milliseconds: 0)
        let outcome = AnalysisRecord(tries: 1, from: now, to: now, findings: findings).outcome
        return value["outcome"]?.string == "\(outcome)" ? nil : "it is \(outcome) by its checks"
    }
}

extension AnalysisRecord.Finding {
    package var value: Value {
        var members: Members = [
            "metric": check.value, "minRequests": .integer(Int64(question.minRequests)),
            "alpha": .number(question.alpha), "summary": summary.value,
            "digest": .string(Digest(of: summary.value.jsonBytes).description),
            "canary": Self.value(summary.canary), "stable": Self.value(summary.stable),
            "verdict": .string("\(verdict.outcome)"), "lower": .number(verdict.lower), "upper": .number(verdict.upper),
            "words": .string(verdict.words),
        ]
        if let estimate = verdict.estimate { members["estimate"] = .number(estimate) }
        return .object(members)
    }

    fileprivate init?(_ value: Value) {
        guard let check = value["metric"].flatMap({ AnalysisCheck($0) }),
            let summary = value["summary"].flatMap({ AnalysisSummary($0) }),
            let minRequests = value["minRequests"]?.integer, let alpha = value["alpha"]?.number
        else { return nil }
        self.init(
            check: check, summary: summary,
            question: AnalysisQuestion(bound: check.bound, minRequests: Int(minRequests), alpha: alpha))
    }

    private static func value(_ counts: ArmCounts) -> Value {
        ["requests": .integer(Int64(counts.requests)), "hits": .integer(Int64(counts.hits))]
    }
}
