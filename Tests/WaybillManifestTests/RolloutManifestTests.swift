import Testing
import WaybillCore

@testable import WaybillManifest

/// `spec.rollout` of a deployment: what it means, and what is refused where.
struct RolloutManifestTests {
    private func found(_ rollout: String) -> [String] {
        let manifest = SampleFleet.deployment("churn", more: "  rollout: {\(rollout)}")
        return ParsedFile(path: "a.yaml", bytes: Array(manifest.utf8)).diagnostics.map { diagnostic in
            DiagnosticText.headline(diagnostic) + (diagnostic.hint.map { " (\($0))" } ?? "")
        }
    }

    private func rollout(_ text: String) throws -> ModelDeployment.Rollout {
        let manifest = SampleFleet.deployment("churn", more: "  rollout: {\(text)}")
        let file = ParsedFile(path: "a.yaml", bytes: Array(manifest.utf8))
        #expect(file.diagnostics.map(DiagnosticText.headline) == [])
        let deployments = file.resources.compactMap { resource -> ModelDeployment? in
            if case .modelDeployment(let deployment) = resource.spec { deployment } else { nil }
        }
        return try #require(deployments.first).rollout
    }

    @Test func `strategies and their steps`() throws {
        let canary = try rollout(
            "strategy: canary, steps: [{weight: 5}, {pause: {for: 10m}}, {pause: {until: resumed}}, {weight: 100}], "
                + "onFailure: pause, keepOld: 5m")
        #expect(
            canary.path == [
                .weight(5), .pause(.seconds(600)), .pauseUntilResumed, .weight(100), .keepOld(.seconds(300)),
            ])
        #expect(canary.onFailure == .pause)
        #expect(try rollout("strategy: blueGreen").path == [.weight(100)])
        #expect(
            try rollout("strategy: blueGreen, steps: [{pause: {until: resumed}}]").path == [
                .weight(0), .pauseUntilResumed, .weight(100),
            ])
        #expect(try rollout("drain: 5s").path == [])
    }

    @Test func `analyses and what they ask`() throws {
        let canary = try rollout(
            "strategy: canary, onInconclusive: continue, steps: [{weight: 5}, {analysis: {for: 10m}}, {weight: 50}, "
                + "{analysis: {for: 5m, minRequests: 2000, within: 1h, metrics: [{errors: {max: 0.5%, clientErrors: count}}, "
                + "{latency: {above: 250ms, maxIncrease: 5%}}]}}, {weight: 100}]")
        let second = AnalysisStep(
            time: .seconds(300), within: .seconds(3600), minRequests: 2000,
            checks: [
                AnalysisCheck(.errors(countsClientErrors: true), .absolute(Share(thousandths: 500))),
                AnalysisCheck(.latency(above: .milliseconds(250)), .increase(Share(thousandths: 5000))),
            ])
        let first = AnalysisStep(time: .seconds(600), within: .seconds(3600), minRequests: 500, checks: [.standard])
        #expect(
            canary.path == [.weight(5), .analysis(first), .weight(50), .analysis(second), .weight(100)])
        #expect(canary.onInconclusive == .goOn)
    }

    @Test(arguments: [
        (
            "strategy: canary",
            ["strategy 'canary' needs 'steps' (as in 'steps: [{weight: 10}, {pause: {for: 10m}}, {weight: 100}]')"]
        ),
        ("strategy: canary, steps: []", ["'steps' is empty; expected at least 1 item"]),
        (
            "steps: [{weight: 100}]",
            [
                "'steps' means nothing with strategy 'replace', which gives all traffic at once (write 'strategy: canary' or 'strategy: blueGreen', or remove it)"
            ]
        ),
        (
            "keepOld: 5m",
            [
                "'keepOld' means nothing with strategy 'replace', which gives all traffic at once (write 'strategy: canary' or 'strategy: blueGreen', or remove it)"
            ]
        ),
        ("strategy: canary, steps: [{weight: 0}, {weight: 100}]", ["'weight' is 0; expected 1 to 100"]),
        ("strategy: canary, steps: [{weight: 101}, {weight: 100}]", ["'weight' is 101; expected 1 to 100"]),
        (
            "strategy: canary, steps: [{weight: 50}, {weight: 50}, {weight: 100}]",
            ["'weight' is 50 after 50; weights rise from step to step"]
        ),
        (
            "strategy: canary, steps: [{weight: 50}]",
            ["the last step is not 'weight: 100' (add '- weight: 100', so that the list says how it ends)"]
        ),
        (
            "strategy: canary, steps: [{}, {weight: 100}]",
            [
                "this step has neither 'weight' nor 'pause' nor 'analysis' (write 'weight: 10', 'pause: {for: 10m}' or 'analysis: {for: 10m}')"
            ]
        ),
        (
            "strategy: canary, steps: [{weight: 5, pause: {for: 1m}}, {weight: 100}]",
            ["a step is one thing, and this is a 'weight' and a 'pause' (make two steps of it)"]
        ),
        (
            "strategy: canary, steps: [{pause: {}}, {weight: 100}]",
            ["this pause has neither 'for' nor 'until' (write 'for: 10m' or 'until: resumed')"]
        ),
        (
            "strategy: canary, steps: [{pause: {for: 1m, until: resumed}}, {weight: 100}]",
            ["'for' and 'until' exclude each other (keep one of them)"]
        ),
        (
            "strategy: canary, steps: [{pause: {for: 0s}}, {weight: 100}]",
            ["'for' must be longer than nothing (remove the step)"]
        ),
        (
            "strategy: blueGreen, steps: [{weight: 50}]",
            [
                "strategy 'blueGreen' switches all traffic at once; its steps are pauses before that (write 'strategy: canary' to go by weights)"
            ]
        ),
        (
            "strategy: shadow",
            [
                "'strategy' is 'shadow'; expected 'replace', 'blueGreen', 'canary' ('shadow' is not built yet; 'canary' with a small first weight is nearest to it)"
            ]
        ),
        (
            "strategy: canary, steps: [{analysis: {for: 10m}}, {weight: 100}]",
            [
                "this analysis is before the first 'weight', where the new revision answers nothing (write '- weight: 5' before it)"
            ]
        ),
        (
            "strategy: blueGreen, steps: [{analysis: {for: 10m}}]",
            [
                "strategy 'blueGreen' gives no request to the new revision before its switch, so there is nothing to analyse (write 'strategy: canary' with a small 'weight' before the analysis)"
            ]
        ),
        (
            "strategy: canary, steps: [{weight: 5, analysis: {for: 10m}}, {weight: 100}]",
            [
                "a step is one thing, and this is a 'weight' and an 'analysis' (make two steps of it)"
            ]
        ),
        (
            "strategy: canary, steps: [{weight: 5}, {analysis: {minRequests: 5}}, {weight: 100}]",
            [
                "'for' is missing (add 'for': How long it watches at least, counted like a pause: while the gateway and all replicas of the new revision are whole.)"
            ]
        ),
        (
            "strategy: canary, steps: [{weight: 5}, {analysis: {for: 500ms}}, {weight: 100}]",
            [
                "'for' is 500ms; an analysis takes at least 1s, and minutes to mean something"
            ]
        ),
        (
            "strategy: canary, steps: [{weight: 5}, {analysis: {for: 10m, within: 5m}}, {weight: 100}]",
            [
                "'within' is 5m, shorter than 'for', which is 10m (leave it out for 6 times 'for')"
            ]
        ),
        (
            "strategy: canary, steps: [{weight: 5}, {analysis: {for: 10m, minRequests: 0}}, {weight: 100}]",
            [
                "'minRequests' is 0; expected 1 to 1000000000"
            ]
        ),
        (
            "strategy: canary, steps: [{weight: 5}, {analysis: {for: 10m, metrics: [{}]}}, {weight: 100}]",
            [
                "this metric has neither 'errors' nor 'latency' (write 'errors: {maxIncrease: 2%}' or 'latency: {above: 250ms, maxIncrease: 5%}')"
            ]
        ),
        (
            "strategy: canary, steps: [{weight: 5}, {analysis: {for: 10m, metrics: [{errors: {}}]}}, {weight: 100}]",
            [
                "neither 'maxIncrease' nor 'max' says how much is allowed (write 'maxIncrease: 2%' to compare with what serves, or 'max: 1%')"
            ]
        ),
        (
            "strategy: canary, steps: [{weight: 5}, {analysis: {for: 10m, metrics: [{errors: {max: 1%, maxIncrease: 2%}}]}}, {weight: 100}]",
            [
                "'maxIncrease' and 'max' exclude each other (make two metrics of it where both are meant)"
            ]
        ),
        (
            "strategy: canary, steps: [{weight: 5}, {analysis: {for: 10m, metrics: [{errors: {max: 0%}}]}}, {weight: 100}]",
            [
                "'max' is 0%, which no number of requests can prove"
            ]
        ),
        (
            "strategy: canary, steps: [{weight: 5}, {analysis: {for: 10m, metrics: [{errors: {maxIncrease: 100%}}]}}, {weight: 100}]",
            [
                "'maxIncrease' is 100%, which nothing breaks"
            ]
        ),
        (
            "strategy: canary, steps: [{weight: 5}, {analysis: {for: 10m, metrics: [{errors: {max: 1}}]}}, {weight: 100}]",
            [
                "'1' is no share; write '2%' or '0.25%', at most 100%, with at most three digits after the point"
            ]
        ),
        (
            "strategy: canary, steps: [{weight: 5}, {analysis: {for: 10m, metrics: [{errors: {max: 1%}, latency: {above: 250ms, max: 1%}}]}}, {weight: 100}]",
            [
                "a metric is 'errors' or 'latency', not both (make two of it)"
            ]
        ),
        (
            "strategy: canary, steps: [{weight: 5}, {analysis: {for: 10m, metrics: [{latency: {above: 300ms, max: 5%}}]}}, {weight: 100}]",
            [
                "'above' is 300ms, by which the gateway does not count (write one of 1ms, 5ms, 10ms, 25ms, 50ms, 100ms, 250ms, 500ms, 1s, 2500ms, 10s)"
            ]
        ),
        (
            "strategy: canary, steps: [{weight: 5}, {analysis: {for: 10m, metrics: [{latency: {max: 5%}}]}}, {weight: 100}]",
            [
                "'above' is missing (add 'above': One of the times by which the gateway counts: 1ms, 5ms, 10ms, 25ms, 50ms, 100ms, 250ms, 500ms, 1s, 2500ms, 10s.)"
            ]
        ),
        (
            "strategy: canary, steps: [{weight: 5}, {analysis: {for: 10m, metrics: [{prometheus: {query: up}}]}}, {weight: 100}]",
            [
                "this metric has neither 'errors' nor 'latency' (write 'errors: {maxIncrease: 2%}' or 'latency: {above: 250ms, maxIncrease: 5%}')",
                "there is no field 'prometheus' here (queries of Prometheus are not built yet; 'errors' and 'latency' are counted by the gateway itself)",
            ]
        ),
        (
            "strategy: canary, steps: [{weight: 5}, {analysis: {for: 10m, metrics: [{errors: {max: 1%}}, {errors: {max: 1%}}, {errors: {max: 1%}}, {errors: {max: 1%}}, {errors: {max: 1%}}, {errors: {max: 1%}}, {errors: {max: 1%}}, {errors: {max: 1%}}, {errors: {max: 1%}}]}}, {weight: 100}]",
            [
                "9 metrics; an analysis has at most 8"
            ]
        ),
        (
            "strategy: canary, steps: [{pause: {until: approved}}, {weight: 100}]",
            [
                "'until' is 'approved'; expected 'resumed' ('approved' is not built yet; write 'until: resumed', and go on with 'waybill rollout advance')"
            ]
        ),
        (
            "strategy: canary, steps: [{weight: 100}], onInconclusive: pause",
            ["'onInconclusive' means nothing without a step 'analysis' (remove it)"]
        ),
    ])
    func refuses(_ rollout: String, _ expected: [String]) {
        let found = found(rollout)
        #expect(found.count == expected.count, "\(found)")
        for (line, end) in zip(found, expected) {
            #expect(line.hasPrefix("a.yaml:10:"), "\(line)")
            #expect(line.hasSuffix("error: \(end)"), "\(line)")
        }
    }
}
