import Testing
import WaybillCore

@Suite struct EvidenceTests {
    private static let digest = Digest(of: "x".utf8)

    private func checklist(_ gates: [Gate], runAll: Bool = false) -> Checklist {
        Checklist(gates: gates, runAll: runAll)
    }

    @Test func `gates run by cost, those of one kind as listed`() throws {
        let gates = [
            Gate(name: "b", .metric(MetricCheck(MetricQuestion(.accuracy, data: "d"), atLeast: 0))),
            Gate(.license(allowed: ["MIT"])),
            Gate(name: "a", .metric(MetricCheck(MetricQuestion(.r2, data: "d"), atLeast: 0))), Gate(.integrity),
        ]
        #expect(checklist(gates).ordered.map(\.name) == ["integrity", "license", "b", "a"])
    }

    @Test func `rules have their digest whatever the checklist is called, and any bound is part of it`() {
        let one = checklist([Gate(.metric(MetricCheck(MetricQuestion(.accuracy, data: "d"), atLeast: 0.9)))])
        let same = checklist([Gate(.metric(MetricCheck(MetricQuestion(.accuracy, data: "d"), atLeast: 0.9)))])
        let looser = checklist([Gate(.metric(MetricCheck(MetricQuestion(.accuracy, data: "d"), atLeast: 0.8)))])
        let all = checklist(one.gates, runAll: true)
        #expect(one.digest == same.digest)
        #expect(Set([one, looser, all].map(\.digest)).count == 3)
    }

    @Test func `a checklist passes when every gate was asked and passed`() throws {
        func evidence(_ licenses: [String?], skipped: [String] = []) throws -> Evidence {
            Evidence(
                version: try VersionID(parsing: "churn@1.0.0"), bundle: Self.digest, checklist: try Name(parsing: "c"),
                rules: Self.digest, runtime: nil,
                results: licenses.enumerated().map {
                    GateResult(
                        gate: Gate(name: "g\($0.offset)", .license(allowed: ["MIT"])), measured: .license($0.element))
                }, skipped: skipped)
        }
        #expect(try evidence(["MIT", "MIT"]).verdict == .passed)
        #expect(try evidence(["MIT", "X"]).verdict == .failed)
        #expect(try evidence(["MIT", nil]).verdict == .inconclusive)
        #expect(try evidence(["MIT"], skipped: ["later"]).verdict == .inconclusive)
        #expect(try evidence([]).verdict == .inconclusive)
        #expect(try evidence(["MIT"]).digest == evidence(["MIT"]).digest)
        #expect(try evidence(["MIT"]).digest != evidence(["mit"]).digest)
        #expect(
            try evidence(["X"]).value["gates"]?.list?.first?.json
                == #"{"gate":{"license":{"allowed":["MIT"]},"name":"g0"},"judgement":"license/1","measured":{"license":"X"},"message":"X is none of MIT","name":"g0","verdict":"failed"}"#
        )
    }

    @Test func `headings in code are none, and a rule of the front matter is no text`() {
        let card = CardOutline(
            markdown:
                "---\n# a comment\na: null\nb: ~\nc: x # y\nd: []\n---\n\n```\n# not\n```\n# One #\n\n## Two\ntext\n####### no\n"
        )
        #expect(card.fields == ["c"])
        #expect(
            card.sections == [
                .init(title: "One", level: 1, hasText: true), .init(title: "Two", level: 2, hasText: true),
            ])
        #expect(CardOutline(markdown: "---\nnever: closed\n").fields == [])
        #expect(CardOutline(markdown: "").sections == [])
        #expect(CardOutline(markdown: "\r\n# Windows\r\ntext\r\n").sections.map(\.title) == ["Windows"])
    }
}
