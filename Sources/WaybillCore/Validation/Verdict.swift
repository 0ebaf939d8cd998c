/// What came of a gate. Only `passed` passes.
package enum Verdict: String, CaseIterable, Hashable, Codable, Sendable {
    case passed
    case failed
    /// There is no evidence, or too little, to say either.
    case inconclusive
    /// The measurement itself did not come about.
    case errored

    /// The worst of several, which is that of a checklist; `inconclusive` without any.
    package static func of(_ verdicts: some Sequence<Verdict>) -> Verdict {
        let all = Set(verdicts)
        return [.errored, .failed, .inconclusive, .passed].first { all.contains($0) } ?? .inconclusive
    }
}

/// A verdict with its reason in one sentence.
package struct Judgement: Hashable, Sendable {
    package var verdict: Verdict
    package var message: String

    package init(_ verdict: Verdict, _ message: String) {
        self.verdict = verdict
        self.message = message
    }
}
