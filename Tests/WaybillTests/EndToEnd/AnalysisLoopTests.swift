import Foundation
import Testing
import WaybillAPI
import WaybillCore
import WaybillTestSupport

extension `End to end` {
    @Test func `a canary that answers badly goes back by itself under load, and a good one goes to all traffic`()
        async throws
    {
        try await withFleet { fleet in
            try await fleet.startAnalysed()
            let known = try await fleet.ledgerSize()
            let tally = try await fleet.load(Self.key) {
                try await fleet.apply("bad")
                try await fleet.eventually("only what served is left") {
                    let why = try await fleet.condition(Self.key, "Stalled")?.reason
                    let serving = try await fleet.deployment(Self.key)?.serving
                    return why == "RolloutFailed" && serving == ["risk-score@1.0.0"]
                        && fleet.processes.models.count == 1
                }
                let status = try await fleet.waybill("rollout", "status", Self.key)
                #expect(
                    status.output.contains("\n  failed: errors at most 20 points above what serves\n"),
                    "\(status.output) \(status.errors)")
                try fleet.version("3.0.0")
                try fleet.deploy("3.0.0", rollout: Fleet.analysed)
                try await fleet.apply("good")
                try await fleet.serves(Self.key, "3.0.0")
            }
            // Nothing is lost, and nobody had an error but from the bad version itself.
            #expect(tally.lost == [:])
            #expect(Set(tally.answers.keys) == [200, 500])
            #expect(tally.answers[500] == tally.bodies[#"{"error": "2.0.0 is broken"}"#], "\(tally.answers)")
            let records = try await fleet.events(from: known).filter { $0.type == .rolloutMoved }.compactMap {
                $0.body["analysis"]
            }
            #expect(records.map { $0["outcome"] } == ["failed", "passed"])
            for record in records { #expect(AnalysisRecord.objection(to: record) == nil) }
        }
    }

    private static let key = "production/risk-score"
}

extension Fleet {
    static let analysed =
        "strategy: canary, steps: [{weight: 30}, {analysis: {for: 3s, within: 2m, minRequests: 100, metrics: [{errors: {maxIncrease: 20%}}]}}, {weight: 100}]"

    /// The first version serves, and one that answers half of its requests with an error is written, not pushed.
    fileprivate func startAnalysed() async throws {
        try deploy("1.0.0", rollout: Self.analysed)
        try await push("first")
        try await start()
        try await serves("production/risk-score", "1.0.0")
        let program = try sample("artifacts/risk-score/1.0.0/server.py")
            .replacing("class Handler", with: "turns = iter(range(10**9))\nclass Handler")
            .replacing(
                "        try: self.answer(200, infer",
                with: "        if next(turns) % 2: return self.answer(500, {\"error\": \"2.0.0 is broken\"})\n"
                    + "        try: self.answer(200, infer")
        try version("2.0.0", program: program)
        try deploy("2.0.0", rollout: Self.analysed)
    }
}
