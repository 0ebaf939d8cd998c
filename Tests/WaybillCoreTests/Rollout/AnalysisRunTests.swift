import Testing
import WaybillCore

/// What is counted, and what of it cannot be gone on with.
struct AnalysisRunTests {
    private typealias Machine = AnalysisMachineTests

    private static func counts(codes: [UInt64], slow: UInt64 = 0, abandoned: UInt64 = 0, broken: UInt64 = 0)
        -> RevisionCounts
    {
        var counts = RevisionCounts.zero
        (counts.codes, counts.broken) = (codes, broken)
        counts.times[0] = codes.reduce(0, +) - slow
        counts.times[12] = slow
        counts.abandoned[0] = 7
        counts.abandoned[12] = abandoned
        return counts
    }

    @Test(arguments: [
        (
            "answers that fail", AnalysisCheck.Metric.errors(countsClientErrors: false),
            counts(codes: [0, 90, 2, 5, 3]), 100, 3
        ),
        ("with the client's own", .errors(countsClientErrors: true), counts(codes: [0, 90, 2, 5, 3]), 100, 8),
        ("interim answers are none", .errors(countsClientErrors: false), counts(codes: [50, 90, 0, 0, 10]), 100, 10),
        (
            "what was broken off is an error", .errors(countsClientErrors: false),
            counts(codes: [0, 90, 0, 0, 0], broken: 10), 100, 10
        ),
        ("slow answers", .latency(above: .milliseconds(250)), counts(codes: [0, 100, 0, 0, 0], slow: 4), 100, 4),
        (
            "who gave up after the bound was answered slowly, who gave up before says nothing",
            .latency(above: .seconds(1)), counts(codes: [0, 100, 0, 0, 0], slow: 4, abandoned: 6), 106, 10
        ),
    ])
    func `what is counted`(
        _ what: String, _ metric: AnalysisCheck.Metric, _ counts: RevisionCounts, _ requests: Int, _ hits: Int
    ) {
        let check = AnalysisCheck(metric, .increase(Share(thousandths: 2000)))
        #expect(check.counts(counts) == ArmCounts(requests: requests, hits: hits), "\(what)")
    }

    @Test func `only the gateway's own bounds tell slow answers`() {
        #expect(AnswerTimes.firstBucket(above: .milliseconds(250)) == 8)
        #expect(AnswerTimes.firstBucket(above: .milliseconds(300)) == nil)
        #expect(AnswerTimes.firstBucket(above: .seconds(10)) == 12)
        #expect(AnalysisCheck.bounds == "1ms, 5ms, 10ms, 25ms, 50ms, 100ms, 250ms, 500ms, 1s, 2500ms, 10s")
    }

    @Test func `counts of another life of the gateway, and counts that shrink, are lost`() throws {
        let run = try Machine.run(100)
        #expect(run.loss(Machine.counts(2000)) == nil)
        #expect(run.loss(Machine.counts(2000, epoch: "b")) == "the gateway has begun anew")
        #expect(run.loss(Machine.counts(1999)) == "the gateway counts fewer answers than before")
        #expect(run.loss(Machine.counts(2000, stable: 17_999)) == "the gateway counts fewer answers than before")
        let without = GatewayCounts(epoch: "a", isWhole: true, revisions: [:])
        #expect(run.loss(without) == "the gateway counts fewer answers than before")
    }

    @Test func `it says what it waits for before it can count`() {
        func problem(_ counts: GatewayCounts?) -> String? { AnalysisRun.problem(counts, Machine.new, Machine.old) }
        var counts = Machine.counts(1)
        #expect(problem(counts) == nil)
        #expect(
            problem(nil)
                == "the gateway to tell what it counts (one of an older build does not: 'waybill gateway --take-over')")
        counts.revisions[Machine.old.description]?.codes = [1]
        #expect(problem(counts) == "the gateway to tell counts of a form that this build knows")
        counts.revisions[Machine.old.description] = nil
        #expect(problem(counts) == "the gateway to count what revision \(Machine.old.short) answers")
        counts.isWhole = false
        #expect(problem(counts) == "the gateway before this one to have answered what it had begun")
    }

    @Test func `what came before it began does not count, and a gap is not time that it watched`() throws {
        var run = try #require(
            AnalysisRun(
                Machine.state(tries: 1), Machine.counts(1000, errors: 900), tries: 1, at: Machine.now, wall: Machine.now
            ))
        let later = Machine.now + .seconds(3600)
        run.take(Machine.counts(1100, errors: 900), at: later, wall: later)
        #expect(run.record.findings.map(\.summary.canary) == [ArmCounts(requests: 100, hits: 0)])
        #expect(run.watched == .seconds(30))
        #expect(!run.isOverdue)
    }

    @Test func `a block is ten seconds, or a sixth of a short analysis`() throws {
        #expect(AnalysisStep(time: .seconds(600)).block == .seconds(10))
        #expect(AnalysisStep(time: .seconds(30)).block == .seconds(5))
        #expect(AnalysisStep(time: .seconds(2)).block == .seconds(1))
        var run = try #require(
            AnalysisRun(Machine.state(tries: 1), Machine.counts(0), tries: 1, at: Machine.now, wall: Machine.now))
        run.take(Machine.counts(50), at: Machine.now + .milliseconds(9999), wall: Machine.now)
        #expect(run.record.findings.first?.summary.canary.requests == 0)
        run.take(Machine.counts(50), at: Machine.now + .seconds(10), wall: Machine.now)
        #expect(run.record.findings.first?.summary.canary.requests == 50)
    }

    @Test func `all parts of the false stops sum to 5 % at most, however often a count begins anew`() {
        let two = AnalysisStep(time: .seconds(60), checks: [.standard, .standard])
        let steps: [RolloutStep] = [
            .weight(5), .analysis(two), .weight(50), .analysis(AnalysisStep(time: .seconds(60))), .weight(100),
        ]
        let spent = (1...200).reduce(0.0) { $0 + 3 * steps.alpha(tries: $1) }
        #expect(spent <= 0.05 && spent > 0.0499)
        #expect(steps.alpha(tries: 1) == 0.05 / 3 * 0.75)
        #expect(steps.alpha(tries: 2) == 0.05 / 3 / 8)
        #expect(steps.alpha(tries: 0) == 0)
        #expect([RolloutStep.weight(100)].alpha(tries: 1) == 0)
        #expect(steps.alpha(tries: .max) == 0 || steps.alpha(tries: .max) > 0)
    }

    @Test
    func `500 requests without an error pass what is asked by default, at every share and with a count begun anew`() {
        for weight in [1, 5, 10, 25, 50] {
            let steps: [RolloutStep] = [.weight(weight), .analysis(AnalysisStep(time: .seconds(600))), .weight(100)]
            let powers = AnalysisPower.all(in: steps)
            #expect(powers.count == 1)
            #expect(powers.allSatisfy { $0.canPassClean }, "\(weight) %")
            #expect(powers.flatMap(\.warnings) == [], "\(weight) %")
        }
    }

    @Test func `steps are written for the ledger and read again`() {
        let checks: [AnalysisCheck] = [
            .standard, AnalysisCheck(.errors(countsClientErrors: true), .absolute(Share(thousandths: 1250))),
            AnalysisCheck(.latency(above: .milliseconds(250)), .increase(Share(thousandths: 5000))),
        ]
        let step = RolloutStep.analysis(
            AnalysisStep(time: .seconds(600), within: .seconds(3600), minRequests: 7, checks: checks))
        #expect(RolloutStep(step.value) == step)
        #expect(
            step.words
                == "analysis of 10m and 7 requests: errors at most 5 points above what serves, errors with 4xx at most 1.25 %, answers above 250ms at most 5 points above what serves"
        )
        for value: Value in [
            ["analysis": [:]], ["analysis": ["for": "1m", "within": "1m", "minRequests": 1, "metrics": []]],
            ["analysis": ["for": "1m", "within": "1m", "minRequests": 1, "metrics": [["errors": [:]]]]],
        ] { #expect(RolloutStep(value) == nil) }
    }

    @Test(arguments: [
        ("2%", 2000), ("0.25%", 250), ("100%", 100_000), ("0.001%", 1), ("0%", 0), ("2", nil), ("2.%", nil),
        ("-1%", nil),
        ("101%", nil), ("0.0001%", nil), (" 2%", nil), ("%", nil), ("1000%", nil), ("2 %", nil),
    ])
    func `shares are read exactly`(_ text: String, _ expected: Int64?) {
        let share = try? Share(parsing: text)
        #expect(share?.thousandths == expected)
        if let share { #expect(share.description == text) }
    }
}

/// Verdicts as the ledger has them.
struct AnalysisRecordTests {
    private typealias Machine = AnalysisMachineTests

    @Test func `a verdict is judged again from its record, and comes to the same`() throws {
        for (requests, errors) in [(500, 0), (500, 200), (1, 0)] {
            let record = try Machine.run(requests, errors: errors).record
            #expect(AnalysisRecord.objection(to: record.value) == nil)
            // As the ledger reads it again.
            let read = try #require(Value(json: record.value.jsonBytes))
            #expect(AnalysisRecord.objection(to: read) == nil)
            #expect(record.value.jsonBytes.count < 8000)
        }
    }

    @Test func `a verdict, a number or a digest that was altered shows`() throws {
        let record = try Machine.run(500, errors: 200).record.value
        func altered(_ change: (inout Members) -> Void) -> Value {
            var members = record["checks"]?.list?.first?.object ?? [:]
            change(&members)
            var whole = record.object ?? [:]
            whole["checks"] = .list([.object(members)])
            return .object(whole)
        }
        #expect(
            AnalysisRecord.objection(to: altered { $0["verdict"] = "passed" })?
                .hasPrefix("errors is failed by its numbers: 40 % of 10,000 requests") == true)
        #expect(
            AnalysisRecord.objection(to: altered { $0["digest"] = "sha256:0" })
                == "the digest of what was counted of errors is another one")
        #expect(
            AnalysisRecord.objection(to: altered { $0["summary"] = [:] })?.hasPrefix("a check cannot be read: ") == true
        )
        var whole = record.object ?? [:]
        whole["outcome"] = "passed"
        #expect(AnalysisRecord.objection(to: .object(whole)) == "it is failed by its checks")
        whole["checks"] = []
        #expect(AnalysisRecord.objection(to: .object(whole)) == "it has no checks")
    }
}
