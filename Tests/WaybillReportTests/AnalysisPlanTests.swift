import Testing
import WaybillCore

@testable import WaybillReport

/// What a reviewer reads of the analyses of a rollout.
@Suite struct AnalysisPlanTests {
    private func plan(_ analysis: AnalysisStep) throws -> ReviewPlan {
        let rollout = ModelDeployment.Rollout(
            strategy: .canary, steps: [.weight(5), .analysis(analysis), .weight(100)])
        let (old, new) = (try Samples.version("1.4.0", weights: "a"), try Samples.version("1.5.0", weights: "b"))
        return Samples.review(
            try Samples.state("a", [try Samples.deployment("production/churn", old, rollout: rollout)]),
            try Samples.state("b", [try Samples.deployment("production/churn", new, rollout: rollout)]))
    }

    @Test func `it says what is watched, and what can be found`() throws {
        let plan = try plan(AnalysisStep(time: .seconds(600)))
        let steps = try #require(plan.groups.first?.review.rollout)
        let sentence = try #require(steps.first { $0.hasPrefix("It watches") })
        #expect(
            sentence.hasPrefix(
                "It watches what churn@1.5.0 answers, for 10m and 500 requests at least and 1h at most: errors at most 5 points "
                    + "above what serves. With 500 requests at a base rate of 2 %: errors at "), "\(sentence)")
        #expect(sentence.hasSuffix(" % or more are most likely found too high."), "\(sentence)")
        #expect(
            steps.contains(
                "Should one of its replicas end or fail its probes on the way, or an analysis fail, all traffic goes back at once, and stays there."
            ))
        #expect(!plan.attention.contains { $0.contains("step 2") }, "\(plan.attention)")
    }

    @Test func `it warns of what cannot be found`() throws {
        let check = AnalysisCheck(.errors(countsClientErrors: false), .absolute(Share(thousandths: 100)))
        let plan = try plan(AnalysisStep(time: .seconds(600), minRequests: 5, checks: [check]))
        let warnings = try #require(plan.groups.first?.review.warnings)
        #expect(
            warnings.last
                == "step 2 of the rollout: errors at most 0.1 %: 5 requests without a single one prove less than that; it waits for more. "
                + "Raise 'minRequests' or the bound", "\(warnings)")
        #expect(
            warnings.first?.hasPrefix("step 2 of the rollout: errors at most 0.1 %: 5 requests prove it broken ")
                == true)
        #expect(plan.attention.contains { $0.hasSuffix(warnings[0]) }, "\(plan.attention)")
    }
}
