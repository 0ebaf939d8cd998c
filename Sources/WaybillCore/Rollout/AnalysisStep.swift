/// A step of a rollout that is passed by what the new revision answers.
package struct AnalysisStep: Hashable, Codable, Sendable {
    /// How long it watches at least, counted like a pause.
    package var time: Duration
    /// Past it without a verdict the analysis is inconclusive; counted while the gateway tells what it counts.
    package var within: Duration
    /// What the new revision itself must have answered.
    package var minRequests: Int
    /// In the manifest's order; never empty.
    package var checks: [AnalysisCheck]

    package init(
        time: Duration, within: Duration? = nil, minRequests: Int = standardRequests,
        checks: [AnalysisCheck] = [.standard]
    ) {
        self.time = time
        self.within = within ?? time * Self.standardPatience
        self.minRequests = minRequests
        self.checks = checks
    }

    package static let standardRequests = 500
    /// `within` is so often `for` where the manifest names none.
    package static let standardPatience = 6
    /// More would make an entry of the ledger longer than it may be.
    package static let mostChecks = 8

    /// From one look at the gateway's counts to the next: a block is what came in between.
    package var block: Duration { min(.seconds(10), max(.seconds(1), time / 6)) }

    /// `analysis of 10m and 500 requests: errors at most 2 points above what serves`.
    package var words: String {
        "analysis of \(time.manifestText) and \(minRequests) requests: "
            + checks.map(\.words).joined(separator: ", ")
    }

    /// For events, with nothing left out.
    package var value: Value {
        [
            "for": .string(time.manifestText), "within": .string(within.manifestText),
            "minRequests": .integer(Int64(minRequests)), "metrics": .list(checks.map(\.value)),
        ]
    }

    /// Nil for what `value` does not give.
    package init?(_ value: Value) {
        guard let time = value["for"]?.string.flatMap({ try? Duration(parsing: $0) }),
            let within = value["within"]?.string.flatMap({ try? Duration(parsing: $0) }),
            let minRequests = value["minRequests"]?.integer, let metrics = value["metrics"]?.list
        else { return nil }
        let checks = metrics.compactMap { AnalysisCheck($0) }
        guard checks.count == metrics.count, !checks.isEmpty else { return nil }
        self.init(time: time, within: within, minRequests: Int(minRequests), checks: checks)
    }
}

extension [RolloutStep] {
    /// The part of the false stops that a rollout may have that one check of the analysis has to spend when its counting began for the
    /// `tries`-th time: all parts of all checks, however often they begin anew, sum to at most `AnalysisStep.falseStops`.
    ///
    /// The first time has three quarters of a check's part, and each one after it half of what is left.
    package func alpha(tries: Int) -> Double {
        let checks = reduce(0) { sum, step in
            if case .analysis(let analysis) = step { sum + analysis.checks.count } else { sum }
        }
        guard checks > 0, tries > 0 else { return 0 }
        let part = AnalysisStep.falseStops / Double(checks)
        if tries == 1 { return part * 0.75 }
        // Past a thousand no number is left, and none is needed.
        return (2..<Swift.min(tries, 1000) + 1).reduce(part * 0.25) { rest, _ in rest / 2 }
    }
}

extension AnalysisStep {
    /// How often a rollout of a revision that is within all bounds may be stopped, over all its analyses.
    package static let falseStops = 0.05
}
