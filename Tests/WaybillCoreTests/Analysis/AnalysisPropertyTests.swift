import Testing
import WaybillCore
import WaybillTestSupport

/// What must hold of every summary.
struct AnalysisPropertyTests {
    static func stream(_ shape: TrafficShape, _ stable: Double, _ canary: Double, seed: UInt64) -> TrafficStream {
        TrafficStream(shape, rates: [.init(stable: stable, canary: canary)], seed: seed)
    }

    static func open(_ bound: AnalysisBound, alpha: Double = 0.05) -> AnalysisQuestion {
        AnalysisQuestion(bound: bound, minRequests: 0, alpha: alpha)
    }

    @Test(arguments: [AnalysisBound.increase(0.02), .absolute(0.02)])
    func `the interval shrinks as blocks come`(_ bound: AnalysisBound) {
        let widths = [8, 16, 32, 64, 128, 1024].map { blocks -> Double in
            let verdict = AnalysisJudge.judge(
                AnalysisJudgeTests.summary(blocks, canary: (20, 1), stable: (80, 3)), Self.open(bound))
            #expect(verdict.lower <= verdict.estimate ?? -2 && verdict.upper >= verdict.estimate ?? 2)
            return verdict.upper - verdict.lower
        }
        #expect(zip(widths, widths.dropFirst()).allSatisfy { $0 > $1 })
        #expect(widths[5] < 0.05)
    }

    @Test(arguments: [AnalysisBound.increase(0), .absolute(0.1)])
    func `more hits of the canary move both ends up`(_ bound: AnalysisBound) {
        let verdicts = (0...20).map {
            AnalysisJudge.judge(AnalysisJudgeTests.summary(12, canary: (20, $0), stable: (80, 8)), Self.open(bound))
        }
        for (fewer, more) in zip(verdicts, verdicts.dropFirst()) {
            #expect(fewer.lower <= more.lower && fewer.upper <= more.upper)
        }
        #expect(verdicts[0].outcome == .passed && verdicts[20].outcome == .failed)
    }

    @Test func `the order of full blocks changes no sum`() {
        var stream = Self.stream(.bursty, 0.05, 0.05, seed: 3)
        let blocks = (0..<64).flatMap { _ in stream.block(requests: 200, weight: 20) }
        let question = Self.open(.increase(0.01))
        let (forwards, backwards) = (AnalysisSummary(blocks), AnalysisSummary(blocks.reversed()))
        let verdicts = [forwards, backwards].map { AnalysisJudge.judge($0, question) }
        #expect(forwards.canary == backwards.canary && forwards.stable == backwards.stable)
        #expect(abs((verdicts[0].estimate ?? 1) - (verdicts[1].estimate ?? 2)) < 1e-12)
        // 64 blocks make whole runs of every length, so that these are the same ones too.
        #expect(abs(verdicts[0].lower - verdicts[1].lower) < 1e-9)
        #expect(abs(verdicts[0].upper - verdicts[1].upper) < 1e-9)
    }

    @Test func `small blocks are put together by their requests alone`() {
        let small = AnalysisJudgeTests.summary(500, canary: (1, 0), stable: (9, 1))
        let large = AnalysisJudgeTests.summary(100, canary: (5, 0), stable: (45, 5))
        #expect(small.compared == large.compared)
        #expect(small.canary == large.canary && small.stable == large.stable)
        // Nothing of what serves: nothing to compare, however long.
        #expect(AnalysisJudgeTests.summary(500, canary: (9, 1), stable: (0, 0)).compared.blocks == 0)
    }

    @Test func `the outcome is where the bound lies of the interval`() {
        var outcomes: [AnalysisVerdict.Outcome: Int] = [:]
        for seed in 1...120 as ClosedRange<UInt64> {
            var random = TrafficRandom(seed: seed)
            let shape = [TrafficShape.independent, .bursty, .stormy][random.index(below: 3)]
            let (stable, canary) = (random.uniform() * 0.2, random.uniform() * 0.2)
            var stream = Self.stream(shape, stable, canary, seed: seed)
            var summary = AnalysisSummary()
            for _ in 0..<(8 + random.index(below: 40)) {
                for block in stream.block(requests: 100, weight: 5 + random.uniform() * 90) { summary.add(block) }
            }
            for bound in [AnalysisBound.increase(0), .increase(0.03), .absolute(0.05), .absolute(0.15)] {
                let verdict = AnalysisJudge.judge(summary, Self.open(bound))
                outcomes[verdict.outcome, default: 0] += 1
                #expect(verdict.outcome == AnalysisJudge.outcome(summary, Self.open(bound)))
                #expect((verdict.outcome == .passed) == (verdict.upper <= bound.limit))
                if summary.compared.blocksWithHits >= 3 {
                    #expect((verdict.outcome == .failed) == (verdict.lower >= bound.limit))
                }
            }
        }
        #expect(outcomes.values.allSatisfy { $0 > 20 } && outcomes.count == 3)
    }

    /// Every way in which the hits of each block can fall on the arms after some quiet blocks, with its exact chance.
    @Test(arguments: [(50, 50, 1, 11), (10, 90, 1, 11), (50, 50, 2, 7), (5, 45, 2, 7), (30, 20, 2, 7)])
    func `the exact chance to ever fail wrongly is at most alpha`(
        _ canary: Int, _ stable: Int, _ hits: Int, _ blocks: Int
    ) {
        let question = Self.open(.increase(0), alpha: 0.2)
        func chance(_ summary: AnalysisSummary, _ left: Int) -> Double {
            if AnalysisJudge.outcome(summary, question) == .failed { return 1 }
            guard left > 0 else { return 0 }
            return (0...hits).reduce(0) { sum, place in
                var next = summary
                next.add(
                    AnalysisBlock(
                        canary: ArmCounts(requests: canary, hits: place),
                        stable: ArmCounts(requests: stable, hits: hits - place)))
                return sum + Self.hypergeometric(place, of: hits, canary, stable) * chance(next, left - 1)
            }
        }
        let quiet = AnalysisJudgeTests.summary(11, canary: (canary, 0), stable: (stable, 0))
        let ever = chance(quiet, blocks)
        #expect(ever <= 0.2)
        #expect(ever > 1e-6)
    }

    /// The chance that `place` of the hits are the canary's, when all requests of a block are alike.
    static func hypergeometric(_ place: Int, of hits: Int, _ canary: Int, _ stable: Int) -> Double {
        func choose(_ n: Int, _ k: Int) -> Double {
            (0..<k).reduce(1.0) { $0 * Double(n - $1) / Double($1 + 1) }
        }
        return choose(canary, place) * choose(stable, hits - place) / choose(canary + stable, hits)
    }

    /// A truth that is looked at after every block is ever left out by an end with a chance of at most alpha.
    @Test(arguments: [
        (0.02, 0.02, 5.0), (0.02, 0.05, 5), (0.02, 0.02, 50), (0.05, 0.01, 50), (0.3, 0.35, 20), (0.001, 0.001, 10),
    ])
    func `the truth stays inside at every look`(_ stable: Double, _ canary: Double, _ weight: Double) {
        // No bound is below 0: a canary that is better is held against 0, of which nothing may be proven from above.
        let question = Self.open(.increase(max(0, canary - stable)))
        var outcomes: [AnalysisVerdict.Outcome] = []
        for seed in 1...300 as ClosedRange<UInt64> {
            var stream = Self.stream(.independent, stable, canary, seed: seed)
            var (summary, outcome) = (AnalysisSummary(), AnalysisVerdict.Outcome.inconclusive)
            for _ in 0..<50 where outcome == .inconclusive {
                for block in stream.block(requests: 100, weight: weight) { summary.add(block) }
                outcome = AnalysisJudge.outcome(summary, question)
            }
            outcomes.append(outcome)
        }
        #expect(outcomes.count { $0 == .failed } <= 15)
        if canary >= stable { #expect(outcomes.count { $0 == .passed } <= 15) }
    }

    @Test(arguments: [(500, 9500, 0.02), (2000, 2000, 0.02), (1000, 19_000, 0.001), (1500, 1500, 0.2)])
    func `what is said to be detectable is found that often`(_ requests: Int, _ stable: Int, _ base: Double) throws {
        let question = Self.open(.increase(0), alpha: 0.0125)
        let share = try #require(
            AnalysisJudge.detectable(requests: requests, stableRequests: stable, base: base, question))
        let weight = Double(requests) / Double(requests + stable) * 100
        let calibration = Calibration(
            .independent, rates: [.init(stable: base, canary: share)],
            steps: [.init(weight: weight, requests: Double(requests + stable) / 60, canaryRequests: requests)])
        let stopped = calibration.stopped(1..<201, [JudgeRule([question])])[0]
        #expect(stopped >= 160)
        #expect(stopped <= 196)
    }

    @Test func `more requests detect smaller increases`() {
        let question = Self.open(.increase(0.01), alpha: 0.0125)
        let shares = [200, 500, 2000, 10_000, 100_000].compactMap {
            AnalysisJudge.detectable(requests: $0, stableRequests: $0, base: 0.02, question)
        }
        #expect(shares.count == 5)
        #expect(zip(shares, shares.dropFirst()).allSatisfy { $0 > $1 })
        #expect(shares[4] > 0.03)
        #expect(shares[4] < 0.036)
    }
}
