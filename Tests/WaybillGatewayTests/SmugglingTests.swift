import Testing
import WaybillTestSupport

/// Requests that two parsers could read in two ways are refused, the connection is closed, and the backend sees nothing.
@Suite struct SmugglingTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var bytes: String
        var status: String
        var message: String

        init(_ description: String, _ bytes: String, _ status: String, _ message: String) {
            testDescription = description
            self.bytes = bytes
            self.status = status
            self.message = message
        }

        var answer: String {
            let body = "{\"error\": \"\(message)\"}\n"
            return "HTTP/1.1 \(status)\r\ncontent-type: application/json\r\ncontent-length: \(body.utf8.count)\r\n"
                + "connection: close\r\n\r\n\(body)"
        }
    }

    static let malformed = "the request is malformed"
    static let bad = "400 Bad Request"
    static let line = "POST \(inferPath) HTTP/1.1\r\nHost: a\r\n"

    static let framing = [
        Case(
            "length beside chunked", line + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", bad,
            malformed),
        Case(
            "chunked beside length", line + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n", bad,
            malformed),
        Case("two lengths that differ", line + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd", bad, malformed),
        Case("two lengths that agree", line + "Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd", bad, malformed),
        Case("a list of lengths", line + "Content-Length: 4, 4\r\n\r\nabcd", bad, malformed),
        Case("a negative length", line + "Content-Length: -1\r\n\r\n", bad, malformed),
        Case("a length with a sign", line + "Content-Length: +4\r\n\r\nabcd", bad, malformed),
        Case("a length in hex", line + "Content-Length: 0x4\r\n\r\nabcd", bad, malformed),
        Case("a length past 64 bits", line + "Content-Length: 99999999999999999999\r\n\r\n", bad, malformed),
        Case("an empty length", line + "Content-Length: \r\n\r\n", bad, malformed),
        Case(
            "an unknown coding", line + "Transfer-Encoding: gzip\r\n\r\n", "501 Not Implemented",
            "only 'Transfer-Encoding: chunked' is understood"),
        Case(
            "two codings", line + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "501 Not Implemented",
            "only 'Transfer-Encoding: chunked' is understood"),
        Case(
            "chunked twice", line + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", bad,
            malformed),
        Case(
            "a length among the trailers",
            line + "Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 9\r\n\r\n", bad, malformed),
        Case("chunked not last", line + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", bad, malformed),
        Case("a coding with a vertical tab", line + "Transfer-Encoding: \u{B}chunked\r\n\r\n0\r\n\r\n", bad, malformed),
        Case("a space before the colon", line + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", bad, malformed),
        Case(
            "chunked in HTTP/1.0", "POST \(inferPath) HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", bad,
            "HTTP/1.0 has no Transfer-Encoding"),
        Case("a chunk length that is no number", line + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", bad, malformed),
        Case(
            "a chunk length with a sign", line + "Transfer-Encoding: chunked\r\n\r\n+1\r\na\r\n0\r\n\r\n", bad,
            malformed),
        Case(
            "a chunk length past 64 bits", line + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", bad,
            malformed),
        Case(
            "a chunk that is longer than it says", line + "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n", bad,
            malformed),
        Case(
            "a chunk ended by a bare LF", line + "Transfer-Encoding: chunked\r\n\r\n1\r\na\n0\r\n\r\n", bad, malformed),
    ]

    static let heads = [
        Case("a folded header", line + "X-A: b\r\n c\r\nContent-Length: 0\r\n\r\n", bad, malformed),
        Case("a NUL in a value", line + "X-A: b\0c\r\n\r\n", bad, malformed),
        Case("a NUL in the target", "GET /production/churn/v2\0 HTTP/1.1\r\nHost: a\r\n\r\n", bad, malformed),
        Case("a bare CR in a value", line + "X-A: b\rc\r\n\r\n", bad, malformed),
        Case("a header without a name", line + ": b\r\n\r\n", bad, malformed),
        Case("a header without a colon", line + "X-A\r\n\r\n", bad, malformed),
        Case("no Host", "GET /production/churn/v2 HTTP/1.1\r\n\r\n", bad, "a request needs a Host header"),
        Case(
            "two Hosts", "GET /production/churn/v2 HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", bad,
            "a request must have one Host header"),
        Case(
            "a Host with a path", "GET /production/churn/v2 HTTP/1.1\r\nHost: a/b\r\n\r\n", bad,
            "the Host header is malformed"),
        Case(
            "absolute form", "GET http://other/production/churn/v2 HTTP/1.1\r\nHost: a\r\n\r\n", bad,
            "the request target must be a path that begins with '/'"),
        Case(
            "asterisk form", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", bad,
            "the request target must be a path that begins with '/'"),
        Case(
            "CONNECT", "CONNECT other:443 HTTP/1.1\r\nHost: a\r\n\r\n", "405 Method Not Allowed",
            "this method is not allowed"),
        Case(
            "TRACE", "TRACE /production/churn/v2 HTTP/1.1\r\nHost: a\r\n\r\n", "405 Method Not Allowed",
            "this method is not allowed"),
        Case("a method that nobody knows", "BREW /production/churn/v2 HTTP/1.1\r\nHost: a\r\n\r\n", bad, malformed),
        Case(
            "a method with a space before it", " GET /production/churn/v2 HTTP/1.1\r\nHost: a\r\n\r\n", bad, malformed),
        Case(
            "a later version", "GET /production/churn/v2 HTTP/2.0\r\nHost: a\r\n\r\n", "505 HTTP Version Not Supported",
            "only HTTP/1.1 and HTTP/1.0 are spoken here"),
        Case(
            "no version", "GET /production/churn/v2\r\n\r\n", "505 HTTP Version Not Supported",
            "only HTTP/1.1 and HTTP/1.0 are spoken here"),
        Case(
            "a step up", "GET /production/churn/v2/../../other HTTP/1.1\r\nHost: a\r\n\r\n", bad,
            "the request target must not hold '.' or '..' segments or NUL"),
        Case(
            "an encoded step up", "GET /production/churn/v2/%2e%2E/x HTTP/1.1\r\nHost: a\r\n\r\n", bad,
            "the request target must not hold '.' or '..' segments or NUL"),
        Case(
            "an encoded slash and step up", "GET /production/churn/v2/..%2fx HTTP/1.1\r\nHost: a\r\n\r\n", bad,
            "the request target must not hold '.' or '..' segments or NUL"),
        Case(
            "an encoded NUL", "GET /production/churn/v2%00 HTTP/1.1\r\nHost: a\r\n\r\n", bad,
            "the request target must not hold '.' or '..' segments or NUL"),
        Case(
            "half an escape", "GET /production/churn/v2%2 HTTP/1.1\r\nHost: a\r\n\r\n", bad,
            "the request target holds a '%' that is not followed by two hex digits"),
        Case(
            "an upgrade to another protocol",
            "GET /production/churn/v2 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
            "501 Not Implemented", "protocol upgrades are not supported"),
        Case(
            "an expectation that nobody knows", line + "Expect: tea\r\nContent-Length: 0\r\n\r\n",
            "417 Expectation Failed",
            "only 'Expect: 100-continue' is understood"),
        Case(
            "a long target",
            "GET /production/churn/v2?\(String(repeating: "a", count: 9000)) HTTP/1.1\r\nHost: a\r\n\r\n",
            "414 URI Too Long", "the request target is too long"),
        Case(
            "a long header", line + "X-A: \(String(repeating: "a", count: 20_000))\r\n\r\n",
            "431 Request Header Fields Too Large", "the request's header fields are too large"),
        Case(
            "many headers", line + String(repeating: "X-A: b\r\n", count: 200) + "\r\n",
            "431 Request Header Fields Too Large", "the request's header fields are too large"),
        Case(
            "a body past the limit", line + "Content-Length: 300000000\r\n\r\n", "413 Payload Too Large",
            "the request body is too large"),
    ]

    @Test(arguments: framing + heads)
    func refused(_ row: Case) async throws {
        let upstream = try RawUpstream(answering: "reached")
        defer { upstream.stop() }
        try await withGateway([churn(upstream.port)]) { (gateway) async throws in
            let answer = try await gateway.dialog(row.bytes)
            #expect(withoutIDs(answer) == row.answer)
        }
    }

    @Test func `what follows a refused request is never read as another`() async throws {
        let upstream = try RawUpstream(answering: "reached")
        defer { upstream.stop() }
        try await withGateway([churn(upstream.port)]) { (gateway) async throws in
            let smuggled =
                Self.line + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                + get("/production/churn/v2")
            #expect(withoutIDs(try await gateway.dialog(smuggled)) == Self.framing[0].answer)
            #expect(upstream.connections == 0)
        }
    }

    @Test func `bytes that are not UTF-8 in a header are refused`() async throws {
        try await withGateway([churn(1)]) { (gateway) async throws in
            let answer = try await onThread { [port = gateway.port] in
                let socket = try PlainSocket(connectingTo: port)
                try socket.send(
                    Array("GET /production/churn/v2 HTTP/1.1\r\nHost: a\r\nX-Request-Id: ".utf8) + [0xE9]
                        + Array("\r\n\r\n".utf8))
                return try socket.readMessage()
            }
            #expect(answer.status == 400)
            #expect(answer.text == "{\"error\": \"header fields must be UTF-8\"}\n")
            #expect(answer.values("x-request-id").isEmpty)
        }
    }
}
