extension LatencyCheck {
    /// Bounds are judged on the percentiles as measured, the comparison on what is certain at 95 %. Any answer that did not come fails;
    /// a load that was broken off, or could not be held, says nothing.
    func judge(_ measured: LatencyValues) -> Judgement {
        if let stopped = measured.stopped { return Judgement(.inconclusive, stopped) }
        guard let answers = measured.candidate else { return Judgement(.inconclusive, "nothing was measured") }
        for one in [measured.candidate, measured.baseline].compactMap(\.self) where one.late * 100 > one.planned {
            return Judgement(
                .inconclusive,
                "the load could not be held: \(one.late) of \(one.planned) requests were sent late; ask less of this machine"
            )
        }
        guard answers.failed <= 0 else {
            return Judgement(
                .failed, "\(answers.failed) of \(answers.planned) requests at \(rate)/s were not answered")
        }
        guard answers.answered >= samplesNeeded else {
            return Judgement(
                .inconclusive, "\(answers.answered) answers say too little: at least \(samplesNeeded) are needed")
        }
        var said: [String] = []
        for percentile in Percentile.allCases {
            guard let bound = bounds[percentile] else { continue }
            guard let found = answers.quantiles[percentile] else {
                return Judgement(.inconclusive, "\(percentile.rawValue) was not measured")
            }
            let shown = "\(percentile.rawValue) is \(Self.text(found.value)) at \(rate)/s"
            guard found.value <= bound.microseconds else {
                return Judgement(.failed, "\(shown), more than \(bound.words)")
            }
            said.append("\(shown), at most \(bound.words) is asked")
        }
        guard let notSlower else { return Judgement(.passed, said.joined(separator: "; ")) }
        let compared = notSlower.judge(measured, answers, asked)
        return Judgement(compared.verdict, (said + [compared.message]).joined(separator: "; "))
    }

    /// `850 µs`, `12.3 ms`, `1.52 s`.
    package static func text(_ microseconds: Int64) -> String {
        switch microseconds {
        case ..<1000: "\(microseconds) µs"
        case ..<1_000_000: "\(Double(microseconds / 10) / 100) ms"
        default: "\(Double(microseconds / 10_000) / 100) s"
        }
    }
}

extension LatencyCheck.NotSlower {
    fileprivate func judge(
        _ measured: LatencyValues, _ answers: LatencyValues.Answers, _ asked: [LatencyCheck.Percentile]
    ) -> Judgement {
        guard let baseline = measured.baseline, let version = measured.version else {
            return Judgement(
                .inconclusive,
                "there is nothing to compare with: \(measured.problem ?? "nothing serves in \(than)")")
        }
        guard baseline.failed == 0, baseline.answered > 0 else {
            return Judgement(
                .inconclusive,
                "\(version) in \(than) left \(baseline.failed) of \(baseline.planned) requests unanswered")
        }
        var open: Judgement?
        for percentile in asked {
            guard let own = answers.quantiles[percentile], let theirs = baseline.quantiles[percentile] else {
                return Judgement(.inconclusive, "\(percentile.rawValue) was not measured")
            }
            let words =
                "\(percentile.rawValue) is \(LatencyCheck.text(own.value)), of \(version) in \(than) "
                + "\(LatencyCheck.text(theirs.value))"
            if Double(own.lower) > allowed(theirs.upper) {
                return Judgement(.failed, "\(words): slower by more than \(limit)")
            }
            if Double(own.upper) > allowed(theirs.lower) {
                open =
                    open
                    ?? Judgement(.inconclusive, "\(words): whether it is slower by more than \(limit) is not certain")
            }
        }
        return open ?? Judgement(.passed, "not slower than \(version) in \(than) by more than \(limit)")
    }

    private var limit: String {
        switch margin {
        case .by(let time): time.words
        case .share(let share): "\(MetricCheck.text(share * 100)) %"
        }
    }

    private func allowed(_ theirs: Int64) -> Double {
        switch margin {
        case .by(let time): Double(theirs) + Double(time.microseconds)
        case .share(let share): Double(theirs) * (1 + share)
        }
    }
}

extension Duration {
    /// Whole microseconds, rounded towards zero.
    package var microseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        return overflow ? (seconds < 0 ? .min : .max) : product &+ attoseconds / 1_000_000_000_000
    }
}
