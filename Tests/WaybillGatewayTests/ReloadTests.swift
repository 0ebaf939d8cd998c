import Foundation
import Testing
import WaybillCore
import WaybillGateway
import WaybillTestSupport

/// Route changes under load, with every answer counted.
@Suite struct ReloadTests {
    @Test func `replacing a revision again and again loses nothing`() async throws {
        try await withGateway(loops: 2) { (gateway) async throws in
            var serving = try RawUpstream(answering: "revision 0")
            try await gateway.route([churn(serving.port, replica: "a0-")], generation: 1)
            let load = LoadGenerator(port: gateway.port, path: inferPath, body: "{}", connections: 8, pause: 0)
            let tally = try await load.run {
                for generation in 2...25 {
                    let next = try RawUpstream(answering: "revision \(generation)")
                    try await gateway.route(
                        [churn(next.port, replica: "a\(generation)-")], generation: UInt64(generation))
                    // Nothing is in flight to the old one and nothing new will be: it may stop at once.
                    let old = serving
                    #expect(
                        await eventually {
                            await gateway.client.status()?.outstanding.keys.allSatisfy { $0 == "a\(generation)-0" }
                                ?? false
                        })
                    old.stop()
                    serving = next
                }
            }
            serving.stop()
            #expect(tally.isFlawless, "\(tally)")
            #expect(tally.bodies.count >= 24)
        }
    }

    @Test func `a request in flight to a removed replica finishes, and is seen until then`() async throws {
        let gate = DispatchSemaphore(value: 0)
        let old = try RawUpstream { connection, _ in
            _ = try connection.readMessage()
            gate.wait()
            try connection.send("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nold")
            _ = try? connection.read()
        }
        let new = try RawUpstream(answering: "new")
        defer {
            old.stop()
            new.stop()
        }
        try await withGateway([churn(old.port, replica: "old")]) { (gateway) async throws in
            async let slow = gateway.ask(post("{}"))
            #expect(await eventually { await gateway.client.status()?.outstanding == ["old0": 1] })
            try await gateway.route([churn(new.port, replica: "new")], generation: 2)
            #expect(try await gateway.ask(post("{}")).text == "new")
            let status = try #require(await gateway.client.status())
            #expect(status.outstanding == ["old0": 1])
            #expect(status.rotation == ["production/churn": ["new0"]])
            gate.signal()
            #expect(try await slow.text == "old")
            #expect(await eventually { await gateway.client.status()?.outstanding == [:] })
        }
    }

    @Test func `kept connections to a removed replica close`() async throws {
        let closed = DispatchSemaphore(value: 0)
        let old = try RawUpstream { connection, _ in
            _ = try connection.readMessage()
            try connection.send("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nold")
            if try connection.read().isEmpty { closed.signal() }
        }
        defer { old.stop() }
        try await withGateway([churn(old.port)]) { (gateway) async throws in
            #expect(try await gateway.ask(post("{}")).text == "old")
            try await gateway.route([churn()], generation: 2)
            #expect(try await onThread { closed.wait(timeout: .now() + 3) } == .success)
        }
    }

    @Test(arguments: ["", "{", "{\"format\":1,\"generation\":9,\"routes\":[{}]}"])
    func `a bad table is refused and the last good one kept`(_ bad: String) async throws {
        let upstream = try RawUpstream(answering: "kept")
        defer { upstream.stop() }
        try await withGateway([churn(upstream.port)]) { (gateway) async throws in
            try Data(bad.utf8).write(to: URL(filePath: gateway.folder + "/routes.json"), options: .atomic)
            #expect(await eventually { await gateway.client.status()?.tableProblem != nil })
            let status = try #require(await gateway.client.status())
            #expect(
                status.tableProblem?.hasPrefix("\(gateway.folder)/routes.json: the route table is refused: ") == true)
            #expect(status.generation == 1)
            #expect(try await gateway.ask(post("{}")).text == "kept")
            try await gateway.route([churn(upstream.port)], generation: 2)
            #expect(await gateway.client.status()?.tableProblem == nil)
        }
    }

    @Test func `a table that vanishes changes nothing`() async throws {
        let upstream = try RawUpstream(answering: "kept")
        defer { upstream.stop() }
        try await withGateway([churn(upstream.port)]) { (gateway) async throws in
            let path = gateway.folder + "/routes.json"
            try FileManager.default.removeItem(atPath: path)
            #expect(
                await eventually { await gateway.client.status()?.tableProblem == "\(path): No such file or directory" }
            )
            #expect(try await gateway.ask(post("{}")).text == "kept")
        }
    }

    @Test func `a table that is too large is not read`() async throws {
        var limits = GatewayLimits.forTests
        limits.tableBytes = 100
        try await withGateway(limits: limits) { (gateway) async throws in
            try await gateway.publish([churn(1)], generation: 7)
            #expect(
                await eventually {
                    await gateway.client.status()?.tableProblem
                        == "\(gateway.folder)/routes.json: the route table is refused: it is larger than 100 bytes"
                })
        }
    }

    @Test func `what the gateway would refuse is not published`() async throws {
        try await withGateway([churn(1)]) { (gateway) async throws in
            let failure = await #expect(throws: Failure.self) {
                try await gateway.publish([churn(1), churn(2)], generation: 2)
            }
            #expect(failure?.message == "the route table is refused: it routes production/churn twice")
            #expect(await gateway.client.status()?.generation == 1)
        }
    }
}
