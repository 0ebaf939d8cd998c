import Foundation
import Testing
import WaybillTestSupport

/// `waybill lint` on analyses that cannot find what they look for.
extension LintTests {
    private func lint(_ metrics: String, minRequests: Int, _ body: (BuiltProgram.Result) -> Void) async throws {
        try await withFleet { program, folder in
            try change(
                folder.appending(path: "fleet/deployments/staging-greeting.yaml"), "  replicas: 1",
                """
                  replicas: 1
                  rollout:
                    strategy: canary
                    steps:
                      - weight: 10
                      - analysis: {for: 10m, minRequests: \(minRequests), metrics: [\(metrics)]}
                      - weight: 100
                """)
            body(try program.run(["lint"]))
        }
    }

    @Test func `an analysis that can find something is well`() async throws {
        try await lint("{errors: {maxIncrease: 5%}}", minRequests: 500) { result in
            #expect(result.output == "6 resources, 1 deployment: no problems\n", "\(result.output)")
            #expect(result.code == 0)
        }
    }

    @Test func `an analysis that can pass nothing with what it asks for is warned of`() async throws {
        try await lint("{errors: {max: 0.1%}}", minRequests: 5) { result in
            #expect(result.code == 0, "\(result.output)\(result.errors)")
            #expect(
                result.output.contains(
                    ": warning: staging/greeting, step 2 of the rollout: errors at most 0.1 %: 5 requests without a single one prove less than that;"
                ), "\(result.output)")
        }
    }
}
