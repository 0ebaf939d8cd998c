import ArgumentParser
import Foundation
import Logging
import Testing
import WaybillAPI
import WaybillCore

@testable import waybill

/// Texts that people read, whole. A snapshot that is not there is written; one that differs is an error.
@Suite struct TextTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Snapshots")

    private func expect(_ text: String, is name: String) throws {
        let file = Self.folder.appending(path: "\(name).txt")
        guard let data = try? Data(contentsOf: file) else {
            try Data(text.utf8).write(to: file)
            Issue.record("the snapshot \(name) was not there and is now; look at it and run again")
            return
        }
        #expect(text == String(decoding: data, as: UTF8.self), "differs from Snapshots/\(name).txt")
    }

    /// Each command's own help is in `docs/cli.md`, which `ReferenceTests` compares.
    @Test func `help`() throws { try expect(Waybill.helpMessage(for: Waybill.self, columns: 100) + "\n", is: "help") }

    @Test func `describe`() throws {
        try expect(try Fixtures.detail().text(.plain, now: Fixtures.time + .seconds(60)), is: "describe")
    }

    @Test func `a plan`() throws {
        try expect(try Fixtures.plan().text(.plain), is: "plan")
        try expect(try Fixtures.plan().markdown.replacing("\u{200B}", with: ""), is: "plan-markdown")
        let commit = try CommitID(parsing: String(repeating: "ab", count: 20))
        #expect(
            PlanView(basis: .observed, commit: commit, deployments: []).text(.plain)
                == "nothing to do, compared with what runs\n")
    }

    @Test
    func `a plan as a comment is bounded, says what is left out, and what it quotes is no markup`()
        throws
    {
        var plan = try Fixtures.plan()
        let one = try #require(plan.deployments.first)
        plan.deployments = (0..<3000).map { number in
            var next = one
            next.deployment = "production/churn-\(number)"
            next.changes[0].to = "<img src=x>|@root\n# \(number)"
            return next
        }
        let text = plan.markdown.replacing("\u{200B}", with: "")
        #expect(text.unicodeScalars.count <= 60_000 && text.unicodeScalars.count > 30_000)
        #expect(text.hasPrefix("### Waybill plan: 3000 to replace\n"))
        let last = try #require(text.split(separator: "\n").last)
        #expect(
            last.hasPrefix("Left out, for a comment is bounded: 2940 rows of the table, "), "\(last)")
        #expect(!text.contains("<img") && !text.contains("\n# ") && plan.markdown.contains("@\u{200B}root"))
        #expect(
            text.components(separatedBy: "<details>").count
                == text.components(separatedBy: "</details>").count)
    }

    @Test func `a plan that hides nothing`() throws {
        let commit = try CommitID(parsing: String(repeating: "ab", count: 20))
        let hold = CommitHoldView(
            reason: "MassDeletion", message: "commit x removes 1 of 1 in staging", commit: commit, accepted: nil)
        let held = PlanView(
            basis: .observed, commit: commit, hold: hold, repositoryProblem: "it does not answer", deployments: [])
        #expect(
            held.text(.plain) == """
                a commit is held: MassDeletion: commit x removes 1 of 1 in staging
                the remote could not be asked last time: it does not answer
                nothing to do, compared with what runs

                """)
        #expect(held.hasChanges)
        #expect(
            PlanView(basis: .observed, commit: nil, deployments: []).text(.plain)
                == "nothing is known yet, so nothing is planned\n")
    }

    @Test(
        arguments: [
            (["get"], "error: Missing expected argument '<kind>'", 64),
            (
                ["pause", "prod"],
                "error: The value 'prod' is invalid for '<env/name>': 'prod' is not a deployment; "
                    + "expected ENVIRONMENT/NAME as in 'production/churn'", 64
            ),
            (
                ["accept", String(repeating: "ab", count: 20)], "error: Missing expected argument '--reason <reason>'",
                64
            ),
            (["plan", "--base", "main"], "error: --head belongs together with --base or --server", 64),
            (["history", "a/b", "-n", "0"], "error: --limit must be from 1 to 1000", 64),
            (["frobnicate"], "error: Unexpected argument 'frobnicate'", 64),
        ] as [([String], String, Int32)])
    func `a command line that cannot be read`(_ arguments: [String], _ first: String, _ code: Int32) {
        do {
            _ = try Waybill.parseAsRoot(arguments)
            Issue.record("it was read")
        } catch {
            let ending = Ending(error)
            #expect(ending.errorText.split(separator: "\n").first.map(String.init) == first)
            #expect(ending.code == code)
        }
    }

    @Test func `a failure says what and what to do`() {
        let missing = Failure(.stall, reason: "NotFound", message: "there is no deployment a/b")
        #expect(
            Ending(missing).errorText
                == "error: there is no deployment a/b\nhint: 'waybill get deployments' lists what there is")
        #expect(Ending(missing).code == 1)
        let located = Failure(.stall, reason: "Invalid", message: "waybill.yaml:3:5: error: unknown field 'prots'")
        #expect(Ending(located).errorText == "waybill.yaml:3:5: error: unknown field 'prots'")
        let quoted = Failure(.stall, reason: "Invalid", message: "/fleet: nothing; the first problem: a:1:1: error: b")
        #expect(Ending(quoted).errorText == "error: /fleet: nothing; the first problem: a:1:1: error: b")
        #expect(Ending(ExitCode(2)).code == 2)
    }

    @Test(
        arguments: [
            ("oip-v2", "/v2/models/churn/infer"), ("openai", "/v1/chat/completions"), ("http", nil),
        ] as [(String, String?)])
    func `where a protocol is called`(_ name: String, _ path: String?) throws {
        var detail = try Fixtures.detail()
        detail.servingProtocol = name
        #expect(ExampleCall.path(detail) == path)
    }

    @Test func `an example has a row of zeros however large the model's input`() throws {
        var detail = try Fixtures.detail()
        #expect(
            ExampleCall(detail)?.body
                == #"{"inputs":[{"data":[0.0,0.0,0.0],"datatype":"FP64","name":"x","shape":[1,3]}]}"#)
        detail.inputs = [TensorView(Tensor(name: "x", datatype: .INT8, shape: [.max, .max]))]
        #expect(ExampleCall(detail)?.body?.utf8.count ?? 0 < 10_000)
    }

    @Test func `a word of the shell stays one`() {
        #expect("it's $(rm)".shellQuoted == "'it'\\''s $(rm)'")
        #expect("http://127.0.0.1:8080/a".shellQuoted == "http://127.0.0.1:8080/a")
        #expect("".shellQuoted == "''")
    }

    @Test func `waiting ends when all is ready and when one cannot be`() throws {
        let ready = try Fixtures.deployment()
        let starting = try Fixtures.deployment("staging/churn", ready: false)
        #expect(Settling.verdict([]) == .settled(0))
        #expect(Settling.verdict([ready]) == .settled(1))
        #expect(
            Settling.verdict([ready, starting])
                == .waiting("1 of 2 not ready yet, staging/churn: 1 replica starts"))
        var stalled = starting
        stalled.conditions[1].type = "Stalled"
        #expect(Settling.verdict([ready, stalled]) == .hopeless("staging/churn is stalled: 1 replica starts"))
    }

    @Test func `waiting begins with the commit`() throws {
        var fleet = try Fixtures.fleet()
        let inForce = String(repeating: "ab", count: 20)
        #expect(Settling.verdict(fleet, commit: nil) == nil)
        #expect(Settling.verdict(fleet, commit: inForce) == nil)
        #expect(
            Settling.verdict(fleet, commit: String(repeating: "0", count: 40))
                == .waiting("commit 0000000000 is not in force yet"))
        fleet.repository.commit = nil
        fleet.repository.problem = "the remote does not answer"
        #expect(Settling.verdict(fleet, commit: nil) == .waiting("the remote does not answer"))
    }

    @Test func `log lines for people and for programs`() {
        let record = LogRecord(
            time: Fixtures.time, level: .warning, label: "git", message: "fetch\nfailed",
            facts: ["remote": "origin", "time": "forged"])
        #expect(record.text(.plain) == "15:04:05.678 warning git: fetch\\u{a}failed remote=origin time=forged\n")
        #expect(
            record.json
                == #"{"label":"git","level":"warning","message":"fetch\nfailed","remote":"origin","#
                + #""time":"2026-11-23T15:04:05.678Z"}"# + "\n")
    }

    @Test func `what scripts read of an examination and of a history`() throws {
        let examination = Examination(findings: [.warning("clock", "no sign", remedy: "install chrony")])
        #expect(
            try TextFormat.json.text(of: examination) { "" } == """
                {
                  "findings": [
                    {
                      "level": "warning",
                      "message": "no sign",
                      "remedy": "install chrony",
                      "subject": "clock"
                    }
                  ]
                }

                """)
        let event = try #require(try Fixtures.detail().events.first)
        #expect(
            try TextFormat.json.text(list: [event]) { "" } == """
                {
                  "items": [
                    {
                      "actor": "controller",
                      "body": {
                        "message": "a replica was killed",
                        "what": "replica-gone"
                      },
                      "decision": "0000000000000001",
                      "index": 41,
                      "phase": "fact",
                      "subject": "production/churn",
                      "time": "2026-11-23T15:04:05.678Z",
                      "type": "drift.found"
                    }
                  ],
                  "kind": "EventList"
                }

                """)
        #expect(
            AuditShow.text(try Value(view: event), .plain).hasPrefix("Entry 41\n  actor:     controller\n"))
    }

    @Test func `an examination is aligned and its worst finding decides`() {
        let examination = Examination(findings: [
            .ok("python", "Python 3.11.2 with venv"), .warning("clock", "no sign", remedy: "install chrony"),
        ])
        #expect(examination.worst == .warning)
        #expect(
            examination.text(.plain) == """
                ok       python  Python 3.11.2 with venv
                warning  clock   no sign
                                 remedy: install chrony

                """)
    }
}
