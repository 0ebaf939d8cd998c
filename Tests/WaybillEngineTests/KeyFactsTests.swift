import Testing
import WaybillCore

@testable import WaybillEngine

/// What the ledger says decides by whole digests.
@Suite struct KeyFactsTests {
    private let key = "production/churn"

    private func revision(_ last: Character) throws -> Revision {
        Revision(try Digest(parsing: "sha256:" + String(repeating: "a", count: 63) + String(last)))
    }

    private func event(_ type: EventType, _ phase: Event.Phase = .fact, _ body: Members) -> Event {
        Event(
            type, phase: phase, decision: DecisionID(1), time: Timestamp(milliseconds: 1), subject: key,
            outcome: phase == .outcome ? .succeeded : nil, body: body)
    }

    @Test func `a revision that shares the short form of what serves is not taken for admitted`() throws {
        let (served, forged) = (try revision("1"), try revision("2"))
        #expect(served.short == forged.short)
        let id = try ReplicaID(key: DeploymentKey(parsing: key), revision: served, serial: 1).description
        var facts = KeyFacts()
        facts.fold(
            event(
                .planDecided, .fact,
                [
                    "to": .string(served.description), "rendering": .string(served.description),
                    "commit": .string(String(repeating: "c", count: 40)),
                ]))
        facts.fold(event(.replicaStarted, .intent, ["replica": .string(id), "revision": .string(served.description)]))
        #expect(!facts.isAdmitted(served), "its start has not succeeded")
        facts.fold(event(.replicaStarted, .outcome, ["replica": .string(id), "revision": .string(served.description)]))
        #expect(facts.isAdmitted(served))
        #expect(!facts.isAdmitted(forged))
        facts.fold(event(.routesChanged, .outcome, ["replicas": .list([.string(id)])]))
        #expect(facts.lastServed == served.short)
        facts.fold(event(.replicaForgotten, .outcome, ["replica": .string(id)]))
        #expect(facts.isAdmitted(served), "it served last")
        #expect(!facts.isAdmitted(forged))
    }

    @Test func `exits in a row end with a plan for another rendering of the same revision`() throws {
        let revision = try revision("1")
        var facts = KeyFacts()
        func plan(_ rendering: String) -> Event {
            event(
                .planDecided, .fact, ["to": .string(revision.description), "rendering": .string(rendering)])
        }
        facts.fold(plan("first"))
        let exit: Members = [
            "replica": .string(
                try ReplicaID(key: DeploymentKey(parsing: key), revision: revision, serial: 1).description),
            "revision": .string(revision.description),
            "status": "exited with 1",
        ]
        facts.fold(event(.replicaExited, .fact, exit))
        facts.fold(plan("first"))
        #expect(facts.exits?.count == 1)
        facts.fold(plan("second"))
        #expect(facts.exits == nil)
    }
}
