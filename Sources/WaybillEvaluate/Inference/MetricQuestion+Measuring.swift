package import WaybillCore

extension MetricQuestion {
    /// Most rows for which an interval is computed by drawing samples again.
    private static let mostResampled = 50_000

    fileprivate func metric(of data: LabelledData) -> Metric {
        // The checklist was refused when it is read if a parameter is missing or out of range.
        let found = try? Metric(
            metric, positive: metric.parameters.contains(.positive) ? data.positive : nil,
            alpha: metric.parameters.contains(.alpha) ? quantile : nil)
        return found ?? .usual(metric)
    }

    /// The metric of `input` with its 95 % interval, as a gate keeps it.
    ///
    /// - Parameter seed: what was asked, by its digest; it decides the samples that are drawn.
    package func measure(
        _ input: MetricInput, _ data: LabelledData, claimed: Double?, seed: Digest
    ) -> GateMeasurement.MetricValue {
        var found = GateMeasurement.MetricValue(value: nil, samples: input.count, claimed: claimed)
        do throws(MetricFailure) {
            let metric = metric(of: data)
            let measured = try metric.measure(input)
            found.value = measured.value
            found.warnings = measured.warnings.map(\.description)
            found.roc = metric.rocCurve(input)
            found.calibration = metric.calibrationCurve(input)
            let isCheap = self.metric.isMeanOfRows || self.metric == .rocAuc
            // Where no interval can be told, the value stands alone.
            if isCheap || input.count <= Self.mostResampled {
                found.interval = try? metric.estimate(input, seed: seed).interval
            }
        } catch { found.problem = error.description }
        return found
    }

    /// The candidate beside a baseline that answered the same rows.
    ///
    /// - Throws: when the two cannot be compared.
    package func compare(
        _ candidate: MetricInput, with baseline: MetricInput, of version: VersionID, _ data: LabelledData,
        by notWorse: MetricCheck.NotWorse, seed: Digest
    ) throws(MetricFailure) -> GateMeasurement.Baseline {
        let metric = metric(of: data)
        let margin = try? notWorse.isShare ? Margin(relative: notWorse.margin) : Margin(absolute: notWorse.margin)
        guard let margin else { throw .overflow }
        let found = try Comparison.paired(
            metric, candidate: candidate, baseline: baseline, margin: margin, seed: seed)
        let (lower, upper) = (found.difference.lower, found.difference.upper)
        var (isTrusted, needed): (Bool, Int?) = (true, nil)
        if case .inconclusive(let rows) = found.verdict {
            // Bounds that would decide and were not let to are of too few rows.
            isTrusted = !(lower > -found.margin || upper < -found.margin)
            needed = rows
        }
        return GateMeasurement.Baseline(
            version: version, value: found.baseline.value, difference: found.difference.value, lower: lower,
            upper: upper, margin: found.margin, isTrusted: isTrusted, rowsNeeded: needed)
    }
}

extension SliceCheck {
    /// The metric of each group of the rows, by the texts of `groups`.
    ///
    /// - Throws: when the column is not that of the rows.
    package func measure(
        _ input: MetricInput, by groups: Labels, _ data: LabelledData, seed: Digest
    ) throws(MetricFailure) -> GateMeasurement.SliceValues {
        let report = try SliceReport(
            question.metric(of: data), input, by: groups, minimum: bound, fewest: minSamples, seed: seed)
        return GateMeasurement.SliceValues(
            samples: input.count,
            slices: report.slices.map { slice in
                var found = GateMeasurement.SliceValues.Slice(
                    name: slice.name, count: slice.count, value: nil, problem: nil, verdict: slice.verdict.verdict)
                switch slice.estimate {
                case .success(let estimate): (found.value, found.interval) = (estimate.value, estimate.interval)
                case .failure(let failure): found.problem = failure.description
                }
                return found
            },
            gap: report.gap.map { gap in
                GateMeasurement.SliceValues.Gap(value: gap.value, lower: gap.lower, best: gap.best, worst: gap.worst)
            })
    }
}

extension SliceVerdict {
    fileprivate var verdict: Verdict {
        switch self {
        case .passed: .passed
        case .failed: .failed
        case .inconclusive: .inconclusive
        }
    }
}
