import Testing
import WaybillCore

/// The machine of rollouts: each state against each thing that can be seen or said of it.
struct RolloutStateTests {
    static let steps: [RolloutStep] = [
        .weight(10), .pause(.seconds(600)), .weight(50), .pauseUntilResumed, .weight(100), .keepOld(.seconds(60)),
    ]
    static let now = Timestamp(milliseconds: 1_700_000_000_000)

    static func state(
        _ step: Int, _ weight: Int, _ status: RolloutState.Status = .progressing, since: Int64? = nil, crashes: Int = 0
    ) -> RolloutState {
        RolloutState(
            revision: Revision(Digest(of: "new".utf8)), rendering: "r", stable: Revision(Digest(of: "old".utf8)),
            steps: steps, step: step, weight: weight,
            countsSince: since.map { Timestamp(milliseconds: now.milliseconds - $0 * 1000) }, status: status,
            reason: "", crashes: crashes)
    }

    static func sight(
        ready: Int = 2, stable: Int = 2, gateway: Bool = true, inForce: Int?,
        onFailure: ModelDeployment.Rollout.OnFailure = .rollback
    ) -> RolloutSight {
        RolloutSight(
            wanted: 2, ready: ready, stableReady: stable, isGatewayRunning: gateway, inForce: inForce,
            onFailure: onFailure, now: now)
    }

    /// Step, weight and status, as in `2 50 progressing`; a plus: its time counts; or what it waits for.
    static func brief(_ state: RolloutState) -> String {
        "\(state.step) \(state.weight) \(state.status.rawValue)" + (state.countsSince == nil ? "" : "+")
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let state: RolloutState
        let sight: RolloutSight
        let expected: String

        init(_ description: String, _ state: RolloutState, _ sight: RolloutSight, _ expected: String) {
            (testDescription, self.state, self.sight, self.expected) = (description, state, sight, expected)
        }
    }

    @Test(arguments: weights + pauses + ends + failures)
    func decides(_ given: Case) {
        let decision = given.state.decide(given.sight)
        let found = decision.next.map(Self.brief) ?? decision.waitsFor
        #expect(found == given.expected)
        #expect(decision.next?.violations ?? [] == [])
        #expect(decision.next?.reason != "")
    }

    @Test func `what ended before any traffic is not held against the first share`() {
        let next = Self.state(0, 0, crashes: 2).decide(Self.sight(inForce: 0)).next
        #expect(next?.weight == 10 && next?.crashes == 0)
    }

    @Test func `a gateway that cannot divide traffic is waited for before the first share, not after it`() {
        var seen = Self.sight(inForce: 0)
        seen.dividesTraffic = false
        let decision = Self.state(0, 0).decide(seen)
        #expect(decision.next == nil)
        #expect(
            decision.waitsFor
                == "a gateway of a build that divides traffic ('waybill gateway --take-over' replaces it)")
    }

    static let weights: [Case] = [
        Case("no share before its replicas are ready", state(0, 0), sight(ready: 1, inForce: 0), waitsForOne),
        Case("the first share once all are ready", state(0, 0), sight(inForce: 0), "0 10 progressing"),
        Case("no share while no gateway answers", state(0, 0), sight(gateway: false, inForce: nil), gateway),
        Case("no share while nothing of the old is ready", state(0, 0), sight(stable: 0, inForce: 0), stableDead),
        Case("a share that the gateway has not taken up is not earned", state(0, 10), sight(inForce: 0), takeUp(10)),
        Case("nor one of which nothing is known", state(0, 10), sight(inForce: nil), takeUp(10)),
        Case("taken up: its pause begins", state(0, 10), sight(inForce: 10), "1 10 progressing+"),
        Case("the stable one dies: nothing is raised", state(2, 50), sight(stable: 0, inForce: 50), stableDead),
        Case(
            "all traffic needs nothing of the old one", state(4, 50), sight(stable: 0, inForce: 50), "4 100 progressing"
        ),
        Case("all traffic taken up: the old one is kept", state(4, 100), sight(inForce: 100), "5 100 progressing+"),
    ]

    static let pauses: [Case] = [
        Case("a pause that is not over", state(1, 10, since: 599), sight(inForce: 10), "pause of 10m"),
        Case("a pause that is over", state(1, 10, since: 600), sight(inForce: 10), "2 50 progressing"),
        Case("over, and the gateway does not split so", state(1, 10, since: 600), sight(inForce: 0), takeUp(10)),
        Case(
            "the gateway goes: what passed does not count", state(1, 10, since: 600),
            sight(gateway: false, inForce: nil), "1 10 progressing"),
        Case("it stays away: nothing happens", state(1, 10), sight(gateway: false, inForce: nil), gateway),
        Case("it is back: the time counts from now", state(1, 10), sight(inForce: 10), "1 10 progressing+"),
        Case(
            "a replica is not ready: what passed does not count", state(1, 10, since: 600),
            sight(ready: 1, inForce: 10), "1 10 progressing"),
        Case(
            "a clock that was put back has seen nothing pass", state(1, 10, since: -7200), sight(inForce: 10),
            "pause of 10m"),
        Case("a clock that was put forward ends it", state(1, 10, since: 7200), sight(inForce: 10), "2 50 progressing"),
        Case(
            "the old one is dead at its end: the share stays", state(1, 10, since: 600), sight(stable: 0, inForce: 10),
            "2 10 progressing"),
        Case("no time ends a pause for a person", state(3, 50), sight(inForce: 50), person),
    ]

    static let ends: [Case] = [
        Case("the old one is kept", state(5, 100, since: 59), sight(inForce: 100), "the old revision is kept for 1m"),
        Case("all steps are done", state(5, 100, since: 60), sight(inForce: 100), "6 100 finished"),
        Case("finished", state(6, 100, .finished), sight(inForce: 100), "nothing"),
        Case("ended", state(1, 10, .ended), sight(inForce: 10), "nothing"),
        Case("failed: nothing that is seen changes it", state(2, 0, .failed), sight(inForce: 0), retry),
        Case("aborted: the same", state(2, 0, .aborted), sight(inForce: 0), retry),
        Case("halted: the same", state(2, 50, .halted), sight(inForce: 50), halted),
    ]

    static let failures: [Case] = [
        Case("two may end before it has traffic", state(0, 0, crashes: 2), sight(ready: 1, inForce: 0), waitsForOne),
        Case("three may not", state(0, 0, crashes: 3), sight(ready: 1, inForce: 0), "0 0 failed"),
        Case("with traffic one is too many", state(1, 10, since: 5, crashes: 1), sight(inForce: 10), "1 0 failed"),
        Case("also without a gateway", state(1, 10, crashes: 1), sight(gateway: false, inForce: nil), "1 0 failed"),
        Case("also while it waits for a person", state(3, 50, crashes: 1), sight(inForce: 50), "3 0 failed"),
        Case("also while the old one is kept", state(5, 100, since: 5, crashes: 1), sight(inForce: 100), "5 0 failed"),
        Case(
            "or it stays where it is, when the manifest says so", state(1, 10, since: 5, crashes: 1),
            sight(inForce: 10, onFailure: .pause), "1 10 halted"),
    ]

    private static let waitsForOne = "1 of 2 replicas of revision \(Revision(Digest(of: "new".utf8)).short) to be ready"
    private static let gateway = "the gateway to answer"
    private static let stableDead = "a replica of what served before to be ready"
    private static func takeUp(_ share: Int) -> String { "the gateway to take up \(share) %" }
    private static let person = "the word of a person: 'waybill rollout advance'"
    private static let retry = "'waybill retry', or a commit that changes the deployment"
    private static let halted = "a person: 'waybill rollout advance', 'abort', or 'waybill retry'"

    @Test func `a moment is named at which a pause is over`() {
        let decision = Self.state(1, 10, since: 400).decide(Self.sight(inForce: 10))
        #expect(decision.wakeAt == Self.now + .seconds(200))
        #expect(Self.state(3, 50).decide(Self.sight(inForce: 50)).wakeAt == nil)
    }

    @Test(
        arguments: [
            ("advance", state(0, 0), nil), ("advance", state(1, 10), "2 10 progressing"),
            ("advance", state(3, 50), "4 50 progressing"), ("advance", state(5, 100), "6 100 finished"),
            ("advance", state(2, 50, .halted), "2 50 progressing"), ("advance", state(2, 0, .failed), nil),
            ("advance", state(2, 0, .aborted), nil), ("advance", state(6, 100, .finished), nil),
            ("advance", state(1, 10, .ended), nil), ("abort", state(3, 50), "3 0 aborted"),
            ("abort", state(5, 100, since: 1), "5 0 aborted"), ("abort", state(2, 50, .halted), "2 0 aborted"),
            ("abort", state(2, 0, .failed), nil), ("abort", state(2, 0, .aborted), nil),
            ("abort", state(6, 100, .finished), nil), ("abort", state(1, 10, .ended), nil),
            ("resume", state(1, 10, since: 300), "1 10 progressing+"), ("resume", state(3, 50), nil),
            ("resume", state(2, 50, .halted), nil), ("resume", state(2, 0, .failed), nil),
            ("resume", state(2, 0, .aborted), nil), ("resume", state(6, 100, .finished), nil),
            ("resume", state(1, 10, .ended), nil), ("retry", state(3, 50), nil),
            ("retry", state(3, 50, .halted, crashes: 2), "0 0 progressing"),
            ("retry", state(3, 0, .failed, crashes: 2), "0 0 progressing"),
            ("retry", state(3, 0, .aborted), "0 0 progressing"), ("retry", state(6, 100, .finished), nil),
            ("retry", state(1, 10, .ended), nil),
        ] as [(String, RolloutState, String?)])
    func `each word in each state`(_ word: String, _ state: RolloutState, _ expected: String?) throws {
        let word = try #require(RolloutState.Word(rawValue: word))
        let next = state.obeying(word, at: Self.now)
        #expect(next.map(Self.brief) == expected)
        #expect(next?.violations ?? [] == [])
        if word == .retry, let next { #expect(next.crashes == 0) }
        if word == .resume, let next { #expect(next.countsSince == Self.now) }
    }

    @Test func `a good revision goes through all steps in order, whenever the controller is asked`() {
        var state = Self.state(0, 0)
        var now = Self.now
        var seen: [String] = []
        for _ in 0..<40 where state.status == .progressing {
            let sight = RolloutSight(wanted: 1, ready: 1, stableReady: 1, inForce: state.weight, now: now)
            let decision = state.decide(sight)
            if let next = decision.next {
                #expect(next != state)
                state = next
                seen.append(Self.brief(next))
            } else if let moment = decision.wakeAt {
                now = moment
            } else {
                state = state.obeying(.advance, at: now) ?? state
            }
        }
        #expect(
            seen == [
                "0 10 progressing", "1 10 progressing+", "2 50 progressing", "3 50 progressing", "4 100 progressing",
                "5 100 progressing+", "6 100 finished",
            ])
    }

    @Test func `steps are written for the ledger and read again`() {
        for step in Self.steps { #expect(RolloutStep(step.value) == step) }
        for value: Value in [["weight": 101], ["weight": -1], ["pause": "soon"], [:], "weight"] {
            #expect(RolloutStep(value) == nil)
        }
    }
}
