import Testing
import WaybillAPI
import WaybillCore

@testable import waybill

/// Events as people read them.
@Suite struct EventWordsTests {
    private func view(
        _ type: EventType, _ body: Members, outcome: Event.Outcome? = nil, subject: String = "production/churn",
        actor: Actor = .controller
    ) -> EventView {
        let event = Event(
            type, phase: outcome == nil ? .fact : .outcome, decision: DecisionID(1), time: Fixtures.time,
            subject: subject,
            outcome: outcome, actor: actor, body: body)
        #expect(event.undeclaredMembers == [])
        return EventView(event, at: 7)
    }

    @Test(
        arguments: [
            (
                .planDecided,
                [
                    "actions": [
                        ["action": "prepare 3f2a"], ["action": "start-replica a.b.3f2a.1"],
                        ["action": "start-replica a.b.3f2a.2"], ["action": "set-route a.b.3f2a.1"],
                    ]
                ], "prepare, start ×2, set-route"
            ),
            (.planDecided, ["actions": []], "nothing to do"),
            (.commitAccepted, ["changed": ["a/b"], "deployments": 3, "problems": 0], "1 of 3 deployments changed"),
            (
                .commitAccepted, ["changed": [], "deployments": 1, "problems": 2],
                "0 of 1 deployment changed, 2 problems"
            ),
            (.commitObserved, ["summary": "Two replicas", "trigger": "sync"], "Two replicas (sync)"),
            (
                .replicaExited,
                ["replica": "production.churn.3f2a9c01d4e5.7", "status": "killed by signal 9", "whileAway": true],
                "3f2a9c01d4e5.7: killed by signal 9, while no controller ran"
            ),
            (.artifactVerified, ["path": "model.bin", "size": 1536], "model.bin, 1.5 KiB"),
            (.sourcesResolved, ["size": 4_800_000_000, "held": 3_100_000_000], "pulls 1.7 GB (3.1 GB held)"),
            (.packagingProgressed, ["message": "packaging 3.1/4.8 GB"], "packaging 3.1/4.8 GB"),
            (
                .artifactInspected,
                ["path": "m.pkl", "verdict": "dangerous", "format": "pickle", "findings": ["calls posix.system"]],
                "m.pkl: dangerous (pickle): calls posix.system"
            ),
            (.routesChanged, ["replicas": ["a.b.c.1"], "generation": 4], "to 1 replica, table 4"),
            (.operatorCommand, ["command": "pause", "result": "paused", "reason": "a look"], "pause: a look"),
            (.operatorCommand, ["command": "resume", "result": "resumed"], "resume: resumed"),
            (.holdPlaced, ["reason": "HistoryRewound", "message": "the branch went back"], "the branch went back"),
        ] as [(EventType, Members, String)])
    func `few words say what happened`(_ type: EventType, _ body: Members, _ words: String) {
        #expect(view(type, body).words == words)
    }

    @Test(arguments: EventType.allCases)
    func `an event without a body still has a row`(_ type: EventType) {
        #expect(!view(type, [:]).words.contains("{"))
    }

    @Test func `a failure says why`() {
        let failed = view(.replicaStarted, ["replica": "a.b.c.1", "message": "no port is free"], outcome: .failed)
        #expect(failed.words == "no port is free")
    }

    @Test func `long names and texts are bounded`() {
        let commit = String(repeating: "ab", count: 20)
        let event = view(
            .commitObserved, ["summary": .string(String(repeating: "long ", count: 60))], subject: commit,
            actor: .gitAuthor("Augusta Ada King, Countess of Lovelace <ada@example.org>"))
        let table = EventTable.table([event], now: Fixtures.time, withSubject: true)
        #expect(
            table.rows[0].map(\.text).dropLast().joined(separator: "|")
                == "7|0s|commit.observed|-|ababababab|Augusta Ada Kin…")
        #expect(table.rows[0].last?.text.count == 160)
        let lines = table.fitting(100).text(.plain).split(separator: "\n")
        #expect(lines.map(\.count).max() == 100)
        #expect(lines.last?.hasSuffix("…") == true)
        #expect(table.fitting(nil).rows == table.rows)
    }
}
