import Testing
import WaybillCore

/// What latencies under load come to.
@Suite struct LatencyJudgingTests {
    private static let file = DataFile(
        source: .repository(path: "g.jsonl"), digest: Digest(of: "".utf8), size: 1)

    private func check(
        _ bounds: [LatencyCheck.Percentile: Duration], notSlower: LatencyCheck.NotSlower.Margin? = nil
    ) throws -> LatencyCheck {
        let than = try Name(parsing: "production")
        return LatencyCheck(
            requests: Self.file, rate: 100, length: .seconds(10), bounds: bounds,
            notSlower: notSlower.map { LatencyCheck.NotSlower(than: than, margin: $0) })
    }

    /// Percentiles that are certain to a tenth.
    private func answers(
        _ milliseconds: Int64, answered: Int = 1000, failed: Int = 0, late: Int = 0
    ) -> LatencyValues.Answers {
        let value = milliseconds * 1000
        let quantile = LatencyValues.Quantile(value: value, lower: value - value / 10, upper: value + value / 10)
        return LatencyValues.Answers(
            planned: 1000, answered: answered, failed: failed, late: late,
            quantiles: answered > 0 ? [.p50: quantile, .p95: quantile, .p99: quantile] : [:],
            curve: LatencyCurve(points: answered > 0 ? [.init(upTo: value, count: answered)] : []))
    }

    private func said(_ check: LatencyCheck, _ values: LatencyValues) -> String {
        let judged = Gate(.latency(check)).judge(.latency(values))
        return "\(judged.verdict.rawValue): \(judged.message)"
    }

    @Test func `a percentile is at most its bound, and every request is answered`() throws {
        let gate = try check([.p99: .milliseconds(50)])
        let rows: [(LatencyValues.Answers, String)] = [
            (answers(50), "passed: p99 is 50.0 ms at 100/s, at most 50 ms is asked"),
            (answers(51), "failed: p99 is 51.0 ms at 100/s, more than 50 ms"),
            (answers(1, failed: 1), "failed: 1 of 1000 requests at 100/s were not answered"),
            (answers(1, answered: 0, failed: 1000), "failed: 1000 of 1000 requests at 100/s were not answered"),
            (
                answers(1, late: 11),
                "inconclusive: the load could not be held: 11 of 1000 requests were sent late; ask less of this machine"
            ),
            (answers(1, late: 10), "passed: p99 is 1.0 ms at 100/s, at most 50 ms is asked"),
            (answers(1, answered: 999), "inconclusive: 999 answers say too little: at least 1000 are needed"),
        ]
        for (answers, expected) in rows { #expect(said(gate, .init(candidate: answers)) == expected) }
        #expect(said(gate, .init()) == "inconclusive: nothing was measured")
        #expect(said(gate, .init(candidate: answers(1), stopped: "a serves badly")) == "inconclusive: a serves badly")
        #expect(
            said(try check([.p50: .seconds(1)]), .init(candidate: answers(1, answered: 20)))
                == "passed: p50 is 1.0 ms at 100/s, at most 1 s is asked")
    }

    @Test func `no slower is what is certain, beside what serves in the same run`() throws {
        let version = try VersionID(parsing: "churn@1.0.0")
        let gate = try check([:], notSlower: .share(0.5))
        func values(_ own: Int64, _ theirs: LatencyValues.Answers?) -> LatencyValues {
            LatencyValues(candidate: answers(own), baseline: theirs, version: theirs == nil ? nil : version)
        }
        let rows: [(LatencyValues, String)] = [
            (values(20, answers(20)), "passed: not slower than churn@1.0.0 in production by more than 50 %"),
            (
                values(28, answers(20)),
                "inconclusive: p50 is 28.0 ms, of churn@1.0.0 in production 20.0 ms: whether it is slower by more than 50 % is not certain"
            ),
            (
                values(40, answers(20)),
                "failed: p50 is 40.0 ms, of churn@1.0.0 in production 20.0 ms: slower by more than 50 %"
            ),
            (
                values(20, answers(20, failed: 2)),
                "inconclusive: churn@1.0.0 in production left 2 of 1000 requests unanswered"
            ),
            (
                values(20, answers(20, late: 500)),
                "inconclusive: the load could not be held: 500 of 1000 requests were sent late; ask less of this machine"
            ),
            (values(20, nil), "inconclusive: there is nothing to compare with: nothing serves in production"),
        ]
        for (values, expected) in rows { #expect(said(gate, values) == expected) }
        let by = try check([.p95: .milliseconds(30)], notSlower: .by(.milliseconds(10)))
        #expect(
            said(by, values(20, answers(20)))
                == "passed: p95 is 20.0 ms at 100/s, at most 30 ms is asked; not slower than churn@1.0.0 in production by more than 10 ms"
        )
    }

    @Test func `a measurement reads back from evidence as it was`() throws {
        let whole = LatencyValues(
            candidate: answers(3), baseline: answers(4), version: try VersionID(parsing: "churn@1.0.0"))
        for values in [
            whole, LatencyValues(stopped: "why"), LatencyValues(candidate: answers(1, answered: 0, failed: 9)),
        ] {
            let measured = GateMeasurement.latency(values)
            #expect(GateMeasurement(kept: measured.value, of: .latency) == measured)
        }
        for broken in ["[[2,1],[1,1]]", "[[1,0]]", "[[1]]", "[[-1,1]]", "[[1,9223372036854775807],[2,1]]"] {
            #expect(Value(json: Array(broken.utf8)).flatMap { LatencyCurve($0) } == nil)
        }
    }

    @Test func `gates run by what they need, the cheapest first`() throws {
        let program = CommandCheck(run: ["a"], files: ["a"], bounds: [.init(number: "n", atLeast: 1)])
        var asking = program
        asking.asksCandidate = true
        let golden = Gate(.golden(GoldenCheck(requests: Self.file)))
        let checklist = Checklist(gates: [
            Gate(.latency(try check([.p50: .seconds(1)]))), Gate(name: "asking", .command(asking)), golden,
            Gate(.command(program)), Gate(.integrity),
        ])
        #expect(checklist.ordered.map(\.name) == ["integrity", "command", "golden", "asking", "latency"])
    }
}
