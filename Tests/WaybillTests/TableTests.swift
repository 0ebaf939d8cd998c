import Testing
import WaybillAPI
import WaybillCore

@testable import waybill

@Suite struct TableTests {
    @Test func `columns are aligned by what a terminal shows`() {
        let table = Table(
            titles: ["NAME", "COUNT", "NOTE"],
            rows: [["価格モデル", "7", "wide"], ["e\u{301}te\u{301}", "1200", "marks"], ["🚀", "", ""]],
            rightAligned: [1])
        #expect(
            table.text(.plain) == """
                NAME         COUNT   NOTE
                価格モデル       7   wide
                e\u{301}te\u{301}           1200   marks
                🚀               -   -

                """)
    }

    @Test(arguments: [
        ("a\u{1b}[2Jb", "a\\u{1b}[2Jb"), ("x\ny", "x\\u{a}y"), ("\u{202e}evil", "\\u{202e}evil"),
        ("naïve 価格", "naïve 価格"), ("\u{9b}31m", "\\u{9b}31m"), ("a\u{2028}b", "a\\u{2028}b"),
    ])
    func `text of others can do nothing to a terminal`(_ text: String, _ shown: String) {
        #expect(text.harmless == shown)
        #expect(!Table(titles: ["T"], rows: [[Table.Cell(text)]]).text(.plain).contains("\u{1b}"))
    }

    @Test(arguments: [
        (0, "0s"), (119, "119s"), (120, "2m"), (7199, "119m"), (7200, "2h"), (11_520, "3h12m"), (86_400, "24h"),
        (172_800, "2d"), (-5, "0s"),
    ])
    func `ages are short`(_ seconds: Int64, _ text: String) {
        let start = Timestamp(milliseconds: 1_000_000)
        #expect(Age.text(from: start, to: start + .seconds(seconds)) == text)
    }

    @Test(arguments: [(0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (1_572_864, "1.5 MiB"), (Int64.max, "8192 PiB")])
    func `sizes are short`(_ count: Int64, _ text: String) { #expect(Bytes.text(count) == text) }

    @Test(
        arguments: [
            (true, [:], true), (false, [:], false), (true, ["NO_COLOR": "1"], false), (true, ["NO_COLOR": ""], true),
            (true, ["TERM": "dumb"], false),
        ] as [(Bool, [String: String], Bool)])
    func `colours only where they are wanted`(_ isTerminal: Bool, _ variables: [String: String], _ colours: Bool) {
        #expect(Style(isTerminal: isTerminal, variables: variables).colours == colours)
    }

    @Test func `deployments as a table, and then what changed`() throws {
        var printer = ListPrinter<DeploymentView>(format: .table, environment: nil, style: .plain)
        let now = Fixtures.time + .seconds(300)
        #expect(
            try printer.first(
                [try Fixtures.deployment(), try Fixtures.deployment("staging/churn", ready: false)], now: now)
                    == """
                    DEPLOYMENT         VERSION       SERVING       READY   STATUS        SINCE   REASON
                    production/churn   churn@1.4.0   churn@1.4.0   1/1     Ready         5m      Serving
                    staging/churn      churn@1.4.0   -             0/1     Reconciling   5m      Starting

                    """)
        #expect(
            try printer.next(
                [try Fixtures.deployment(), try Fixtures.deployment("staging/churn", ready: false)], now: now) == "")
        #expect(
            try printer.next([try Fixtures.deployment("staging/churn")], now: now) == """
                staging/churn      churn@1.4.0   churn@1.4.0   1/1     Ready         5m      Serving
                production/churn   gone

                """)
    }

    @Test func `a list for scripts names its kind`() throws {
        var printer = ListPrinter<EnvironmentView>(format: .json, environment: nil, style: .plain)
        #expect(
            try printer.first([], now: Fixtures.time) == "{\n  \"items\": [],\n  \"kind\": \"EnvironmentList\"\n}\n")
    }

    @Test func `a watched list is one line of JSON, or a document of YAML, each time`() throws {
        var json = ListPrinter<EnvironmentView>(format: .json, environment: nil, style: .plain, isWatching: true)
        #expect(try json.first([], now: Fixtures.time) == "{\"items\":[],\"kind\":\"EnvironmentList\"}\n")
        var yaml = ListPrinter<EnvironmentView>(format: .yaml, environment: nil, style: .plain, isWatching: true)
        #expect(try yaml.first([], now: Fixtures.time) == "---\nitems: []\nkind: EnvironmentList\n")
    }

    @Test func `a new deployment whose manifest is broken was not deleted`() throws {
        var conditions = Conditions()
        for kind in [Condition.Kind.ready, .held] {
            conditions.set(
                Condition(
                    kind, isTrue: kind == .held, reason: "InvalidManifest", message: "bad.yaml:3:5: no such field",
                    changedAt: Fixtures.time))
        }
        let view = DeploymentView(
            key: try DeploymentKey(parsing: "staging/bad"), version: nil, serving: [], runtime: nil,
            replicas: .init(desired: 0, ready: 0, running: 0), revision: nil, commit: nil, url: nil,
            conditions: conditions)
        var printer = ListPrinter<DeploymentView>(format: .table, environment: nil, style: .plain)
        #expect(
            try printer.first([view], now: Fixtures.time) == """
                DEPLOYMENT    VERSION    SERVING   READY   STATUS   SINCE   REASON
                staging/bad   (broken)   -         0/0     Held     0s      InvalidManifest

                """)
    }

    @Test func `an empty list says so`() throws {
        var printer = ListPrinter<ReplicaView>(format: .table, environment: "staging", style: .plain)
        #expect(try printer.first([], now: Fixtures.time) == "no replicas in staging\n")
    }

    @Test func `YAML is read back as the same value`() {
        let value: Value = [
            "empty": [:], "list": [["a": 1, "b": "no"], "x: y", "", [], [1, [true]]], "number": .number(1.5),
            "text": "012",
            "multi": "a\nb", "on": .null,
        ]
        #expect(
            value.yaml == """
                empty: {}
                list:
                - a: 1
                  b: "no"
                - "x: y"
                - ""
                - []
                - - 1
                  - - true
                multi: "a\\nb"
                number: 1.5
                "on": null
                text: "012"

                """)
    }
}
