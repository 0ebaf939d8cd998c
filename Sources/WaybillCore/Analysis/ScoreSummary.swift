/// One arm's scores in one block of time: numbers from 0 (good) to 1 (bad), such as 1 less what a client's feedback says.
package struct ScoreCounts: Hashable, Codable, Sendable {
    package var count: Int
    package var sum: Double

    package init(count: Int = 0, sum: Double = 0) {
        self.count = count
        self.sum = sum
    }

    /// The nearest that can be: no count below zero, a sum between 0 and the count; what is no number is taken as all bad.
    var sound: ArmSums {
        var sums = ArmSums()
        sums.requests = Double(max(0, count))
        sums.hits = sum.isNaN ? sums.requests : min(max(0, sum), sums.requests)
        return sums
    }
}

/// Both arms' scores in the same block of time.
package struct ScoreBlock: Hashable, Codable, Sendable {
    package var canary: ScoreCounts
    package var stable: ScoreCounts

    package init(canary: ScoreCounts = ScoreCounts(), stable: ScoreCounts = ScoreCounts()) {
        self.canary = canary
        self.stable = stable
    }
}

/// What is kept of all blocks of one bounded mean: a score is a part of a hit. Of all numbers between 0 and 1 with the same mean, whole hits and misses
/// vary most, so what is proven of hits is proven of scores, with more requests than needed where scores vary little.
package struct ScoreSummary: Hashable, Codable, Sendable {
    /// For `AnalysisJudge`; its hits are the sums of scores, rounded.
    package private(set) var summary = AnalysisSummary()
    private var canary = ArmSums()
    private var stable = ArmSums()
    private var gathering = AnalysisPair()

    private struct AnalysisPair: Hashable, Codable, Sendable {
        var canary = ArmSums()
        var stable = ArmSums()
    }

    package init() {}

    /// Folds in the next block of time.
    package mutating func add(_ block: ScoreBlock) {
        let (new, old) = (block.canary.sound, block.stable.sound)
        canary += new
        stable += old
        summary.canary = canary.rounded
        summary.stable = stable.rounded
        summary.alone.add(BlockSums(alone: new))
        gathering.canary += new
        gathering.stable += old
        let (n, m) = (gathering.canary.requests, gathering.stable.requests)
        guard n > 0, m > 0, n + m >= Double(AnalysisSummary.blockSize) else { return }
        summary.compared.add(BlockSums(comparing: gathering.canary, gathering.stable))
        gathering = AnalysisPair()
    }

    /// The summary with which the next analysis step of the same rollout begins.
    package var nextStep: ScoreSummary {
        var next = ScoreSummary()
        next.summary = summary.nextStep
        return next
    }

    /// As the ledger keeps it.
    package var value: Value {
        let sums = [canary, stable, gathering.canary, gathering.stable]
        return [
            "summary": summary.value, "sums": .list(sums.flatMap { [.number($0.requests), .number($0.hits)] }),
        ]
    }

    /// What `value` made; nil for anything else.
    package init?(_ value: Value) {
        guard let summary = value["summary"].flatMap(AnalysisSummary.init), let items = value["sums"]?.list,
            case let numbers = items.compactMap(\.number), numbers.count == 8, items.count == 8,
            numbers.allSatisfy({ $0.isFinite && $0 >= 0 })
        else { return nil }
        func sums(_ place: Int) -> ArmSums {
            var sums = ArmSums()
            (sums.requests, sums.hits) = (numbers[place], numbers[place + 1])
            return sums
        }
        self.summary = summary
        (canary, stable) = (sums(0), sums(2))
        gathering = AnalysisPair(canary: sums(4), stable: sums(6))
    }
}

extension ArmSums {
    fileprivate static func += (sums: inout ArmSums, other: ArmSums) {
        sums.requests += other.requests
        sums.hits += other.hits
    }

    fileprivate var rounded: ArmCounts {
        ArmCounts(requests: Self.whole(requests), hits: Self.whole(hits))
    }

    private static func whole(_ number: Double) -> Int { Int(exactly: number.rounded()) ?? .max }
}
