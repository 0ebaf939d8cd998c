import Foundation
import Testing
import WaybillAPI
import WaybillCore
import WaybillLedger
import WaybillTestSupport

@testable import waybill

/// `waybill audit events` on a ledger of its own.
@Suite struct AuditEventsTests {
    private static func event(
        _ type: EventType, _ day: Int, _ subject: String, actor: Actor = .controller, body: Members = [:]
    ) throws -> Event {
        Event(
            type, decision: DecisionID(UInt64(day)), time: try Timestamp(parsing: "2026-09-0\(day)"),
            environment: try? Name(parsing: String(subject.prefix { $0 != "/" })), subject: subject, actor: actor,
            body: body)
    }

    private static func withLedger(_ body: (BuiltProgram) throws -> Void) async throws {
        try await withTemporaryFolder { (folder) async throws in
            let ledger = try await Ledger.open(LedgerSettings(folder: folder.path + "/ledger"))
            let anna = Actor.unixUser(uid: 1000, name: "anna")
            _ = try await ledger.append([
                try event(.planDecided, 1, "production/churn", body: ["reason": "a new version"]),
                try event(
                    .operatorCommand, 2, "production/churn", actor: anna,
                    body: ["command": "pause", "reason": "=broken, \"feature\""]),
                try event(.operatorCommand, 3, "staging/churn", actor: anna, body: ["command": "resume"]),
                try event(.planDecided, 4, "production/fraud", body: ["commit": "0123456789abcdef"]),
            ])
            await ledger.close()
            try body(BuiltProgram(folder: folder))
        }
    }

    private static func indices(_ program: BuiltProgram, _ arguments: String...) throws -> [Int] {
        let result = try program.run(["audit", "events", "--dir", "ledger", "-o", "jsonl"] + arguments)
        #expect(result.code == 0, "\(result.errors)")
        return try result.output.split(separator: "\n").map { line in
            try #require((JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])?["index"] as? Int)
        }
    }

    @Test func `entries are found by what is asked, and pages follow each other`() async throws {
        try await Self.withLedger { program in
            #expect(try Self.indices(program) == [0, 1, 2, 3])
            #expect(try Self.indices(program, "--environment", "production") == [0, 1, 3])
            #expect(try Self.indices(program, "--type", "operator.*", "--subject", "production/*") == [1])
            #expect(try Self.indices(program, "--from", "2026-09-02", "--to", "2026-09-04") == [1, 2])
            #expect(try Self.indices(program, "--actor", "anna", "--words", "broken feature") == [1])
            #expect(try Self.indices(program, "--digest", "01234567") == [3])
            #expect(try Self.indices(program, "--decision", "0000000000000003") == [2])
            let page = try program.run(["audit", "events", "--dir", "ledger", "-n", "2", "-o", "jsonl"])
            #expect(page.errors == "more entries follow: --after 1\n")
            #expect(try Self.indices(program, "--after", "1", "-n", "2") == [2, 3])
        }
    }

    @Test func `each form says the same for the programs that take it`() async throws {
        try await Self.withLedger { program in
            func output(_ form: String) throws -> String {
                try program.run(["audit", "events", "--dir", "ledger", "--actor", "anna", "-n", "1", "-o", form]).output
            }
            #expect(
                try output("csv") == """
                    index,time,type,phase,outcome,environment,subject,actor,decision,cause,what\r
                    1,2026-09-02T00:00:00.000Z,operator.command,fact,,production,production/churn,anna (uid 1000),\
                    0000000000000002,,"pause: =broken, ""feature""\"\r

                    """)
            let event = try #require(
                try JSONSerialization.jsonObject(with: Data(output("cloudevents").utf8)) as? [String: Any])
            #expect(event["specversion"] as? String == "1.0" && event["id"] as? String == "1")
            #expect(event["type"] as? String == "dev.waybill.operator.command")
            #expect((event["source"] as? String)?.hasPrefix("urn:waybill:ledger:") == true)
            #expect(event["time"] as? String == "2026-09-02T00:00:00.000Z")
            #expect((event["data"] as? [String: Any])?["actor"] as? String == "anna (uid 1000)")
            let list = try #require(try JSONSerialization.jsonObject(with: Data(output("json").utf8)) as? [String: Any])
            #expect(list["kind"] as? String == "EventList" && (list["items"] as? [Any])?.count == 1)
            #expect(try output("table").contains("pause: =broken, \"feature\""))
        }
    }

    @Test func `what would be a formula in a spreadsheet is text`() {
        #expect(
            EventExport.csv(["=1+1", "-x", "@a", "plain", "a,b", "a\"b"])
                == "'=1+1,'-x,'@a,plain,\"a,b\",\"a\"\"b\"\r\n")
    }

    @Test(arguments: [
        (["--type", "rollout.movd"], "'rollout.movd' is no type of event; did you mean 'rollout.moved'?"),
        (["--from", "2026-09-02", "--to", "2026-09-02"], "--to must come after --from"),
        (
            ["--from", "yesterday"],
            "'yesterday' is no moment; write a day, '2026-11-23', or a time in UTC, '2026-11-23T15:04:05Z'"
        ),
        (["--digest", "abc"], "--digest must be at least eight lowercase hexadecimal digits"),
        (["--outcome", "bad"], "--outcome must be one of succeeded, failed, reconciled"),
        (["--follow", "-o", "json"], "-o json is one list, which --follow never ends; use jsonl"),
    ])
    func `what makes no sense is said before anything is read`(_ arguments: [String], _ message: String) async throws {
        try await withTemporaryFolder { (folder) async throws in
            let result = try BuiltProgram(folder: folder).run(["audit", "events", "--dir", "ledger"] + arguments)
            #expect(result.code != 0)
            #expect(result.errors.contains(message), "\(result.errors)")
        }
    }
}
