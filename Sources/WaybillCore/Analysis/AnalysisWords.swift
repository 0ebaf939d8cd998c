/// A verdict as a reviewer reads it.
enum AnalysisWords {
    static func words(
        _ verdict: AnalysisVerdict, _ summary: AnalysisSummary, _ question: AnalysisQuestion, _ found: Interval
    ) -> String {
        guard let share = summary.canary.share else { return "the new revision answered no request" }
        let canary = "\(percent(share)) of \(counted(summary.canary.requests, "request"))"
        guard let estimate = verdict.estimate else {
            return "\(canary), with too few of what serves in the same time to compare"
        }
        let said = "\(canary)\(compared(estimate, verdict, summary, question))"
        return verdict.outcome == .inconclusive ? "\(said); \(missing(verdict, summary, question, found))" : said
    }

    private static func compared(
        _ estimate: Double, _ verdict: AnalysisVerdict, _ summary: AnalysisSummary, _ question: AnalysisQuestion
    ) -> String {
        let show: (Double) -> String
        var text = ""
        switch question.bound {
        case .absolute: show = percent
        case .increase:
            show = points
            text =
                ", \(percent(summary.stable.share ?? 0)) of \(count(summary.stable.requests)) of what serves: "
                + "\(points(estimate)) points"
        }
        let (lower, upper) = (show(verdict.lower), show(verdict.upper))
        text +=
            summary.earlier.isEmpty
            ? ", between \(lower) and \(upper)" : ", at least \(lower) over all steps, at most \(upper) in this one"
        return "\(text); at most \(show(question.bound.limit)) is asked"
    }

    /// Why nothing is decided, and what would.
    private static func missing(
        _ verdict: AnalysisVerdict, _ summary: AnalysisSummary, _ question: AnalysisQuestion, _ found: Interval
    ) -> String {
        let needs =
            verdict.needs.map { "needs about \(counted($0, "more request"))" }
            ?? "how many more requests would decide is not known"
        if found.isTooEarly {
            return "too early to say after \(counted(found.blocks, "block")) of time, "
                + "\(AnalysisJudge.leastBlocks) are the least; \(needs)"
        }
        switch found.proven(question) {
        case .failed:
            return "all that counts against it fell into \(counted(found.blocksWithHits, "block")) of time, "
                + "\(AnalysisJudge.leastBlocksWithHits) are the least; \(needs)"
        case .passed: return "\(count(question.minRequests)) requests are asked; \(needs)"
        case .inconclusive: return needs
        }
    }

    /// `0.4 %`.
    static func percent(_ share: Double) -> String { "\(digits(share)) %" }

    /// `+0.4` or `−0.4`, in hundredths of a share.
    private static func points(_ difference: Double) -> String {
        let text = digits(abs(difference))
        if text == "0" { return text }
        return (difference < 0 ? "−" : "+") + text
    }

    /// Hundredths with one place, or with three where one place shows nothing.
    private static func digits(_ share: Double) -> String {
        let hundredths = share * 100
        let step = hundredths == 0 || abs(hundredths) >= 0.1 ? 10.0 : 1000.0
        let rounded = (hundredths * step).rounded() / step
        return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
    }

    static func counted(_ number: Int, _ noun: String) -> String {
        "\(count(number)) \(noun)\(number == 1 ? "" : "s")"
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
