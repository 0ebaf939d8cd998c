import Foundation
import Glibc
import Testing
import WaybillAPI
import WaybillCore
import WaybillTestSupport

extension `End to end` {
    @Test func `a canary goes by its steps to all traffic, and no request is lost`() async throws {
        try await withFleet { fleet in
            let steps =
                "strategy: canary, steps: [{weight: 10}, {pause: {for: 2s}}, {weight: 50}, {pause: {for: 2s}}, {weight: 100}]"
            try await fleet.startCanary(steps)
            let known = try await fleet.ledgerSize()
            let tally = try await fleet.load(Self.risk) {
                try await fleet.apply("second")
                try await fleet.serves(Self.risk, "2.0.0")
            }
            #expect(tally.isFlawless, "\(tally.answers) \(tally.lost)")
            let events = try await fleet.events(from: known)
            #expect(
                events.filter { $0.type == .rolloutMoved }.map(\.place) == [
                    "1 0 progressing", "1 10 progressing", "2 10 progressing", "3 50 progressing", "4 50 progressing",
                    "5 100 progressing", "6 100 finished",
                ])
            let shares = events.filter { $0.type == .routesChanged && $0.phase == .intent }.map { event in
                (event.body["shares"]?.list ?? []).compactMap { $0["weight"]?.integer }
            }
            #expect(shares == [[90, 10], [50, 50], []])
            // Nothing of what served was told to stop before the last step.
            let stop = events.firstIndex { $0.type == .replicaStopped }
            let end = events.firstIndex { $0.type == .rolloutMoved && $0.place == "6 100 finished" }
            #expect(try #require(stop) > #require(end))
        }
    }

    @Test func `an abort on the way gives everything back, and nothing brings the revision again but a word`()
        async throws
    {
        try await withFleet { fleet in
            try await fleet.startCanary(Self.waiting)
            try await fleet.apply("second")
            try await fleet.waits(at: 50)
            let status = try await fleet.waybill("rollout", "status", Self.risk)
            #expect(
                status.output == """
                    production/risk-score: risk-score@1.0.0 → risk-score@2.0.0, progressing, 50 % of the traffic
                      ✓ 1. 50 % of the traffic
                      ▸ 2. pause until 'waybill rollout advance'
                        3. 100 % of the traffic
                    why: the gateway gives it 50 %; next: pause until 'waybill rollout advance'
                    waits for the word of a person: 'waybill rollout advance'

                    """, "\(status.output) \(status.errors)")
            let tally = try await fleet.load(Self.risk) {
                #expect(try await fleet.waybill("rollout", "abort", Self.risk, "--reason", "it is slow").code == 0)
                try await fleet.eventually("only what served is left") {
                    try await fleet.deployment(Self.risk)?.serving == ["risk-score@1.0.0"]
                        && fleet.processes.models.count == 2
                }
            }
            #expect(tally.isFlawless, "\(tally.answers) \(tally.lost)")
            #expect(try await fleet.condition(Self.risk, "Stalled")?.reason == "RolloutFailed")
            try await fleet.controller.end(SIGKILL)
            try await fleet.start()
            try await fleet.eventually("it is still taken back") {
                try await fleet.condition(Self.risk, "Stalled")?.reason == "RolloutFailed"
            }
            #expect(try await fleet.waybill("retry", Self.risk).code == 0)
            try await fleet.waits(at: 50)
            #expect(try await fleet.waybill("rollout", "advance", Self.risk).code == 0)
            try await fleet.serves(Self.risk, "2.0.0")
        }
    }

    @Test func `a controller killed on the way goes on with the step that it was in`() async throws {
        try await withFleet { fleet in
            try await fleet.startCanary(Self.waiting)
            let tally = try await fleet.load(Self.risk) {
                try await fleet.apply("second")
                try await fleet.waits(at: 50)
                let models = Set(fleet.processes.models)
                let known = try await fleet.ledgerSize()
                try await fleet.controller.end(SIGKILL)
                try await fleet.start()
                try await fleet.waits(at: 50)
                #expect(Set(fleet.processes.models) == models)
                #expect(try await fleet.events(from: known).filter { $0.type == .rolloutMoved } == [])
                // What serves is kept whole by a controller that has not started it.
                let old = try #require(models.first { $0.names("/1.0.0/") || $0.names("--version=1.0.0") })
                kill(old.pid, SIGKILL)
                try await fleet.eventually("it is started again") {
                    let now = Set(fleet.processes.models)
                    return now.count == 4 && !now.contains(old)
                }
                try await fleet.waits(at: 50)
                #expect(try await fleet.waybill("rollout", "advance", Self.risk).code == 0)
                try await fleet.serves(Self.risk, "2.0.0")
            }
            #expect(tally.isFlawless, "\(tally.answers) \(tally.lost)")
        }
    }

    @Test func `a canary that ends goes back by itself`() async throws {
        try await withFleet { fleet in
            try await fleet.startCanary(Self.waiting)
            try await fleet.apply("second")
            try await fleet.waits(at: 50)
            let bad = try #require(fleet.processes.models.first { $0.names("--version=2.0.0") })
            let tally = try await fleet.load(Self.risk) {
                kill(bad.pid, SIGKILL)
                try await fleet.eventually("only what served is left") {
                    try await fleet.deployment(Self.risk)?.serving == ["risk-score@1.0.0"]
                        && fleet.processes.models.count == 2
                }
            }
            #expect(tally.isFlawless, "\(tally.answers) \(tally.lost)")
            let stalled = try await fleet.condition(Self.risk, "Stalled")
            #expect(stalled?.reason == "RolloutFailed")
            #expect(stalled?.message.contains("ended or failed its probes with 50 % of the traffic") == true)
        }
    }

    private static let risk = "production/risk-score"
    private static let waiting = "strategy: canary, steps: [{weight: 50}, {pause: {until: resumed}}, {weight: 100}]"
}

extension Fleet {
    /// Two replicas of the first version serve, and the second one is written, not pushed.
    fileprivate func startCanary(_ rollout: String) async throws {
        try deploy("1.0.0", replicas: 2, rollout: rollout)
        try await push("first")
        try await start()
        try await serves("production/risk-score", "1.0.0")
        try version("2.0.0")
        try deploy("2.0.0", replicas: 2, rollout: rollout)
    }

    /// Waits until the rollout waits for a person with this share.
    fileprivate func waits(at weight: Int) async throws {
        try await eventually("it waits at \(weight) %") {
            let rollout = try? await deployment("production/risk-score")?.rollout
            return rollout?.weight == weight && rollout?.status == "progressing"
                && rollout?.waitsFor.hasPrefix("the word of a person") == true
        }
    }
}

extension Event {
    /// Step, share and status of a `rollout.moved`.
    fileprivate var place: String {
        "\(body["step"]?.integer ?? 0) \(body["weight"]?.integer ?? -1) \(body["status"]?.string ?? "")"
    }
}
