import Testing
import WaybillCore
import WaybillTestSupport

/// Bounded means: feedback as parts of a hit.
struct ScoreTests {
    static func question(_ bound: AnalysisBound) -> AnalysisQuestion {
        AnalysisQuestion(bound: bound, minRequests: 100, alpha: 0.025)
    }

    /// Scores of which each is 0, ¼, ½, ¾ or 1 with a mean that rises with `badness`.
    static func summary(_ canary: Double, _ stable: Double, blocks: Int = 60, seed: UInt64 = 1) -> ScoreSummary {
        var random = TrafficRandom(seed: seed)
        func scores(_ count: Int, _ badness: Double) -> ScoreCounts {
            let sum = (0..<count).reduce(0.0) { sum, _ in
                sum + (0..<4).reduce(0.0) { part, _ in part + (random.isTrue(badness) ? 0.25 : 0) }
            }
            return ScoreCounts(count: count, sum: sum)
        }
        var summary = ScoreSummary()
        for _ in 0..<blocks { summary.add(ScoreBlock(canary: scores(50, canary), stable: scores(50, stable))) }
        return summary
    }

    @Test func `a canary with scores like what serves passes and one with worse scores fails`() {
        let bound = AnalysisBound.increase(0.05)
        #expect(AnalysisJudge.judge(Self.summary(0.2, 0.2).summary, Self.question(bound)).outcome == .passed)
        #expect(AnalysisJudge.judge(Self.summary(0.35, 0.2).summary, Self.question(bound)).outcome == .failed)
        #expect(
            AnalysisJudge.judge(Self.summary(0.25, 0.2, blocks: 20).summary, Self.question(bound)).outcome
                == .inconclusive)
    }

    @Test func `scores of 0 and 1 are judged as hits`() {
        var (scores, counts) = (ScoreSummary(), AnalysisSummary())
        for block in 0..<40 {
            let hits = block % 3
            scores.add(
                ScoreBlock(
                    canary: ScoreCounts(count: 10, sum: Double(hits)), stable: ScoreCounts(count: 90, sum: 4)))
            counts.add(
                AnalysisBlock(
                    canary: ArmCounts(requests: 10, hits: hits), stable: ArmCounts(requests: 90, hits: 4)))
        }
        #expect(scores.summary == counts)
    }

    @Test(arguments: [
        (ScoreCounts(count: 4, sum: .nan), ArmCounts(requests: 4, hits: 4)),
        (ScoreCounts(count: 4, sum: -1), ArmCounts(requests: 4, hits: 0)),
        (ScoreCounts(count: 4, sum: .infinity), ArmCounts(requests: 4, hits: 4)),
        (ScoreCounts(count: -4, sum: 1), ArmCounts()), (ScoreCounts(count: 0, sum: 1), ArmCounts()),
        (ScoreCounts(count: .max, sum: 1e300), ArmCounts(requests: .max, hits: .max)),
    ])
    func `scores that cannot be are taken as the nearest that can`(_ given: ScoreCounts, _ taken: ArmCounts) {
        var summary = ScoreSummary()
        summary.add(ScoreBlock(canary: given, stable: given))
        #expect(summary.summary.canary == taken)
        #expect(summary.summary.stable == taken)
    }

    @Test func `a good canary's scores are stopped in at most one of forty`() {
        let stopped = (1...120 as ClosedRange<UInt64>).count { seed in
            let summary = Self.summary(0.2, 0.2, blocks: 30, seed: seed).summary
            return AnalysisJudge.outcome(summary, Self.question(.increase(0))) == .failed
        }
        #expect(stopped <= 3)
    }

    @Test func `a summary of scores is read back from its value`() throws {
        let summary = Self.summary(0.3, 0.2, blocks: 7)
        #expect(try #require(ScoreSummary(summary.value)) == summary)
        #expect(try #require(ScoreSummary(summary.nextStep.value)) == summary.nextStep)
        #expect(ScoreSummary(.null) == nil)
        #expect(ScoreSummary(["summary": summary.summary.value, "sums": [1, 2]]) == nil)
    }
}
