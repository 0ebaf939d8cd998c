import Testing
import WaybillCore

struct PlanTextTests {
    let fixtures: PlanFixtures
    init() throws { fixtures = try PlanFixtures() }

    private func fleet(_ change: FieldChange) -> FleetPlan {
        let plan = fixtures.plan(
            fixtures.desired(2), fixtures.observed([fixtures.replica(1, 1)], routed: [fixtures.id(1, 1)]))
        return FleetPlan([FleetPlan.Entry(plan: plan, changes: [change])])
    }

    @Test func `text names counts, fields, steps and waits`() {
        let change = FieldChange(path: "spec.version", before: "1.4.0", after: "1.5.0", restarts: true)
        let old = fixtures.desired(1).revision.short
        let new = fixtures.desired(2).revision.short
        #expect(
            PlanText(fleet(change)).text == """
                Plan: 1 to replace

                ± production/churn  replace revision \(old) by \(new)
                    spec.version: 1.4.0 → 1.5.0
                    1. start-replica production.churn.\(new).50: 0 of 1 replicas of churn@1.4.0 run
                    2. set-route production.churn.\(new).50: 1 of churn@1.4.0 serve in the end
                       waits for 1 replica to be ready
                    3. stop-replica production.churn.\(old).1: revision \(old) is no longer desired
                       waits for the new revision to take over
                    4. forget-replica production.churn.\(old).1: it was told to stop
                       waits for it to end

                """)
    }

    @Test func `nothing to do says so`() {
        let plan = fixtures.plan(
            fixtures.desired(1), fixtures.observed([fixtures.replica(1, 1)], routed: [fixtures.id(1, 1)]))
        let fleet = FleetPlan([FleetPlan.Entry(plan: plan)])
        #expect(fleet.isEmpty)
        #expect(PlanText(fleet).text == "Plan: nothing to do\n")
        #expect(PlanText(fleet).markdown == "### Waybill plan: nothing to do\n")
    }

    @Test(arguments: [
        ("a mention", "@root", "`@root`"), ("a link", "[x](https://evil.example)", "`[x](https://evil.example)`"),
        ("HTML", "<img src=x>", "`<img src=x>`"), ("the end of a span", "a`b``c", "`aʼbʼʼc`"),
        ("the end of a cell", "a|b", "`a¦b`"), ("a line end", "a\n# b", "`a\\u{a}# b`"),
        ("a direction override", "a\u{202e}b", "`a\\u{202e}b`"),
    ])
    func `hostile text is shown, not read`(_ hostile: (name: String, text: String, shown: String)) {
        let change = FieldChange(path: "x", before: nil, after: hostile.text, restarts: false)
        let shown = hostile.shown.dropFirst()
        #expect(
            PlanText(fleet(change)).markdown.contains("`x: absent → \(shown.dropLast()) (no restart)`"),
            "\(hostile.name)")
    }

    @Test func `JSON has stable members`() {
        let change = FieldChange(path: "spec.replicas", before: "1", after: "3", restarts: false)
        let value = PlanText(fleet(change)).value
        #expect(value["headline"]?.string == "1 to replace")
        #expect(value["counts"]?["replace"]?.integer == 1)
        let entry = value["deployments"]?.list?.first
        #expect(entry?["deployment"]?.string == "production/churn")
        #expect(
            entry?["changes"]?.list?.first?.json
                == #"{"after":"3","before":"1","path":"spec.replicas","restarts":false}"#)
        #expect(entry?["actions"]?.list?.first?["action"]?.string?.hasPrefix("start-replica ") == true)
    }

    @Test func `a pull request's plan takes the base as what serves`() throws {
        let base = try CommitID(parsing: String(repeating: "a", count: 40))
        let head = try CommitID(parsing: String(repeating: "b", count: 40))
        let before = DesiredState(commit: base, deployments: [fixtures.key: fixtures.desired(1)])
        let after = DesiredState(commit: head, deployments: [fixtures.key: fixtures.desired(1, replicas: 3)])
        let grown = FleetPlan.between(base: before, head: after, at: fixtures.now) { _, _ in [] }
        #expect(grown.entries.map { fixtures.brief($0.plan) } == ["start 2 start 3 (route 1+2+3)"])
        #expect(grown.count(.adjust) == 1)
        #expect(grown.basis == "commit aaaaaaaaaa is taken as what serves; bbbbbbbbbb is planned")
        let same = FleetPlan.between(base: before, head: before, at: fixtures.now) { _, _ in [] }
        #expect(same.isEmpty)
        let gone = FleetPlan.between(
            base: before, head: DesiredState(commit: head), at: fixtures.now, diff: { _, _ in [] })
        #expect(gone.count(.remove) == 1)
        let broken = DesiredState(commit: head, held: [fixtures.key: []])
        #expect(FleetPlan.between(base: before, head: broken, at: fixtures.now) { _, _ in [] }.isEmpty)
    }
}
