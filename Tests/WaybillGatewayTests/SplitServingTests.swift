import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillGateway

/// Divided traffic through a running gateway.
@Suite struct SplitServingTests {
    @Test(arguments: [1, 2])
    func `requests are divided as the shares say, over all loops`(_ loops: Int) async throws {
        let (stable, canary) = (try RawUpstream(answering: "stable"), try RawUpstream(answering: "canary"))
        defer {
            stable.stop()
            canary.stop()
        }
        let route = divided(("a", 93, stable.port), ("b", 7, canary.port))
        try await withGateway([route], loops: loops) { (gateway) async throws in
            let load = LoadGenerator(port: gateway.port, path: inferPath, body: "{}", connections: 8, pause: 0)
            let tally = try await load.run { try? await Task.sleep(for: .milliseconds(500)) }
            #expect(tally.isFlawless, "\(tally)")
            let share = Double(tally.begun) * 0.07
            #expect(abs(Double(tally.bodies["canary", default: 0]) - share) < 1, "\(tally)")
        }
    }

    @Test func `weights that change step by step, and revisions that come and go, lose nothing`() async throws {
        try await withGateway(loops: 2) { (gateway) async throws in
            var stable = try RawUpstream(answering: "revision 0")
            try await gateway.route([divided(("s0", 100, stable.port))], generation: 1)
            let load = LoadGenerator(port: gateway.port, path: inferPath, body: "{}", connections: 8, pause: 0)
            var generation: UInt64 = 1
            var served: [String: Int] = [:]
            let tally = try await load.run {
                for round in 1...6 {
                    let canary = try RawUpstream(answering: "revision \(round)")
                    let (old, new) = ("s\(round - 1)", "s\(round)")
                    for weight in [0, 5, 50, 100] {
                        generation += 1
                        let shares = divided((old, 100 - weight, stable.port), (new, weight, canary.port))
                        try await gateway.route([shares], generation: generation)
                    }
                    generation += 1
                    try await gateway.route([divided((new, 100, canary.port))], generation: generation)
                    #expect(
                        await eventually {
                            await gateway.client.status()?.outstanding.keys.allSatisfy { $0 == "r-\(new)" } ?? false
                        })
                    stable.stop()
                    stable = canary
                }
            }
            stable.stop()
            served = tally.bodies
            #expect(tally.isFlawless, "\(tally)")
            #expect(served.count >= 6, "\(served)")
        }
    }

    @Test func `a canary that accepts nothing costs no request`() async throws {
        let (stable, canary) = (try RawUpstream(answering: "stable"), try RawUpstream.deaf())
        defer { stable.stop() }
        let route = divided(("a", 50, stable.port), ("b", 50, canary.port), speaking: .openai)
        try await withGateway([route]) { (gateway) async throws in
            for _ in 0..<20 {
                let answer = try await gateway.ask(post("{}", to: "/production/churn/v1/completions"))
                #expect(answer.text == "stable")
                #expect(answer.values("x-waybill-revision") == ["a"])
            }
        }
    }

    @Test func `a canary that dies over a request does not pass it on`() async throws {
        let (stable, canary) = (
            try RawUpstream(answering: "stable"), try RawUpstream { connection, _ in _ = try connection.readMessage() }
        )
        defer {
            stable.stop()
            canary.stop()
        }
        // An inference may be repeated, and is, but only where it was.
        try await withGateway([divided(("a", 50, stable.port), ("b", 50, canary.port))]) { (gateway) async throws in
            var statuses: [Int: Int] = [:]
            for _ in 0..<10 { statuses[try await gateway.ask(post("{}")).status, default: 0] += 1 }
            #expect(statuses == [200: 5, 502: 5])
            #expect(canary.connections == 10)
        }
    }

    @Test func `a tester reaches a revision without a share by its header, and only so`() async throws {
        let (stable, preview) = (try RawUpstream(answering: "stable"), try RawUpstream(answering: "preview"))
        defer {
            stable.stop()
            preview.stop()
        }
        let route = divided(("1.0.0", 100, stable.port), ("2.0.0", 0, preview.port), chooser: "X-Waybill-Try")
        try await withGateway([route]) { (gateway) async throws in
            for _ in 0..<10 { #expect(try await gateway.ask(post("{}")).text == "stable") }
            let chosen = try await gateway.ask(post("{}", headers: "x-waybill-try: 2.0.0\r\n"))
            #expect(chosen.text == "preview")
            #expect(chosen.values("x-waybill-version") == ["2.0.0"])
            let unknown = try await gateway.ask(post("{}", headers: "X-WAYBILL-TRY: 3.0.0\r\n"))
            #expect(unknown.status == 404)
            #expect(
                unknown.text
                    == "{\"error\": \"no revision is called '3.0.0', as 'X-Waybill-Try' asks; there are: "
                    + "1.0.0 (version 1.0.0), 2.0.0 (version 2.0.0)\"}\n")
            let twice = try await gateway.ask(
                post("{}", headers: "x-waybill-try: 1.0.0\r\nx-waybill-try: 2.0.0\r\n"))
            #expect(twice.status == 400)
            #expect(twice.text == "{\"error\": \"the header 'X-Waybill-Try' is given more than once\"}\n")
            let version = try await gateway.ask(
                post("{}", to: "/production/churn/v2/models/churn/versions/2.0.0/infer"))
            #expect(version.status == 404)
        }
    }

    @Test func `where no header is named, none chooses`() async throws {
        let (stable, preview) = (try RawUpstream(answering: "stable"), try RawUpstream(answering: "preview"))
        defer {
            stable.stop()
            preview.stop()
        }
        try await withGateway([divided(("1.0.0", 100, stable.port), ("2.0.0", 0, preview.port))]) {
            (gateway) async throws in
            #expect(try await gateway.ask(post("{}", headers: "x-waybill-try: 2.0.0\r\n")).text == "stable")
        }
    }
}
