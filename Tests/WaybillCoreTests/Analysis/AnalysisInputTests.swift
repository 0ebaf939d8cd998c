import Testing
import WaybillCore
import WaybillTestSupport

/// What cannot be: counts below zero, more hits than requests, numbers too large, questions without a meaning.
struct AnalysisInputTests {
    @Test(arguments: [
        (ArmCounts(requests: -5, hits: 2), ArmCounts()), (ArmCounts(requests: 5, hits: -2), ArmCounts(requests: 5)),
        (ArmCounts(requests: 5, hits: 9), ArmCounts(requests: 5, hits: 5)),
        (ArmCounts(requests: .min, hits: .max), ArmCounts()),
        (ArmCounts(requests: .max, hits: .max), ArmCounts(requests: .max, hits: .max)),
    ])
    func `counts are taken as the nearest that can be`(_ given: ArmCounts, _ taken: ArmCounts) {
        #expect(given.sound == taken)
        var summary = AnalysisSummary()
        summary.add(AnalysisBlock(canary: given, stable: given))
        #expect(summary.canary == taken && summary.stable == taken)
    }

    @Test func `counts that pass the largest number stay there and are judged`() {
        let most = ArmCounts(requests: .max, hits: .max)
        var summary = AnalysisSummary()
        for _ in 0..<20 { summary.add(AnalysisBlock(canary: most, stable: ArmCounts(requests: .max))) }
        #expect(summary.canary == most)
        let verdict = AnalysisJudge.judge(
            summary, AnalysisQuestion(bound: .increase(0.5), minRequests: 1, alpha: 0.01))
        #expect(verdict.outcome == .failed)
        #expect(verdict.lower.isFinite && verdict.upper.isFinite)
    }

    @Test(arguments: [
        (AnalysisBound.increase(.nan), 0.01, "its bound is not between 0 and 1"),
        (.increase(-0.1), 0.01, "its bound is not between 0 and 1"),
        (.absolute(1.5), 0.01, "its bound is not between 0 and 1"),
        (.absolute(.infinity), 0.01, "its bound is not between 0 and 1"),
        (.increase(0.02), 0, "its part of the error (alpha) is not between 0 and 0.5"),
        (.increase(0.02), -1, "its part of the error (alpha) is not between 0 and 0.5"),
        (.increase(0.02), .nan, "its part of the error (alpha) is not between 0 and 0.5"),
        (.increase(0.02), 0.5, "its part of the error (alpha) is not between 0 and 0.5"),
    ])
    func `a question without a meaning is never passed`(_ bound: AnalysisBound, _ alpha: Double, _ problem: String) {
        let question = AnalysisQuestion(bound: bound, minRequests: 0, alpha: alpha)
        let summary = AnalysisJudgeTests.summary(100, canary: (20, 0), stable: (380, 0))
        let verdict = AnalysisJudge.judge(summary, question)
        #expect(verdict.outcome == .inconclusive)
        #expect(verdict.words == problem)
        #expect(AnalysisJudge.outcome(summary, question) == .inconclusive)
        #expect(AnalysisJudge.detectable(requests: 500, stableRequests: 500, base: 0.02, question) == nil)
    }

    @Test(arguments: [
        (0, 100, 0.02), (-1, 100, 0.02), (100, 0, 0.02), (100, -1, 0.02), (100, 100, -0.1), (100, 100, 1.1),
        (100, 100, .nan), (1, 1, 0.02),
    ])
    func `nothing is detectable where nothing can be`(_ requests: Int, _ stable: Int, _ base: Double) {
        let question = AnalysisQuestion(bound: .increase(0), minRequests: 0, alpha: 0.0125)
        #expect(
            AnalysisJudge.detectable(requests: requests, stableRequests: stable, base: base, question) == nil)
    }

    @Test func `a summary is read back from the ledger's value and judged the same`() throws {
        var stream = TrafficStream(.bursty, rates: [.init(stable: 0.02, canary: 0.03)], seed: 7)
        var summary = AnalysisSummary()
        for step in 0..<3 {
            for _ in 0..<(37 + step) {
                for block in stream.block(requests: 200, weight: 10) { summary.add(block) }
            }
            let read = try #require(AnalysisSummary(summary.value))
            #expect(read == summary)
            let question = AnalysisQuestion(bound: .increase(0.02), minRequests: 500, alpha: 0.01)
            #expect(AnalysisJudge.judge(read, question) == AnalysisJudge.judge(summary, question))
            summary = summary.nextStep
        }
    }

    @Test func `a summary does not grow with its blocks`() {
        let few = AnalysisJudgeTests.summary(100, canary: (20, 1), stable: (380, 4)).value.json.utf8.count
        let many = AnalysisJudgeTests.summary(50_000, canary: (20, 1), stable: (380, 4)).value.json.utf8.count
        #expect(many < few * 3 / 2)
        #expect(many < 6000)
    }

    @Test func `what is no summary is not read as one`() {
        let summary = AnalysisJudgeTests.summary(20, canary: (20, 1), stable: (380, 4))
        #expect(AnalysisSummary(.null) == nil)
        #expect(AnalysisSummary(["form": 1]) == nil)
        guard case .object(let members) = summary.value else { return #expect(Bool(false)) }
        for name in members.keys {
            var changed = members
            changed[name] = .string("x")
            #expect(AnalysisSummary(.object(changed)) == nil, "\(name)")
            changed[name] = nil
            #expect(AnalysisSummary(.object(changed)) == nil, "\(name)")
        }
    }
}
