import Foundation
import NIOHTTP1
import Testing
import WaybillTestSupport

@testable import WaybillGateway

@Suite struct RefusalTests {
    @Test func `an unknown route tells nothing about what is known`() async throws {
        try await withGateway([churn(1)]) { (gateway) async throws in
            for path in ["/", "/x", "/production", "/production/churn2/v2", "/staging/churn/v2", "/production/"] {
                let answer = try await gateway.ask(get(path))
                #expect(answer.status == 404)
                #expect(
                    answer.text
                        == "{\"error\": \"nothing is routed here; paths begin with /{environment}/{deployment}/\"}\n")
            }
        }
    }

    @Test func `a deployment without a ready replica asks to come again`() async throws {
        try await withGateway([churn()]) { (gateway) async throws in
            let answer = try await gateway.ask(post("{}"))
            #expect(answer.status == 503)
            #expect(answer.values("retry-after") == ["1"])
            #expect(answer.text == "{\"error\": \"no replica of this deployment is ready; try again later\"}\n")
        }
    }

    @Test func `a replica that refuses connections is a bad gateway`() async throws {
        let upstream = try RawUpstream.deaf()
        try await withGateway([churn(upstream.port)]) { (gateway) async throws in
            let answer = try await gateway.ask(post("{}"))
            #expect(answer.status == 502)
            #expect(answer.text == "{\"error\": \"the replica does not accept connections\"}\n")
        }
    }

    @Test func `another replica takes what the first did not accept`() async throws {
        let (dead, alive) = (try RawUpstream.deaf(), try RawUpstream(answering: "alive"))
        defer { alive.stop() }
        try await withGateway([churn(dead.port, alive.port)]) { (gateway) async throws in
            for _ in 0..<6 { #expect(try await gateway.ask(post("{}")).text == "alive") }
        }
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n", "nonsense\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n",
        "HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
    ])
    func `an answer that is none is a bad gateway`(_ bytes: String) async throws {
        let upstream = try RawUpstream { connection, _ in
            _ = try connection.readMessage()
            try connection.send(bytes)
            _ = try connection.read()
        }
        defer { upstream.stop() }
        try await withGateway([churn(upstream.port)]) { (gateway) async throws in
            #expect(try await gateway.ask(post("{}")).status == 502)
        }
    }

    @Test func `silence after a request ends as a time-out`() async throws {
        let upstream = try RawUpstream { connection, _ in
            _ = try connection.readMessage()
            _ = try connection.read()
        }
        defer { upstream.stop() }
        var limits = GatewayLimits.forTests
        limits.firstByteTimeout = .milliseconds(100)
        try await withGateway([churn(upstream.port)], limits: limits) { (gateway) async throws in
            let answer = try await gateway.ask(post("{}"))
            #expect(answer.status == 504)
            #expect(answer.text == "{\"error\": \"the replica did not answer in time\"}\n")
        }
    }

    @Test func `a request that stops half way is given up`() async throws {
        var limits = GatewayLimits.forTests
        limits.idleTimeout = .milliseconds(100)
        try await withGateway([churn(1)], limits: limits) { (gateway) async throws in
            let answer = try await gateway.dialog(
                "POST \(inferPath) HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf")
            #expect(answer.hasPrefix("HTTP/1.1 408 Request Timeout\r\n"))
            #expect(answer.hasSuffix("{\"error\": \"the request did not arrive in time\"}\n"))
        }
    }

    @Test(arguments: ["", get("/x")])
    func `a connection that asks nothing more is closed without a word`(_ before: String) async throws {
        var limits = GatewayLimits.forTests
        limits.keepAliveTimeout = .milliseconds(100)
        try await withGateway([churn(1)], limits: limits) { (gateway) async throws in
            let answer = try await gateway.dialog(before)
            #expect(answer.components(separatedBy: "HTTP/1.1 ").count == (before.isEmpty ? 1 : 2))
        }
    }

    @Test(arguments: ["", get("/x")])
    func `a head that does not end is told so`(_ before: String) async throws {
        var limits = GatewayLimits.forTests
        limits.keepAliveTimeout = .milliseconds(300)
        try await withGateway([churn(1)], limits: limits) { (gateway) async throws in
            let answer = try await onThread { [port = gateway.port] in
                let socket = try PlainSocket(connectingTo: port)
                if !before.isEmpty {
                    try socket.send(before)
                    _ = try socket.readMessage()
                }
                try socket.send("GET /slow HTTP/1.1\r\nHo")
                return try socket.readToEnd()
            }
            #expect(answer.hasPrefix("HTTP/1.1 408 Request Timeout\r\n"))
            #expect(answer.contains("\r\nconnection: close\r\n"))
            #expect(answer.hasSuffix("{\"error\": \"the request did not arrive in time\"}\n"))
        }
    }

    @Test func `connections past the limit are told so`() async throws {
        var limits = GatewayLimits.forTests
        limits.connections = 1
        try await withGateway([churn(1)], limits: limits) { (gateway) async throws in
            let answer = try await onThread { [port = gateway.port] in
                let first = try PlainSocket(connectingTo: port)
                try first.send(get("/x"))
                _ = try first.readMessage()
                return try PlainSocket(connectingTo: port).readToEnd()
            }
            #expect(answer.hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
        }
    }

    @Test func `text from outside is quoted in an error`() {
        let refusal = Refusal(.notServed, .notFound, "a \"b\" \\ \n c")
        #expect(refusal.body == "{\"error\": \"a \\\"b\\\" \\\\ \\u000a c\"}\n")
    }

    struct Retry: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var failure: AttemptFailure
        var attempts = 1
        var isWhole = true
        var isIdempotent = false
        var isDivided = false
        var expected: Bool
    }

    @Test(arguments: [
        Retry(testDescription: "nothing was sent", failure: .notConnected(timedOut: false), expected: true),
        Retry(
            testDescription: "not a third time", failure: .notConnected(timedOut: false), attempts: 2, expected: false),
        Retry(
            testDescription: "a third time where another revision could take it",
            failure: .notConnected(timedOut: false), attempts: 2, isDivided: true, expected: true),
        Retry(
            testDescription: "not a fourth time", failure: .notConnected(timedOut: false), attempts: 3, isDivided: true,
            expected: false),
        Retry(
            testDescription: "sent twice already", failure: .closed(reused: true), attempts: 2, isDivided: true,
            expected: false),
        Retry(testDescription: "a kept connection was stale", failure: .closed(reused: true), expected: true),
        Retry(testDescription: "a new connection was closed", failure: .closed(reused: false), expected: false),
        Retry(
            testDescription: "closed, but twice is once", failure: .closed(reused: false), isIdempotent: true,
            expected: true),
        Retry(testDescription: "part of it is gone", failure: .closed(reused: true), isWhole: false, expected: false),
        Retry(testDescription: "garbage", failure: .garbled, isIdempotent: true, expected: false),
    ])
    func retries(_ row: Retry) {
        #expect(
            row.failure.mayRetry(
                attempts: row.attempts, isWhole: row.isWhole, isIdempotent: row.isIdempotent, isDivided: row.isDivided)
                == row.expected)
    }
}
