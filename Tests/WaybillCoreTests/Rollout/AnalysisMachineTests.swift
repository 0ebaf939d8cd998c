import Testing
import WaybillCore

/// A rollout in an analysis: each thing that can be seen or said of it.
struct AnalysisMachineTests {
    static let analysis = AnalysisStep(time: .seconds(60), minRequests: 100)
    static let steps: [RolloutStep] = [.weight(10), .analysis(analysis), .weight(100)]
    static let now = Timestamp(milliseconds: 1_700_000_000_000)
    static let new = Revision(Digest(of: "new".utf8))
    static let old = Revision(Digest(of: "old".utf8))

    static func state(
        tries: Int, since: Int64? = nil, _ status: RolloutState.Status = .progressing,
        stoppedBy outcome: AnalysisVerdict.Outcome? = nil, crashes: Int = 0, step: Int = 1
    ) -> RolloutState {
        RolloutState(
            revision: new, rendering: "r", stable: old, steps: steps, step: step, weight: 10,
            countsSince: since.map { Timestamp(milliseconds: now.milliseconds - $0 * 1000) }, status: status,
            reason: "", crashes: crashes, analysis: AnalysisProgress(tries: tries, outcome: outcome))
    }

    static func counts(_ requests: Int, errors: Int = 0, stable: Int? = nil, epoch: String = "a") -> GatewayCounts {
        func one(_ requests: Int, _ errors: Int) -> RevisionCounts {
            var counts = RevisionCounts.zero
            (counts.codes[1], counts.codes[4]) = (UInt64(requests - errors), UInt64(errors))
            counts.times[0] = UInt64(requests)
            return counts
        }
        return GatewayCounts(
            epoch: epoch, isWhole: true,
            revisions: [new.description: one(requests, errors), old.description: one(stable ?? requests * 9, 0)])
    }

    /// A run over `blocks` looks at which so many requests came, so many of them errors.
    static func run(_ requests: Int, errors: Int = 0, blocks: Int = 20, seconds: Int = 200) throws -> AnalysisRun {
        var run = try #require(AnalysisRun(state(tries: 1), counts(0), tries: 1, at: now, wall: now))
        for block in 1...blocks {
            let moment = now + .seconds(seconds * block / blocks)
            run.take(counts(requests * block, errors: errors * block), at: moment, wall: moment)
        }
        return run
    }

    static func sight(
        _ analysis: AnalysisSight, ready: Int = 2, gateway: Bool = true, inForce: Int? = 10,
        onFailure: ModelDeployment.Rollout.OnFailure = .rollback,
        onInconclusive: ModelDeployment.Rollout.OnInconclusive = .pause
    ) -> RolloutSight {
        RolloutSight(
            wanted: 2, ready: ready, stableReady: 2, isGatewayRunning: gateway, inForce: inForce, onFailure: onFailure,
            onInconclusive: onInconclusive, analysis: analysis, now: now)
    }

    /// As in `RolloutStateTests`, and how often its counting has begun.
    static func brief(_ decision: RolloutDecision) -> String {
        guard let next = decision.next else { return decision.waitsFor }
        return RolloutStateTests.brief(next) + (next.analysis.map { " try \($0.tries)" } ?? "")
            + (next.analysis?.outcome.map { " \($0)" } ?? "") + (decision.record == nil ? "" : " recorded")
    }

    enum Seen: String { case unreadable, countable, lost, good, bad, few, fewForLong }

    static func sees(_ seen: Seen) throws -> AnalysisSight {
        switch seen {
        case .unreadable: .unreadable("the counts")
        case .countable: .countable(lost: nil)
        case .lost: .countable(lost: "the gateway has begun anew")
        case .good: .counting(try run(500))
        case .bad: .counting(try run(500, errors: 200))
        case .few: .counting(try run(1))
        case .fewForLong: .counting(try run(1, blocks: 60, seconds: 600))
        }
    }

    @Test(
        arguments: [
            ("nothing is counted yet, and cannot be", state(tries: 0), .unreadable, "the counts"),
            ("counts can be had: it begins", state(tries: 0), .countable, "1 10 progressing+ try 1"),
            (
                "what was counted is lost: it begins anew", state(tries: 1, since: 59), .lost,
                "1 10 progressing+ try 2"
            ),
            (
                "a controller that started again knows nothing", state(tries: 1, since: 59), .countable,
                "1 10 progressing+ try 2"
            ),
            ("good, and its time is not over", state(tries: 1, since: 59), .good, "analysis of at least 1m"),
            ("good, and its time is over", state(tries: 1, since: 60), .good, "2 100 progressing recorded"),
            ("bad, at once", state(tries: 1, since: 1), .bad, "1 0 failed try 1 failed recorded"),
            (
                "its time is over, and its requests are few", state(tries: 1, since: 60), .few,
                "about 692 more requests"
            ),
            (
                "few for too long", state(tries: 1, since: 600), .fewForLong,
                "1 10 halted try 1 inconclusive recorded"
            ),
            (
                "unreadable when its time is over: no success", state(tries: 1, since: 6000), .unreadable,
                "the counts"
            ),
        ] as [(String, RolloutState, Seen, String)])
    func decides(
        _ what: String, _ state: RolloutState, _ seen: Seen, _ expected: String
    ) throws {
        let decision = state.decide(Self.sight(try Self.sees(seen)))
        #expect(Self.brief(decision) == expected, "\(what)")
        #expect(decision.next?.violations ?? [] == [], "\(what)")
        #expect(decision.next?.reason != "", "\(what)")
    }

    @Test(arguments: [Seen.countable, .lost, .good, .few, .fewForLong, .unreadable])
    func `nothing goes on without a gateway, without all replicas, or at another share than is in force`(_ seen: Seen)
        throws
    {
        let analysis = try Self.sees(seen)
        let old = Self.state(tries: 1, since: 600)
        for sight in [Self.sight(analysis, gateway: false, inForce: nil), Self.sight(analysis, ready: 1)] {
            let next = old.decide(sight).next
            #expect(next == nil || (next?.step == 1 && next?.countsSince == nil && next?.status == .progressing))
        }
        let next = old.decide(Self.sight(analysis, inForce: 0, onInconclusive: .goOn)).next
        #expect(next == nil, "\(String(describing: next))")
    }

    @Test(arguments: [
        (ModelDeployment.Rollout.OnInconclusive.pause, "1 10 halted try 1 inconclusive recorded"),
        (.rollback, "1 0 failed try 1 inconclusive recorded"), (.goOn, "2 100 progressing recorded"),
    ])
    func `what follows without a verdict is the manifest's word`(
        _ word: ModelDeployment.Rollout.OnInconclusive, _ expected: String
    ) throws {
        let seen = Self.sight(try Self.sees(.fewForLong), onInconclusive: word)
        let decision = Self.state(tries: 1, since: 600).decide(seen)
        #expect(Self.brief(decision) == expected)
        #expect(
            decision.next?.reason.hasPrefix("the analysis is inconclusive after 6m (errors: 0 % of 60 requests") == true
        )
        #expect(decision.record?.outcome == .inconclusive)
    }

    @Test func `a failed one stays where it is when the manifest says so`() throws {
        let seen = Self.sight(try Self.sees(.bad), onFailure: .pause)
        #expect(Self.brief(Self.state(tries: 1, since: 1).decide(seen)) == "1 10 halted try 1 failed recorded")
    }

    @Test func `a replica that ends fails it, whatever was counted`() throws {
        let seen = Self.sight(try Self.sees(.good))
        #expect(Self.brief(Self.state(tries: 1, since: 60, crashes: 1).decide(seen)) == "1 0 failed try 1")
    }

    @Test(
        arguments: [
            (
                "advance", state(tries: 1, since: 5), "2 10 progressing",
                "a person lets it go on past an analysis without a verdict; next: 100 % of the traffic"
            ),
            (
                "advance", state(tries: 0), "2 10 progressing",
                "a person lets it go on past an analysis without a verdict; next: 100 % of the traffic"
            ),
            (
                "advance", state(tries: 1, .halted, stoppedBy: .failed), "2 10 progressing",
                "a person lets it go on past an analysis that failed; next: 100 % of the traffic"
            ),
            (
                "advance", state(tries: 1, .halted, stoppedBy: .inconclusive), "2 10 progressing",
                "a person lets it go on past an analysis that is inconclusive; next: 100 % of the traffic"
            ),
            ("advance", state(tries: 1, .halted, crashes: 1), "1 10 progressing try 1", "a person lets it go on"),
            ("retry", state(tries: 4, .halted, stoppedBy: .failed), "0 0 progressing", "a person lets it begin again"),
            ("abort", state(tries: 1, since: 5), "1 0 aborted try 1", "a person took it back"),
            ("resume", state(tries: 1, since: 5), "1 10 progressing+ try 1", "its time counts anew after the pause"),
        ] as [(String, RolloutState, String, String)])
    func `a person's word in an analysis`(_ word: String, _ state: RolloutState, _ expected: String, _ reason: String)
        throws
    {
        let next = state.obeying(try #require(RolloutState.Word(rawValue: word)), at: Self.now)
        #expect(next.map { Self.brief(RolloutDecision(next: $0)) } == expected)
        #expect(next?.reason == reason)
        #expect(next?.violations ?? [] == [])
    }

    @Test func `it is looked at again when the next block is due, and says until when it waits`() throws {
        let decision = Self.state(tries: 1, since: 60).decide(Self.sight(try Self.sees(.few)))
        #expect(decision.lookAt == Self.now + .seconds(210))
        #expect(decision.patience == Self.now + .seconds(160))
        #expect(decision.wakeAt == nil)
    }
}
