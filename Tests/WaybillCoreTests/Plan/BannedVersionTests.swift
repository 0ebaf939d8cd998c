import Testing
import WaybillCore

/// A version that its model's entry bans.
@Suite struct BannedVersionTests {
    private let fixtures: PlanFixtures
    private let banned: DesiredDeployment

    init() throws {
        fixtures = try PlanFixtures()
        var desired = fixtures.desired(2)
        desired.lifecycle = Model.Lifecycle(version: fixtures.version.version, state: .banned, reason: "it leaks")
        banned = desired
    }

    private static let refusal = Admission.Refusal(
        reason: "VersionBanned",
        message: "churn@1.4.0 is banned: it leaks; nothing begins to serve it, and what served goes on")

    @Test func `nothing begins to serve it, whatever served before`() {
        for observed in [
            fixtures.observed([]), fixtures.observed([fixtures.replica(1, 7)], routed: [fixtures.id(1, 7)]),
        ] {
            let plan = fixtures.plan(banned, observed)
            #expect(plan.refusal == Self.refusal)
            let starts = plan.actions.filter { if case .startReplica = $0.action { true } else { false } }
            #expect(starts.allSatisfy { $0.waitsFor != nil })
            let stops = plan.runnable.filter { if case .stopReplica = $0.action { true } else { false } }
            #expect(stops.isEmpty)
        }
    }

    @Test func `what serves it goes on, and is replaced when it ends`() {
        let serving = fixtures.observed([fixtures.replica(2, 7)], routed: [fixtures.id(2, 7)])
        #expect(fixtures.plan(banned, serving).refusal == nil)
        #expect(fixtures.plan(banned, serving).isEmpty)
        let ended = fixtures.plan(
            banned, fixtures.observed([fixtures.replica(2, 7, fixtures.exited)]),
            fixtures.context { $0.isAdmitted = true })
        #expect(ended.refusal == nil)
        #expect(ended.runnable.contains { if case .startReplica = $0.action { true } else { false } })
    }

    @Test func `a deprecated one serves as any other`() {
        var desired = fixtures.desired(2)
        desired.lifecycle = Model.Lifecycle(version: fixtures.version.version, state: .deprecated, reason: "old")
        #expect(
            fixtures.plan(desired, fixtures.observed([])) == fixtures.plan(fixtures.desired(2), fixtures.observed([])))
    }
}
