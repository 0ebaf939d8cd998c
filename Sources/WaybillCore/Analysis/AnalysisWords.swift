/// A verdict as a reviewer reads it.
enum AnalysisWords {
    static func words(
        _ verdict: AnalysisVerdict, _ summary: AnalysisSummary, _ question: AnalysisQuestion
    ) -> String {
        let measured = measured(verdict, summary, question)
        switch verdict.outcome {
        case .passed, .failed: return measured
        case .inconclusive:
            guard let needs = verdict.needs else {
                return "\(measured); how many more requests would decide is not known"
            }
            return "\(measured); needs about \(count(needs)) more request\(needs == 1 ? "" : "s")"
        }
    }

    private static func measured(
        _ verdict: AnalysisVerdict, _ summary: AnalysisSummary, _ question: AnalysisQuestion
    ) -> String {
        guard let share = summary.canary.share else { return "the new revision answered no request" }
        let canary = "\(percent(share)) of \(count(summary.canary.requests)) requests"
        guard let estimate = verdict.estimate else {
            return "\(canary), with too few beside them of what serves to compare"
        }
        switch question.bound {
        case .absolute(let limit):
            return "\(canary), between \(percent(verdict.lower)) and \(percent(verdict.upper)); "
                + "at most \(percent(limit)) is asked"
        case .increase(let limit):
            let stable = "\(percent(summary.stable.share ?? 0)) of \(count(summary.stable.requests)) of what serves"
            return "\(canary), \(stable): \(points(estimate)) points, between \(points(verdict.lower)) and "
                + "\(points(verdict.upper)); at most \(points(limit)) is asked"
        }
    }

    /// `0.4 %`.
    static func percent(_ share: Double) -> String { "\(digits(share)) %" }

    /// `+0.4` or `−0.4`, in hundredths of a share.
    static func points(_ difference: Double) -> String {
        let text = digits(abs(difference))
        if text == "0" { return text }
        return (difference < 0 ? "−" : "+") + text
    }

    /// Hundredths with one place, more where one place says nothing.
    private static func digits(_ share: Double) -> String {
        let hundredths = share * 100
        let step = hundredths == 0 || abs(hundredths) >= 0.1 ? 10.0 : 1000.0
        let rounded = (hundredths * step).rounded() / step
        return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
    }

    /// `12,000`.
    static func count(_ number: Int) -> String {
        var text = ""
        for (place, digit) in String(number).reversed().enumerated() {
            if place > 0, place.isMultiple(of: 3), digit != "-" { text.append(",") }
            text.append(digit)
        }
        return String(text.reversed())
    }
}
