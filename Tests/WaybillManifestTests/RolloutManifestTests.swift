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
            ["this step has neither 'weight' nor 'pause' (write 'weight: 10' or 'pause: {for: 10m}')"]
        ),
        (
            "strategy: canary, steps: [{weight: 5, pause: {for: 1m}}, {weight: 100}]",
            ["a step is a 'weight' or a 'pause', not both (make two steps of it)"]
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
                "this step has neither 'weight' nor 'pause' (write 'weight: 10' or 'pause: {for: 10m}')",
                "there is no field 'analysis' here (analyses are not built yet; write a 'pause', and go on when you have looked)",
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
            [
                "there is no field 'onInconclusive' here (analyses are not built yet, so nothing is inconclusive; remove it)"
            ]
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
