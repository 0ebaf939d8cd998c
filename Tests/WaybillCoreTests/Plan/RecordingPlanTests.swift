import Testing
import WaybillCore

/// Rules of recording that change while the same revision serves.
@Suite struct RecordingPlanTests {
    private let fixtures: PlanFixtures
    init() throws { fixtures = try PlanFixtures() }

    private func plan(wanted: RecordingPolicy, published: RecordingPolicy?) -> KeyPlan {
        var desired = fixtures.desired(1)
        desired.recording = wanted
        var observed = fixtures.observed([fixtures.replica(1, 1)], routed: [fixtures.id(1, 1)])
        observed.route.recording = published
        return fixtures.plan(desired, observed, fixtures.context { $0.lastRotation = [fixtures.id(1, 1)] })
    }

    @Test func `what is recorded changes with the route, and nothing else does`() {
        let plan = plan(wanted: RecordingPolicy(mode: .required), published: .off)
        #expect(plan.actions.map(\.action) == [.setRoute([fixtures.id(1, 1)])])
        #expect(plan.actions.first?.reason == "what is recorded of its predictions changes")
        #expect(plan.actions.first?.waitsFor == nil)
    }

    @Test(arguments: [RecordingPolicy.off, RecordingPolicy(mode: .bestEffort, sample: 5)])
    func `rules that are published already, or of which nothing is known, ask for nothing`(_ rules: RecordingPolicy) {
        #expect(plan(wanted: rules, published: rules).isEmpty)
        #expect(plan(wanted: rules, published: nil).isEmpty)
    }

    @Test(arguments: [
        ("/a", ["a"]), ("/a/0/b", ["a", "0", "b"]), ("/", [""]), ("/~01/~1", ["~1", "/"]), ("/*/x", ["*", "x"]),
    ])
    func `a JSON pointer is read step by step`(text: String, steps: [String]) {
        #expect(JSONPointer(text)?.steps == steps)
    }

    @Test(arguments: ["", "a", "a/b", "/~", "/~2", "#/a", String(repeating: "/a", count: 33)])
    func `what is no JSON pointer is none`(text: String) {
        #expect(JSONPointer(text) == nil)
    }
}
