import Foundation
import NIOCore
import Synchronization
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillGateway

/// What an answer says of itself, and what a request says of its trace.
@Suite struct StampTests {
    private static var id: Regex<Substring> { /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/ }
    private static var trace: Regex<Substring> { /00-[0-9a-f]{32}-[0-9a-f]{16}-01/ }

    private static func stamped(_ port: Int) -> RouteTable.Route {
        var route = churn(port)
        route.model = "churn-model"
        route.backends[0].revision = "sha256:" + String(repeating: "ab", count: 32)
        route.backends[0].commit = String(repeating: "c0", count: 20)
        return route
    }

    @Test func `an answer says which prediction it is, of which model, version, revision and commit`() async throws {
        let upstream = try RawUpstream(answering: "ok")
        defer { upstream.stop() }
        try await withGateway([Self.stamped(upstream.port)]) { (gateway) async throws in
            let before = UInt64(Date().timeIntervalSince1970 * 1000)
            let answer = try await gateway.ask(post("{}"))
            let after = UInt64(Date().timeIntervalSince1970 * 1000)
            let id = try #require(answer.values("x-waybill-prediction-id").first)
            #expect(id.wholeMatch(of: Self.id) != nil, "\(id)")
            let time = try #require(UInt64(id.replacing("-", with: "").prefix(12), radix: 16))
            #expect((before...after).contains(time))
            #expect(answer.values("x-waybill-model") == ["churn-model"])
            #expect(answer.values("x-waybill-version") == ["1.0.0"])
            #expect(answer.values("x-waybill-revision") == ["sha256:" + String(repeating: "ab", count: 32)])
            #expect(answer.values("x-waybill-commit") == [String(repeating: "c0", count: 20)])
        }
    }

    @Test func `nobody else sets these fields, in either direction`() async throws {
        let names = ["Prediction-Id", "Model", "Version", "Revision", "Commit", "Other"]
        let forged = names.map { "X-Waybill-\($0): forged\r\n" }.joined()
        let seen = Mutex("")
        let upstream = try RawUpstream { connection, _ in
            let request = try connection.readMessage()
            seen.withLock { $0 = request.head }
            try connection.send(
                "HTTP/1.1 200 OK\r\n\(forged)transfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\(forged)\r\n")
            _ = try? connection.read()
        }
        defer { upstream.stop() }
        // Nothing is known of the commit and the model.
        try await withGateway([churn(upstream.port)]) { (gateway) async throws in
            let answer = try await gateway.dialog(post("{}", headers: forged + "Connection: close\r\n"))
            #expect(!answer.contains("forged"), "\(answer)")
            #expect(!answer.lowercased().contains("x-waybill-commit"))
            #expect(!seen.withLock { $0.lowercased() }.contains("x-waybill"))
        }
    }

    @Test func `answers of the gateway itself have an id, and name no replica`() async throws {
        let deaf = try RawUpstream.deaf()
        var limits = GatewayLimits.forTests
        limits.idleTimeout = .milliseconds(100)
        try await withGateway([churn(deaf.port)], limits: limits) { (gateway) async throws in
            for (request, status) in [
                (get("/nowhere"), 404), (post("{}"), 502), (get("/production/churn/v2/x"), 404),
                ("GET / HTTP/3.0\r\n\r\n", 505), ("garbage\r\n\r\n", 400),
                ("POST \(inferPath) HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf", 408),
            ] {
                let answer = try await gateway.ask(request)
                #expect(answer.status == status)
                #expect(answer.values("x-waybill-prediction-id").first?.wholeMatch(of: Self.id) != nil, "\(status)")
                #expect(answer.values("x-waybill-revision").isEmpty)
            }
        }
    }

    @Test func `what a client calls its request goes on and comes back`() async throws {
        let seen = Mutex<[[String]]>([])
        let upstream = try RawUpstream { connection, _ in
            while case let request = try connection.readMessage(), !request.head.isEmpty {
                seen.withLock { $0.append(request.values("x-request-id")) }
                try connection.send("HTTP/1.1 200 OK\r\nX-Request-Id: the server's\r\ncontent-length: 0\r\n\r\n")
            }
        }
        defer { upstream.stop() }
        try await withGateway([churn(upstream.port)]) { (gateway) async throws in
            let named = try await gateway.ask(post("{}", headers: "X-Request-ID: the client's\r\n"))
            #expect(named.values("x-request-id") == ["the client's"])
            let unnamed = try await gateway.ask(post("{}"))
            #expect(unnamed.values("x-request-id") == ["the server's"])
            let refused = try await gateway.ask(get("/nowhere", headers: "X-Request-ID: 7\r\n"))
            #expect(refused.values("x-request-id") == ["7"])
            #expect(seen.withLock { $0 } == [["the client's"], []])
        }
    }

    // MARK: Ids

    @Test func `ids of all loops grow, also when the clock does not`() async {
        let clock = PredictionClock()
        let ticks = await withTaskGroup(of: [UInt64].self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var own: [UInt64] = []
                    // A clock that stands still, and one that is set back.
                    for step in 0..<5_000 { own.append(clock.tick(at: step < 4_000 ? 1_000_000_000 : 5)) }
                    #expect(zip(own, own.dropFirst()).allSatisfy { $0 < $1 })
                    return own
                }
            }
            return await group.reduce([]) { $0 + $1 }.sorted()
        }
        #expect(Set(ticks).count == 20_000)
        #expect(ticks.first == 1_000 << 12)
        #expect(ticks.last == 1_000 << 12 + 19_999)
    }

    private static func text(_ id: PredictionID) -> String {
        var buffer = ByteBuffer()
        id.write(into: &buffer)
        return String(buffer: buffer)
    }

    @Test func `an id is written as RFC 9562 has it`() {
        // The example of its appendix A.6.
        let id = PredictionID(tick: 0x017F_22E2_79B0 << 12 | 0xCC3, random: 0x18C4_DC0C_0C07_398F << 2)
        #expect(Self.text(id) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
        let clock = PredictionClock()
        // Half a millisecond is half of 4096.
        #expect(
            Self.text(PredictionID(tick: clock.tick(at: 255_500_000), random: .max))
                == "00000000-00ff-7800-bfff-ffffffffffff")
        var random = RandomSupply()
        #expect(Set((0..<2_000).map { _ in random.next() }).count == 2_000)
    }

    // MARK: Traces

    @Test(arguments: [
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", true),
        ("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-later", true),
        ("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true),
        ("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.later", false),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-later", false),
        ("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false),
        ("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", false),
        ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", false),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", false),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0", false), ("", false), ("00", false),
        ("00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01", false),
    ])
    func `a traceparent is sound or not`(_ value: String, _ isSound: Bool) {
        #expect(TraceParent.isSound(value) == isSound)
    }

    @Test func `a trace goes on untouched, and begins here where there is none`() async throws {
        let seen = Mutex<[PlainSocket.Message]>([])
        let upstream = try RawUpstream { connection, _ in
            while case let request = try connection.readMessage(), !request.head.isEmpty {
                seen.withLock { $0.append(request) }
                try connection.send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            }
        }
        defer { upstream.stop() }
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
        let state = "tracestate: rojo=1\r\ntracestate: congo=2\r\n"
        try await withGateway([churn(upstream.port)]) { (gateway) async throws in
            for headers in [
                "traceparent: \(parent)\r\n\(state)", "", state, "traceparent: 00-x\r\n\(state)",
                "traceparent: \(parent)\r\ntraceparent: \(parent)\r\n",
            ] {
                _ = try await gateway.ask(post("{}", headers: headers))
            }
        }
        let requests = seen.withLock { $0 }
        try #require(requests.count == 5)
        #expect(requests[0].values("traceparent") == [parent])
        #expect(requests[0].values("tracestate") == ["rojo=1", "congo=2"])
        for request in requests.dropFirst() {
            #expect(request.values("traceparent").count == 1)
            #expect(request.values("traceparent").first?.wholeMatch(of: Self.trace) != nil)
            // It belongs to a trace that could not be told.
            #expect(request.values("tracestate").isEmpty)
        }
        #expect(Set(requests.flatMap { $0.values("traceparent") }).count == 5)
    }
}
