import Foundation
import Testing
import WaybillAPI
import WaybillCore

/// The JSON of views is what scripts read: these texts change only on purpose, by adding.
@Suite struct GoldenTests {
    private func json(_ view: some Codable & Equatable) throws -> String {
        let data = try ControlJSON.encode(view)
        #expect(try ControlJSON.decode(type(of: view), from: data) == view)
        return try ControlJSON.decode(WireValue.self, from: data).value.prettyJSON
    }

    @Test func `a deployment`() throws {
        #expect(
            try json(try Samples.deployment()) == """
                {
                  "commit": "abababababababababababababababababababab",
                  "conditions": [
                    {
                      "changedAt": "2026-11-23T15:04:05.678Z",
                      "commit": "abababababababababababababababababababab",
                      "message": "serves what git asks for",
                      "reason": "Serving",
                      "status": true,
                      "type": "Ready"
                    }
                  ],
                  "deployment": "production/churn",
                  "environment": "production",
                  "name": "churn",
                  "orphaned": false,
                  "replicas": {
                    "desired": 1,
                    "ready": 1,
                    "running": 1
                  },
                  "revision": "\(Samples.revision.short)",
                  "runtime": "mlserver-sklearn",
                  "serving": [
                    "churn@1.4.0"
                  ],
                  "url": "http://127.0.0.1:8080/production/churn",
                  "version": "churn@1.4.0"
                }
                """)
    }

    @Test func `an event`() throws {
        #expect(
            try json(Samples.event(12)) == """
                {
                  "actor": "controller",
                  "body": {
                    "reason": "nothing serves yet",
                    "replica": "production.churn.3f2a9c01d4e5.7"
                  },
                  "cause": 3,
                  "decision": "0000000000000007",
                  "index": 12,
                  "outcome": "succeeded",
                  "phase": "outcome",
                  "subject": "production/churn",
                  "time": "2026-11-23T15:04:05.678Z",
                  "type": "replica.started"
                }
                """)
    }

    @Test func `the fleet`() throws {
        let value = try json(try Samples.fleet())
        #expect(
            value == """
                {
                  "controller": {
                    "build": "0.1.0",
                    "pid": 4711,
                    "startedAt": "2026-11-23T15:04:05.678Z",
                    "stateFolder": "/var/lib/waybill"
                  },
                  "deployments": {
                    "held": 0,
                    "paused": 0,
                    "ready": 1,
                    "reconciling": 0,
                    "stalled": 0,
                    "total": 1
                  },
                  "gateway": {
                    "running": false
                  },
                  "holds": [
                    {
                      "commit": "abababababababababababababababababababab",
                      "message": "main no longer contains abababab",
                      "reason": "HistoryRewound",
                      "since": "2026-11-23T15:04:05.678Z",
                      "subject": "fleet"
                    }
                  ],
                  "ledger": {
                    "entries": 42,
                    "origin": "waybill.example/1"
                  },
                  "problems": [],
                  "repository": {
                    "branch": "main",
                    "commit": {
                      "author": "Ada",
                      "id": "abababababababababababababababababababab",
                      "summary": "Raise churn to 1.4.0",
                      "time": "2026-11-23T15:04:05.678Z"
                    },
                    "fetchedAt": "2026-11-23T15:04:05.678Z",
                    "path": "fleet",
                    "url": "https://git.example/fleet"
                  }
                }
                """)
    }

    @Test func `every command`() throws {
        let key = try Samples.key()
        let commands: [(OperatorCommand, String)] = [
            (.sync, #"{"command":"sync"}"#),
            (.pause(key, reason: nil), #"{"command":"pause","deployment":"production/churn"}"#),
            (
                .pause(key, reason: "x"), #"{"command":"pause","deployment":"production/churn","reason":"x"}"#
            ),
            (.resume(key), #"{"command":"resume","deployment":"production/churn"}"#),
            (.retry(key), #"{"command":"retry","deployment":"production/churn"}"#),
            (.restart(key), #"{"command":"restart","deployment":"production/churn"}"#),
            (
                .rollback(key, to: nil, reason: "z"),
                #"{"command":"rollback","deployment":"production/churn","reason":"z"}"#
            ),
            (
                .rollback(key, to: try SemanticVersion(parsing: "1.4.0"), reason: "z"),
                #"{"command":"rollback","deployment":"production/churn","reason":"z","version":"1.4.0"}"#
            ),
            (.lift(key, reason: "z"), #"{"command":"lift","deployment":"production/churn","reason":"z"}"#),
            (
                .accept(try Samples.commit(), reason: "y"),
                #"{"command":"accept","commit":"abababababababababababababababababababab","reason":"y"}"#
            ),
        ]
        for (command, text) in commands {
            let data = try ControlJSON.encode(command)
            #expect(String(decoding: data, as: UTF8.self) == text)
            #expect(try ControlJSON.decode(OperatorCommand.self, from: data) == command)
        }
    }
}
