import Synchronization
import Testing
import WaybillCore
import WaybillTestSupport

/// What a backend gets of a request and a client of an answer.
@Suite struct PassingOnTests {
    /// What the backend saw, answering with `answer`.
    private func seen(
        _ request: String, answer: String = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
    ) async throws -> (request: PlainSocket.Message, answer: PlainSocket.Message) {
        let box = SeenBox()
        let upstream = try RawUpstream { connection, _ in
            let message = try connection.readMessage()
            box.message.withLock { $0 = message }
            try connection.send(answer)
            _ = try? connection.read()
        }
        defer { upstream.stop() }
        var result: PlainSocket.Message?
        try await withGateway([churn(upstream.port)]) { gateway in result = try await gateway.ask(request) }
        return (try #require(box.message.withLock { $0 }), try #require(result))
    }

    private final class SeenBox: Sendable {
        let message = Mutex<PlainSocket.Message?>(nil)
    }

    @Test func `the rest of the path goes on, with one fixed host and who asked`() async throws {
        let (request, answer) = try await seen(
            post("{}", to: inferPath + "?a=1%20b", headers: "X-Own: 1\r\nContent-Type: application/json\r\n"))
        #expect(
            request.head.replacing(/traceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-01\r\n/, with: "(trace)")
                == "POST /v2/models/churn/infer?a=1%20b HTTP/1.1\r\nhost: localhost\r\nX-Own: 1\r\n"
                + "Content-Type: application/json\r\n(trace)content-length: 2\r\nx-forwarded-proto: http\r\n"
                + "x-forwarded-for: 127.0.0.1\r\nx-forwarded-host: gateway\r\nvia: 1.1 waybill\r\n\r\n")
        #expect(request.text == "{}")
        #expect(withoutIDs(answer.head) == "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\(churnStamps)\r\n")
        #expect(answer.text == "ok")
    }

    @Test func `fields for the next hop end here, both ways`() async throws {
        let (request, answer) = try await seen(
            post(
                "{}",
                headers: "Connection: keep-alive, X-Private\r\nX-Private: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\n"
                    + "Proxy-Authorization: x\r\nProxy-Connection: x\r\nX-Waybill-Version: forged\r\nX-Kept: 1\r\n"),
            answer: "HTTP/1.1 200 OK\r\nConnection: X-Secret\r\nX-Secret: 1\r\nKeep-Alive: timeout=5\r\n"
                + "X-Waybill-Commit: forged\r\nX-Kept: 2\r\ncontent-length: 2\r\n\r\nok")
        for name in [
            "connection", "x-private", "keep-alive", "te", "proxy-authorization", "proxy-connection",
            "x-waybill-version",
        ] {
            #expect(request.values(name).isEmpty, "\(name)")
        }
        #expect(request.values("x-kept") == ["1"])
        #expect(
            withoutIDs(answer.head)
                == "HTTP/1.1 200 OK\r\nX-Kept: 2\r\ncontent-length: 2\r\n\(churnStamps)\r\n")
    }

    @Test func `a proxy on this machine is believed about its client`() async throws {
        let (request, _) = try await seen(
            post(
                "{}",
                headers: "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example\r\n")
        )
        #expect(request.values("x-forwarded-for") == ["192.0.2.7, 127.0.0.1"])
        #expect(request.values("x-forwarded-proto") == ["https"])
        #expect(request.values("x-forwarded-host") == ["shop.example"])
    }

    @Test func `a chunked request stays chunked, with its trailers`() async throws {
        let upstream = try RawUpstream { connection, _ in
            let raw = try connection.read(through: "0\r\nX-Sum: 7\r\n\r\n")
            try connection.send("HTTP/1.1 200 OK\r\ncontent-length: \(raw.utf8.count)\r\n\r\n\(raw)")
        }
        defer { upstream.stop() }
        try await withGateway([churn(upstream.port)]) { (gateway) async throws in
            let echoed = try await gateway.ask(
                "POST \(inferPath) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "2\r\n{}\r\n0\r\nX-Sum: 7\r\nAuthorization: x\r\n\r\n")
            #expect(echoed.text.hasSuffix("\r\n\r\n2\r\n{}\r\n0\r\nX-Sum: 7\r\n\r\n"))
            #expect(echoed.text.contains("\r\ntransfer-encoding: chunked\r\n"))
        }
    }

    struct AnswerCase: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var request = post("{}", headers: "Connection: close\r\n")
        var upstream: String
        var client: String
    }

    static let answers = [
        AnswerCase(
            testDescription: "chunks with a trailer",
            upstream: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\nX-Sum: 1\r\n\r\n",
            client: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\(churnStamps)connection: close\r\n\r\n"
                + "2\r\nab\r\n1\r\nc\r\n0\r\nX-Sum: 1\r\n\r\n"),
        AnswerCase(
            testDescription: "a body that ends with the connection",
            upstream: "HTTP/1.1 200 OK\r\n\r\nabc",
            client:
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\(churnStamps)connection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        ),
        AnswerCase(
            testDescription: "chunks for an HTTP/1.0 client",
            request: "GET /production/churn/v2 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
            upstream: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
            client: "HTTP/1.1 200 OK\r\n\(churnStamps)connection: close\r\n\r\nab"),
        AnswerCase(
            testDescription: "an answer to HEAD",
            request: "HEAD /production/churn/v2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            upstream: "HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n",
            client: "HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\(churnStamps)connection: close\r\n\r\n"),
        AnswerCase(
            testDescription: "204 with a length that it must not have",
            upstream: "HTTP/1.1 204 No Content\r\ncontent-length: 7\r\n\r\n",
            client: "HTTP/1.1 204 No Content\r\n\(churnStamps)connection: close\r\n\r\n"),
        AnswerCase(
            testDescription: "304 with the length of what it does not send",
            upstream: "HTTP/1.1 304 Not Modified\r\ncontent-length: 7\r\n\r\n",
            client: "HTTP/1.1 304 Not Modified\r\ncontent-length: 7\r\n\(churnStamps)connection: close\r\n\r\n"),
        AnswerCase(
            testDescription: "interim answers before the real one",
            upstream: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n"
                + "HTTP/1.1 201 Created\r\ncontent-length: 1\r\n\r\na",
            client: "HTTP/1.1 103 \r\nlink: a\r\n\r\n"
                + "HTTP/1.1 201 Created\r\ncontent-length: 1\r\n\(churnStamps)connection: close\r\n\r\na"),
        AnswerCase(
            testDescription: "a body cut short",
            upstream: "HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\nabc",
            client: "HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\(churnStamps)connection: close\r\n\r\nabc"),
        AnswerCase(
            testDescription: "chunks cut short have no last chunk",
            upstream: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n",
            client:
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\(churnStamps)connection: close\r\n\r\n2\r\nab\r\n"),
    ]

    @Test(arguments: answers)
    func answered(_ row: AnswerCase) async throws {
        let upstream = try RawUpstream { connection, _ in
            _ = try connection.readMessage()
            try connection.send(row.upstream)
        }
        defer { upstream.stop() }
        try await withGateway([churn(upstream.port)]) { (gateway) async throws in
            let answer = try await gateway.dialog(row.request)
            #expect(withoutIDs(answer) == row.client)
        }
    }

    @Test func `requests in one packet are answered in their order`() async throws {
        let upstream = try RawUpstream { connection, _ in
            while case let request = try connection.readMessage(), !request.head.isEmpty {
                try connection.send("HTTP/1.1 200 OK\r\ncontent-length: \(request.body.count)\r\n\r\n\(request.text)")
            }
        }
        defer { upstream.stop() }
        try await withGateway([churn(upstream.port)]) { (gateway) async throws in
            let answers = try await onThread { [port = gateway.port] in
                let socket = try PlainSocket(connectingTo: port)
                let bodies = (0..<300).map { "body \($0)" }
                try socket.send(bodies.map { post($0) }.joined() + get("/nowhere"))
                return try (0...300).map { _ in try socket.readMessage().text }
            }
            #expect(answers.dropLast() == (0..<300).map { "body \($0)" }[...])
            #expect(answers.last?.contains("nothing is routed here") == true)
            #expect(upstream.connections == 1)
        }
    }

    @Test func `garbage behind a request does not harm its answer`() async throws {
        let upstream = try RawUpstream(answering: "ok")
        defer { upstream.stop() }
        try await withGateway([churn(upstream.port)]) { (gateway) async throws in
            let answers = try await gateway.dialog(post("{}") + "\u{1}garbage\r\n\r\n")
            #expect(
                withoutIDs(answers).hasPrefix(
                    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\(churnStamps)\r\nokHTTP/1.1 400 Bad Request\r\n"))
        }
    }

    @Test func `a client that waits for the word to go on gets it`() async throws {
        let upstream = try RawUpstream(answering: "ok")
        defer { upstream.stop() }
        try await withGateway([churn(upstream.port)]) { (gateway) async throws in
            let (word, answer) = try await onThread { [port = gateway.port] in
                let socket = try PlainSocket(connectingTo: port)
                try socket.send(
                    "POST \(inferPath) HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
                let word = try socket.read(through: "\r\n\r\n")
                try socket.send("{}")
                return (word, try socket.readMessage().text)
            }
            #expect(word == "HTTP/1.1 100 Continue\r\n\r\n")
            #expect(answer == "ok")
        }
    }

    @Test func `a client that offers HTTP/2 is answered all the same`() async throws {
        let upstream = try RawUpstream(answering: "ok")
        defer { upstream.stop() }
        try await withGateway([churn(upstream.port)]) { (gateway) async throws in
            let offer = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\n"
            #expect(
                withoutIDs(try await gateway.dialog(post("{}", headers: offer)))
                    == "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\(churnStamps)connection: close\r\n\r\nok")
        }
    }

    @Test func `a kept connection that went stale is replaced and nobody notices`() async throws {
        let upstream = try RawUpstream { connection, number in
            _ = try connection.readMessage()
            try connection.send("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n\(number)")
            // Takes the next request and closes without a word, as a server does whose keep-alive ran out just then.
            if number == 1 { _ = try connection.readMessage() }
            if number == 2 { _ = try connection.read() }
        }
        defer { upstream.stop() }
        try await withGateway([churn(upstream.port, speaking: .openai)]) { (gateway) async throws in
            let answers = try await onThread { [port = gateway.port] in
                let socket = try PlainSocket(connectingTo: port)
                return try (0..<2).map { _ in
                    try socket.send(post("{}", to: "/production/churn/v1/completions"))
                    return try socket.readMessage().text
                }
            }
            #expect(answers == ["1", "2"])
        }
    }

    @Test func `a request that may not be repeated is not`() async throws {
        let upstream = try RawUpstream { connection, _ in _ = try connection.readMessage() }
        defer { upstream.stop() }
        try await withGateway([churn(upstream.port, speaking: .openai)]) { (gateway) async throws in
            let answer = try await gateway.ask(post("{}", to: "/production/churn/v1/completions"))
            #expect(answer.status == 502)
            #expect(answer.text == "{\"error\": \"the replica closed the connection before it answered\"}\n")
            #expect(upstream.connections == 1)
        }
    }
}
