import Testing
import WaybillCore

struct FleetPlanTests {
    let fixtures: PlanFixtures
    let base: CommitID
    let head: CommitID

    init() throws {
        fixtures = try PlanFixtures()
        base = try CommitID(parsing: String(repeating: "a", count: 40))
        head = try CommitID(parsing: String(repeating: "b", count: 40))
    }

    private func between(_ before: DesiredState, _ after: DesiredState) -> FleetPlan {
        FleetPlan.between(base: before, head: after, at: fixtures.now) { old, new in
            old == nil || new == nil ? [FieldChange(path: "spec", before: nil, after: nil, restarts: true)] : []
        }
    }

    @Test func `a pull request's plan takes the base as what serves`() throws {
        let before = DesiredState(commit: base, deployments: [fixtures.key: fixtures.desired(1)])
        let after = DesiredState(commit: head, deployments: [fixtures.key: fixtures.desired(1, replicas: 3)])
        let grown = between(before, after)
        #expect(grown.entries.map { fixtures.brief($0.plan) } == ["start 2 start 3 (route 1+2+3)"])
        #expect(grown.count(.adjust) == 1)
        #expect(between(before, before).entries.isEmpty)
    }

    @Test func `what comes and what goes has its fields`() {
        let none = DesiredState(commit: base)
        let some = DesiredState(commit: head, deployments: [fixtures.key: fixtures.desired(1)])
        #expect(between(none, some).entries.map(\.verb) == [.create])
        #expect(between(none, some).entries.map(\.changes.count) == [1])
        #expect(between(some, none).entries.map(\.verb) == [.remove])
        #expect(between(some, none).entries.map(\.changes.count) == [1])
    }

    @Test func `a broken manifest keeps what serves and makes nothing of what is new`() throws {
        let problem = Diagnostic(
            location: SourceLocation(path: "bad.yaml", line: 3, column: 5), rule: "unknown-field",
            message: "no such field")
        let before = DesiredState(commit: base, deployments: [fixtures.key: fixtures.desired(1)])
        // A loader keeps the last good state of what it holds.
        let broken = DesiredState(
            commit: head, deployments: [fixtures.key: fixtures.desired(1)], held: [fixtures.key: [problem]])
        let kept = try #require(between(before, broken).entries.first)
        #expect(kept.verb == .hold)
        #expect(kept.plan.from == fixtures.desired(1).revision)
        #expect(kept.hold == .init(reason: "InvalidManifest", message: "bad.yaml:3:5: error: no such field"))
        let new = between(DesiredState(commit: base), DesiredState(commit: head, held: [fixtures.key: [problem]]))
        #expect(new.entries.map(\.verb) == [.hold])
        #expect(new.entries.first?.plan.from == nil)
        #expect(new.entries.first?.plan.isEmpty == true)
    }
}
