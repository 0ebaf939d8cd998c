/// What one check of an analysis can find out with the requests that its step asks for.
package struct AnalysisPower: Hashable, Sendable {
    /// Which step of the rollout it is of, counted from 0.
    package let step: Int
    package let check: AnalysisCheck
    package let requests: Int
    /// What serves answers beside them, at the share that the step before gives.
    package let stableRequests: Int
    private let question: AnalysisQuestion

    /// Of every hundred answers of what serves, so many are taken to be counted when nothing is known of it.
    package static let base = 0.02
    /// What would be proven too high only from such a share on is not looked for in earnest.
    package static let absurd = 0.5

    /// By step and check, in order.
    package static func all(in steps: [RolloutStep]) -> [AnalysisPower] {
        var weight = 0
        var found: [AnalysisPower] = []
        let alpha = steps.alpha(tries: 1)
        for (index, step) in steps.enumerated() {
            if case .weight(let share) = step { weight = share }
            guard case .analysis(let analysis) = step, weight > 0 else { continue }
            let beside = Double(analysis.minRequests) * Double(100 - weight) / Double(weight)
            found += analysis.checks.map { check in
                AnalysisPower(
                    step: index, check: check, requests: analysis.minRequests, stableRequests: Int(beside),
                    question: AnalysisQuestion(
                        bound: check.bound, minRequests: analysis.minRequests, alpha: alpha))
            }
        }
        return found
    }

    private init(step: Int, check: AnalysisCheck, requests: Int, stableRequests: Int, question: AnalysisQuestion) {
        self.step = step
        self.check = check
        self.requests = requests
        self.stableRequests = stableRequests
        self.question = question
    }

    /// The smallest share that is most likely proven too high; nil when none is.
    package var detectable: Double? {
        AnalysisJudge.detectable(
            requests: requests, stableRequests: stableRequests, base: Self.base, question)
    }

    /// `With 500 requests at a base rate of 2 %: errors at 13 % or more are most likely found too high.`
    package var sentence: String {
        let known =
            "With \(AnalysisWords.count(requests)) requests at a base rate of \(AnalysisWords.percent(Self.base))"
        guard let detectable else { return "\(known): no share of \(check.name) is found too high." }
        return "\(known): \(check.name) at \(AnalysisWords.percent(detectable)) or more are most likely found too high."
    }

    /// Whether as many requests without a single hit, beside as many of what serves as its share gives, pass the check.
    package var canPassClean: Bool {
        // In blocks, as they come.
        let blocks = max(1, min(20, requests))
        let block = AnalysisBlock(
            canary: ArmCounts(requests: max(1, requests / blocks)),
            stable: ArmCounts(requests: max(1, stableRequests / blocks)))
        return AnalysisJudge.judge(AnalysisSummary(Array(repeating: block, count: blocks)), question).outcome == .passed
    }

    /// What is wrong with asking so; empty when it makes sense.
    package var warnings: [String] {
        let place = "step \(step + 1) of the rollout: \(check.words)"
        let asked = "\(AnalysisWords.count(requests)) request\(requests == 1 ? "" : "s")"
        let detectable = detectable
        var found: [String] = []
        if detectable.map({ $0 >= Self.absurd }) ?? true {
            let share = detectable.map { "only from \(AnalysisWords.percent($0)) on" } ?? "at no share"
            found.append("\(place): \(asked) prove it broken \(share); raise 'minRequests'")
        }
        if !canPassClean {
            found.append(
                "\(place): \(asked) without a single one prove less than that; it waits for more. Raise 'minRequests' or the bound"
            )
        }
        return found
    }
}
