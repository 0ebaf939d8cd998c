import Testing
import WaybillCore
import WaybillEngine

struct CommitGateTests {
    private func commit(_ letter: String) throws -> CommitID {
        try CommitID(parsing: String(repeating: letter, count: 40))
    }
    private func keys(_ environment: String, _ numbers: Range<Int>) throws -> Set<DeploymentKey> {
        Set(try numbers.map { try DeploymentKey(parsing: "\(environment)/model-\($0)") })
    }

    @Test(arguments: [
        (before: 10, after: 10, held: false), (before: 10, after: 9, held: false), (before: 10, after: 8, held: false),
        (before: 10, after: 7, held: true), (before: 4, after: 3, held: false), (before: 4, after: 2, held: true),
        (before: 2, after: 1, held: false), (before: 1, after: 0, held: true), (before: 0, after: 0, held: false),
    ])
    func `much removed at once is held`(_ row: (before: Int, after: Int, held: Bool)) throws {
        let population = CommitGate.Population(
            before: try keys("production", 0..<row.before), after: try keys("production", 0..<row.after))
        let verdict = CommitGate.decide(
            head: try commit("b"), lastAccepted: try commit("a"), containsAccepted: true, population: population,
            operatorAccepted: nil)
        guard case .hold(let hold) = verdict else { return #expect(!row.held) }
        #expect(row.held)
        #expect(hold.cause == .massDeletion)
        let head = try commit("b").hex
        let names = (row.after..<row.before).map { "model-\($0)" }.joined(separator: ", ")
        #expect(
            hold.message
                == "commit \(head) removes \(row.before - row.after) of \(row.before) in production (\(names)); nothing of "
                + "it is taken until 'waybill accept \(head) --reason TEXT' or a later commit")
    }

    @Test func `an environment that loses all is held though the fleet is large`() throws {
        let before = try keys("production", 0..<100).union(try keys("staging", 0..<1))
        let population = CommitGate.Population(before: before, after: try keys("production", 0..<100))
        let verdict = CommitGate.decide(
            head: try commit("b"), lastAccepted: try commit("a"), containsAccepted: true, population: population,
            operatorAccepted: nil)
        guard case .hold(let hold) = verdict else {
            Issue.record("accepted")
            return
        }
        #expect(hold.message.contains("removes 1 of 1 in staging (model-0);"))
    }

    @Test func `a rewound history is held with both ids, and only its own acceptance lifts it`() throws {
        let none = CommitGate.Population(before: [], after: [])
        let (accepted, head) = (try commit("a"), try commit("b"))
        let verdict = CommitGate.decide(
            head: head, lastAccepted: accepted, containsAccepted: false, population: none,
            operatorAccepted: try commit("c"))
        guard case .hold(let hold) = verdict else {
            Issue.record("accepted")
            return
        }
        #expect(hold.cause == .historyRewound)
        #expect(hold.commit == head && hold.accepted == accepted)
        #expect(hold.message.contains(accepted.hex) && hold.message.contains(head.hex))
        let lifted = CommitGate.decide(
            head: head, lastAccepted: accepted, containsAccepted: false, population: none, operatorAccepted: head)
        #expect(lifted == .accept(reason: "accepted by an operator"))
    }

    @Test(arguments: [
        (production: 2, staging: 1, loss: ""),
        (production: 1, staging: 1, loss: "it removes 1 of 2 in production (model-1); "),
        (
            production: 0, staging: 0,
            loss: "it removes 2 of 2 in production (model-0, model-1), 1 of 1 in staging (model-0); "
        ),
    ])
    func `what a rewound history removes is named, for its acceptance accepts that, too`(
        _ row: (production: Int, staging: Int, loss: String)
    ) throws {
        let before = try keys("production", 0..<2).union(try keys("staging", 0..<1))
        let after = try keys("production", 0..<row.production).union(try keys("staging", 0..<row.staging))
        let (accepted, head) = (try commit("a"), try commit("b"))
        let verdict = CommitGate.decide(
            head: head, lastAccepted: accepted, containsAccepted: false,
            population: .init(before: before, after: after), operatorAccepted: nil)
        let message =
            "the branch names \(head.hex), which does not contain \(accepted.hex), accepted last; \(row.loss)look at "
            + "both, then push a commit that contains it or run 'waybill accept \(head.hex) --reason TEXT'"
        #expect(
            verdict
                == .hold(FleetHold(cause: .historyRewound, commit: head, accepted: accepted, message: message)))
    }

    @Test func `of many removed deployments twenty are named`() throws {
        let population = CommitGate.Population(before: try keys("production", 10..<35), after: [])
        let verdict = CommitGate.decide(
            head: try commit("b"), lastAccepted: try commit("a"), containsAccepted: true, population: population,
            operatorAccepted: nil)
        guard case .hold(let hold) = verdict else {
            Issue.record("accepted")
            return
        }
        #expect(hold.message.contains("removes 25 of 25 in production (model-10, model-11,"))
        #expect(hold.message.contains(", model-29 and 5 more);"))
    }

    @Test func `the first commit of all is accepted`() throws {
        let verdict = CommitGate.decide(
            head: try commit("a"), lastAccepted: nil, containsAccepted: false,
            population: .init(before: [], after: try keys("production", 0..<3)), operatorAccepted: nil)
        #expect(verdict == .accept(reason: nil))
    }
}
