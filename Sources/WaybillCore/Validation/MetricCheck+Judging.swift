extension MetricCheck {
    /// Bounds are judged on the value as measured; the interval is for readers. "Not worse" is judged on what is certain at 95 %.
    func judge(_ measured: GateMeasurement.MetricValue) -> Judgement {
        let name = question.metric.rawValue
        let rows = "on \(measured.samples) row\(measured.samples == 1 ? "" : "s")"
        guard measured.samples >= minSamples else {
            return Judgement(.inconclusive, "\(name) \(rows) says too little: at least \(minSamples) are needed")
        }
        guard let value = measured.value, value.isFinite else {
            return Judgement(
                .inconclusive, "\(name) is not defined \(rows): \(measured.problem ?? "it is no number")")
        }
        let claim = measured.claimed.map { $0 == value ? "" : " (its manifest claims \(Self.text($0)))" } ?? ""
        let said = "\(name) is \(Self.text(value)) \(rows)\(claim)"
        if let atLeast, value < atLeast { return Judgement(.failed, "\(said), less than \(Self.text(atLeast))") }
        if let atMost, value > atMost { return Judgement(.failed, "\(said), more than \(Self.text(atMost))") }
        let bounds = [atLeast.map { "at least \(Self.text($0))" }, atMost.map { "at most \(Self.text($0))" }]
            .compactMap(\.self)
        let within = bounds.isEmpty ? said : "\(said), \(bounds.joined(separator: " and ")) is asked"
        guard let notWorse else { return Judgement(.passed, within) }
        let compared = notWorse.judge(measured.baseline, measured.problem)
        return Judgement(compared.verdict, "\(within); \(compared.message)")
    }

    /// Shortest text that gives the number again, at most 6 places behind the point for people.
    package static func text(_ number: Double) -> String {
        guard number.isFinite, abs(number) < 1e9 else { return "\(number)" }
        let rounded = (number * 1e6).rounded() / 1e6
        if rounded == 0, number != 0 { return "\(number)" }
        return Int64(exactly: rounded).map(String.init) ?? "\(rounded)"
    }
}

extension MetricCheck.NotWorse {
    /// Non-inferiority: it passes when the 95 % lower bound of the difference is above the margin below 0, fails when the upper one is
    /// below it.
    fileprivate func judge(_ baseline: GateMeasurement.Baseline?, _ problem: String?) -> Judgement {
        guard let baseline else {
            return Judgement(
                .inconclusive, "there is nothing to compare with: \(problem ?? "nothing serves in \(than)")")
        }
        let margin = MetricCheck.text(baseline.margin)
        let them = "\(baseline.version) in \(than) (\(MetricCheck.text(baseline.value)))"
        if baseline.isTrusted, baseline.lower > -baseline.margin {
            return Judgement(.passed, "not worse than \(them) by more than \(margin)")
        }
        if baseline.isTrusted, baseline.upper < -baseline.margin {
            return Judgement(
                .failed, "worse than \(them) by more than \(margin): by at least \(MetricCheck.text(-baseline.upper))")
        }
        let needed = baseline.rowsNeeded.map { "some \($0) rows would decide" } ?? "no number of rows would decide"
        return Judgement(
            .inconclusive,
            "the difference to \(them) is \(MetricCheck.text(baseline.difference)), between \(MetricCheck.text(baseline.lower)) and "
                + "\(MetricCheck.text(baseline.upper)) at 95 %: whether it is worse by more than \(margin) is not known; \(needed)"
        )
    }
}

extension SliceCheck {
    func judge(_ measured: GateMeasurement.SliceValues) -> Judgement {
        let name = question.metric.rawValue
        func text(_ slice: GateMeasurement.SliceValues.Slice) -> String {
            let value = slice.value.map(MetricCheck.text) ?? slice.problem ?? "no number"
            return "\(name) is \(value) on the \(slice.count) row\(slice.count == 1 ? "" : "s") of "
                + (slice.name.map { "'\($0)'" } ?? "no '\(by)'")
        }
        if bound != nil, let failed = measured.slices.first(where: { $0.verdict == .failed }) {
            return Judgement(.failed, "\(text(failed))\(bound.map { ", \(MetricCheck.text($0)) is asked" } ?? "")")
        }
        if let gap, let found = measured.gap, found.lower > gap {
            return Judgement(
                .failed,
                "'\(found.best ?? "")' and '\(found.worst ?? "")' are \(MetricCheck.text(found.value)) apart, more than "
                    + MetricCheck.text(gap))
        }
        if let open = measured.slices.first(where: { $0.verdict != .passed || $0.value == nil }) {
            return Judgement(.inconclusive, "\(text(open)), which is too little to say")
        }
        if let gap {
            guard let found = measured.gap else {
                return Judgement(.inconclusive, "there are no two groups of '\(by)' to compare")
            }
            if found.value > gap {
                return Judgement(
                    .inconclusive,
                    "'\(found.best ?? "")' and '\(found.worst ?? "")' are \(MetricCheck.text(found.value)) apart, which may be chance"
                )
            }
        }
        guard let worst = measured.slices.first else { return Judgement(.inconclusive, "there are no rows") }
        return Judgement(.passed, "the worst of \(measured.slices.count) groups: \(text(worst))")
    }
}
