/// What a gateway process has counted of one deployment since it began, by revision. Counts only grow while `epoch` stays.
package struct GatewayCounts: Hashable, Codable, Sendable {
    /// Names the process's counting, like no other one: under another epoch everything began anew.
    package var epoch: String
    /// False while the process before it still answers requests, which are not in these counts.
    package var isWhole: Bool
    /// By revision in full, `sha256:…`: those in rotation, and the last ones that left it.
    package var revisions: [String: RevisionCounts]

    package init(epoch: String, isWhole: Bool, revisions: [String: RevisionCounts]) {
        self.epoch = epoch
        self.isWhole = isWhole
        self.revisions = revisions
    }
}

/// What became of the requests that one revision was given.
package struct RevisionCounts: Hashable, Codable, Sendable {
    /// Answers by the first digit of their status, 1 to 5; among the last the gateway's own for a replica that failed it.
    package var codes: [UInt64]
    /// Answers by the time they took, one for each of `AnswerTimes.bounds` and one for what took longer.
    package var times: [UInt64]
    /// Requests whose client went away before an answer began, by how long it had waited.
    package var abandoned: [UInt64]
    /// Answers that the replica broke off after their head: none of them is in `codes`.
    package var broken: UInt64

    package init(codes: [UInt64], times: [UInt64], abandoned: [UInt64], broken: UInt64) {
        self.codes = codes
        self.times = times
        self.abandoned = abandoned
        self.broken = broken
    }

    package static let zero = RevisionCounts(
        codes: [0, 0, 0, 0, 0], times: Array(repeating: 0, count: AnswerTimes.bounds.count + 1),
        abandoned: Array(repeating: 0, count: AnswerTimes.bounds.count + 1), broken: 0)

    /// What came since `earlier`; nil when a count is lower than it was, or of another shape: then it began anew, or is wrong.
    package func since(_ earlier: RevisionCounts) -> RevisionCounts? {
        guard let codes = Self.difference(codes, earlier.codes, count: 5),
            let times = Self.difference(times, earlier.times, count: AnswerTimes.bounds.count + 1),
            let abandoned = Self.difference(abandoned, earlier.abandoned, count: AnswerTimes.bounds.count + 1),
            broken >= earlier.broken
        else { return nil }
        return RevisionCounts(codes: codes, times: times, abandoned: abandoned, broken: broken - earlier.broken)
    }

    private static func difference(_ now: [UInt64], _ before: [UInt64], count: Int) -> [UInt64]? {
        guard now.count == count, before.count == count, zip(now, before).allSatisfy({ $0 >= $1 }) else { return nil }
        return zip(now, before).map { $0 - $1 }
    }
}
