import Testing
import WaybillCore

@testable import WaybillReport

/// What a plan says of the promotion path and of freezes.
@Suite struct ReviewPathTests {
    private func plan(staging: String, _ environment: Environment) throws -> ReviewPlan {
        let old = try [
            Samples.deployment("production/churn", try Samples.version("1.0.0")),
            Samples.deployment("staging/churn", try Samples.version("1.0.0")),
        ]
        let new = try [
            Samples.deployment("production/churn", try Samples.version("1.1.0")),
            Samples.deployment("staging/churn", try Samples.version(staging)),
        ]
        var (base, head) = (try Samples.state("a", old), try Samples.state("b", new))
        let id = ResourceID.environment(try Samples.name("production"))
        let resource = Resource(
            id: id, spec: .environment(environment), metadata: Metadata(),
            location: SourceLocation(path: "e.yaml", line: 1, column: 1))
        base.resources[id] = resource
        head.resources[id] = resource
        return Samples.review(base, head)
    }

    private func environment(_ soak: Duration = .seconds(86_400)) throws -> Environment {
        let freeze = Freeze(
            .weekly(from: try WeekTime(parsing: "fri 16:00"), until: try WeekTime(parsing: "mon 08:00")),
            timeZone: "Europe/Berlin", reason: "nobody @watches", author: "ada")
        return Environment(
            target: .local, promotion: PromotionPath(from: try Samples.name("staging"), soak: soak), freezes: [freeze])
    }

    @Test func `a reviewer reads where a version has to serve before, and when nothing begins`() throws {
        let plan = try plan(staging: "1.1.0", environment())
        let group = try #require(plan.groups.first { $0.keys.first?.environment.text == "production" })
        #expect(
            group.review.path.facts == [
                "It begins once staging has served churn@1.1.0 for 24h; only the controller knows whether it has.",
                "Nothing begins fri 16:00 to mon 08:00, Europe/Berlin (ada: nobody @watches).",
            ])
        #expect(plan.markdown.contains("It begins once staging has served") && !plan.markdown.contains("@watches"))
        #expect(!plan.attention.contains { $0.contains("staging is asked for") })
    }

    @Test func `a version that git does not ask for in the environment before is something to look at`() throws {
        let plan = try plan(staging: "1.0.0", environment(.zero))
        #expect(
            plan.attention.contains(
                "production/churn: staging is asked for churn@1.0.0 by this commit, not for churn@1.1.0"))
    }
}
