/// What one arm of a rollout answered: in one block of time, or in all of them.
package struct ArmCounts: Hashable, Codable, Sendable {
    /// Requests answered.
    package var requests: Int
    /// Those of them that are counted: errors, slow answers, disagreements.
    package var hits: Int

    package init(requests: Int = 0, hits: Int = 0) {
        self.requests = requests
        self.hits = hits
    }

    /// Share of hits; nil without requests.
    package var share: Double? { requests > 0 ? Double(hits) / Double(requests) : nil }

    /// The nearest counts that can be: none below zero, no more hits than requests.
    package var sound: ArmCounts {
        let requests = max(0, requests)
        return ArmCounts(requests: requests, hits: min(max(0, hits), requests))
    }

    /// The sum; what passes the largest number stays there.
    package static func + (left: ArmCounts, right: ArmCounts) -> ArmCounts {
        ArmCounts(
            requests: saturated(left.requests.addingReportingOverflow(right.requests)),
            hits: saturated(left.hits.addingReportingOverflow(right.hits)))
    }

    private static func saturated(_ sum: (partialValue: Int, overflow: Bool)) -> Int {
        sum.overflow ? (sum.partialValue < 0 ? .max : .min) : sum.partialValue
    }
}

/// Both arms in the same block of time: one look at the gateway's counters, about 10 s.
package struct AnalysisBlock: Hashable, Codable, Sendable {
    package var canary: ArmCounts
    package var stable: ArmCounts

    package init(canary: ArmCounts = ArmCounts(), stable: ArmCounts = ArmCounts()) {
        self.canary = canary
        self.stable = stable
    }
}
