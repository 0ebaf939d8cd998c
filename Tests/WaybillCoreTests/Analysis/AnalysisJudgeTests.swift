import Testing
import WaybillCore

/// Verdicts: what passes, fails and stays open, and what is said of it.
struct AnalysisJudgeTests {
    /// `blocks` equal blocks.
    static func summary(
        _ blocks: Int, canary: (requests: Int, hits: Int), stable: (requests: Int, hits: Int)
    ) -> AnalysisSummary {
        let block = AnalysisBlock(
            canary: ArmCounts(requests: canary.requests, hits: canary.hits),
            stable: ArmCounts(requests: stable.requests, hits: stable.hits))
        return AnalysisSummary(Array(repeating: block, count: blocks))
    }

    static func question(
        _ bound: AnalysisBound = .increase(0.02), minRequests: Int = 500, alpha: Double = 0.025
    ) -> AnalysisQuestion {
        AnalysisQuestion(bound: bound, minRequests: minRequests, alpha: alpha)
    }

    @Test func `a canary like what serves passes once it answered enough`() {
        let summary = Self.summary(60, canary: (20, 0), stable: (380, 4))
        #expect(AnalysisJudge.judge(summary, Self.question()).outcome == .passed)
        let asked = AnalysisJudge.judge(summary, Self.question(minRequests: 1300))
        #expect(asked.outcome == .inconclusive)
        #expect(asked.needs == 100)
        #expect(asked.words.hasSuffix("; 1,300 requests are asked; needs about 100 more requests"))
    }

    @Test func `a canary that fails all requests is stopped in the fourth block, whatever is asked`() {
        let question = Self.question(minRequests: 100_000)
        let outcomes = (1...4).map {
            AnalysisJudge.judge(Self.summary($0, canary: (5, 5), stable: (95, 1)), question).outcome
        }
        #expect(outcomes == Array(repeating: .inconclusive, count: 3) + [.failed])
    }

    @Test func `one bad moment fails nothing`() {
        var summary = Self.summary(20, canary: (20, 0), stable: (380, 4))
        summary.add(
            AnalysisBlock(canary: ArmCounts(requests: 40, hits: 40), stable: ArmCounts(requests: 380, hits: 4)))
        summary.add(
            AnalysisBlock(canary: ArmCounts(requests: 40, hits: 40), stable: ArmCounts(requests: 380, hits: 4)))
        let verdict = AnalysisJudge.judge(summary, Self.question(.increase(0)))
        #expect(verdict.outcome == .inconclusive)
    }

    @Test func `what both arms share in a block counts against none`() {
        var summary = AnalysisSummary()
        for block in 0..<60 {
            // Every other block half of all requests fail.
            let factor = block.isMultiple(of: 2) ? 10 : 0
            summary.add(
                AnalysisBlock(
                    canary: ArmCounts(requests: 20, hits: factor), stable: ArmCounts(requests: 380, hits: 19 * factor)))
        }
        let verdict = AnalysisJudge.judge(summary, Self.question(.increase(0.15)))
        #expect(verdict.outcome == .passed)
        #expect(verdict.estimate == 0)
    }

    /// How many requests of the canary a pass needs when nothing is ever counted, at 5 % and 50 % of the traffic.
    @Test(arguments: [(5, 95, 0.025, 340), (50, 50, 0.025, 600), (5, 95, 0.0125, 390), (10, 10, 0.025, 450)])
    func `no errors at all pass an increase of two points`(_ canary: Int, _ stable: Int, _ alpha: Double, _ most: Int) {
        let question = Self.question(minRequests: 0, alpha: alpha)
        var summary = AnalysisSummary()
        while AnalysisJudge.outcome(summary, question) == .inconclusive, summary.canary.requests < 10_000 {
            summary.add(
                AnalysisBlock(canary: ArmCounts(requests: canary), stable: ArmCounts(requests: stable)))
        }
        #expect(AnalysisJudge.outcome(summary, question) == .passed)
        #expect(summary.canary.requests <= most)
        #expect(summary.canary.requests > most / 2)
    }

    @Test func `a constant bound needs no other arm`() {
        let good = Self.summary(60, canary: (20, 0), stable: (0, 0))
        #expect(AnalysisJudge.judge(good, Self.question(.absolute(0.02))).outcome == .passed)
        #expect(AnalysisJudge.judge(good, Self.question(.increase(0.02))).outcome == .inconclusive)
        let bad = Self.summary(60, canary: (20, 2), stable: (0, 0))
        #expect(AnalysisJudge.judge(bad, Self.question(.absolute(0.02))).outcome == .failed)
    }

    @Test func `a later step passes by its own requests and fails by those of all`() {
        let first = Self.summary(60, canary: (20, 0), stable: (380, 4))
        #expect(AnalysisJudge.judge(first.nextStep, Self.question()).outcome == .inconclusive)
        #expect(AnalysisJudge.judge(first.nextStep, Self.question()).canaryRequests == 0)

        let worse = Self.summary(12, canary: (20, 1), stable: (380, 10))
        let question = Self.question(.increase(0))
        #expect(AnalysisJudge.outcome(worse, question) == .inconclusive)
        var second = worse.nextStep
        var alone = AnalysisSummary()
        while AnalysisJudge.outcome(second, question) == .inconclusive, second.canary.requests < 10_000 {
            let block = AnalysisBlock(
                canary: ArmCounts(requests: 20, hits: 1), stable: ArmCounts(requests: 380, hits: 10))
            second.add(block)
            alone.add(block)
        }
        #expect(AnalysisJudge.outcome(second, question) == .failed)
        #expect(AnalysisJudge.outcome(alone, question) == .inconclusive)
    }

    struct Said: Sendable {
        let summary: AnalysisSummary
        let bound: AnalysisBound
        let words: String
    }

    @Test(arguments: [
        Said(summary: AnalysisSummary(), bound: .increase(0.02), words: "the new revision answered no request"),
        Said(
            summary: summary(60, canary: (20, 0), stable: (0, 0)), bound: .increase(0.02),
            words: "0 % of 1,200 requests, with too few of what serves in the same time to compare"),
        Said(
            summary: summary(2, canary: (20, 1), stable: (380, 4)), bound: .increase(0.02),
            words: "5 % of 40 requests, 1.1 % of 760 of what serves: +3.9 points, between −100 and +100; at most +2 is "
                + "asked; too early to say after 2 blocks of time, 3 are the least; needs about 10,230 more requests"),
        Said(
            summary: summary(40, canary: (16, 0), stable: (300, 1)), bound: .increase(0.02),
            words: "0 % of 640 requests, 0.3 % of 12,000 of what serves: "
                + "−0.3 points, between −0.7 and +0.7; at most +2 is asked"),
        Said(
            summary: summary(60, canary: (20, 2), stable: (380, 4)), bound: .increase(0.02),
            words: "10 % of 1,200 requests, 1.1 % of 22,800 of what serves: "
                + "+8.9 points, between +6.2 and +12.2; at most +2 is asked"),
        Said(
            summary: summary(30, canary: (20, 1), stable: (380, 8)), bound: .increase(0.02),
            words: "5 % of 600 requests, 2.1 % of 11,400 of what serves: "
                + "+2.9 points, between +0.7 and +5.9; at most +2 is asked; needs about 7,074 more requests"),
        Said(
            summary: summary(60, canary: (20, 1), stable: (380, 8)).nextStep, bound: .increase(0.02),
            words: "the new revision answered no request"),
        Said(
            summary: summary(60, canary: (20, 0), stable: (0, 0)), bound: .absolute(0.01),
            words: "0 % of 1,200 requests, between 0 % and 0.5 %; at most 1 % is asked"),
    ])
    func `verdicts are said in words`(_ said: Said) {
        let words = AnalysisJudge.judge(said.summary, Self.question(said.bound)).words
        #expect(words == said.words)
    }
}
