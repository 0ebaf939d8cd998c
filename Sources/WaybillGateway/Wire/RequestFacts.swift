import NIOHTTP1

/// How a request's body is framed. The parser has already refused what is ambiguous; this decides what is passed on.
enum RequestBody: Equatable {
    case none
    case length(Int64)
    case chunked
}

/// What the gateway needs to know of a request's head, checked.
struct RequestFacts {
    private(set) var body = RequestBody.none
    private(set) var connection = ConnectionOptions()
    private(set) var host: String?
    private(set) var expectsContinue = false
    /// The parser stops at an upgrade, so the connection ends with this answer.
    private(set) var hasUpgrade = false
    private(set) var hasForwarded = false
    /// What the client calls its request: the first such field.
    private(set) var requestID: String?
    /// Whether the client's trace goes on: it has one `traceparent`, and that is sound.
    var hasTrace: Bool { traceParents == 1 && isTraceSound }

    /// - Throws: `Refusal` for what RFC 9112 forbids or this gateway does not do.
    init(_ head: HTTPRequestHead, limits: GatewayLimits) throws(Refusal) {
        guard head.uri.utf8.count <= limits.targetBytes else {
            throw Refusal(.tooLarge, .uriTooLong, "the request target is too long", closes: true)
        }
        guard head.method != .TRACE, head.method != .CONNECT else {
            throw Refusal(.malformed, .methodNotAllowed, "this method is not allowed", closes: true)
        }
        for (name, value) in head.headers { try take(HeaderKind(name), value) }
        try checkFraming(head.version)
        guard host != nil || head.version.minor == 0 else { throw .malformed("a request needs a Host header") }
        if case .length(let bytes) = body, bytes > limits.bodyBytes { throw .bodyTooLarge }
        if head.version.minor == 0 { expectsContinue = false }
    }

    private var transferEncodings = 0
    private var traceParents = 0
    private var isTraceSound = false

    private mutating func take(_ kind: HeaderKind, _ value: String) throws(Refusal) {
        switch kind {
        case .ordinary, .hopByHop, .reserved, .traceState: break
        case .requestID: if requestID == nil { requestID = value }
        case .traceParent:
            traceParents += 1
            isTraceSound = TraceParent.isSound(value)
        case .host: try takeHost(value)
        case .connection: connection.add(value)
        case .contentLength: try takeLength(value)
        case .transferEncoding: try takeEncoding(value)
        case .expect:
            guard value.lowercased() == "100-continue" else {
                throw Refusal(.malformed, .expectationFailed, "only 'Expect: 100-continue' is understood", closes: true)
            }
            expectsContinue = true
        case .upgrade: try takeUpgrade(value)
        case .forwarded, .forwardedFor, .forwardedHost, .forwardedProto: hasForwarded = true
        }
    }

    private mutating func takeHost(_ value: String) throws(Refusal) {
        guard host == nil else { throw .malformed("a request must have one Host header") }
        guard value.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "@") })
        else { throw .malformed("the Host header is malformed") }
        host = value
    }

    private mutating func takeLength(_ value: String) throws(Refusal) {
        guard body == .none, !value.isEmpty, value.utf8.allSatisfy({ (48...57).contains($0) }),
            let length = Int64(value)
        else { throw .malformed("the Content-Length header is malformed or given twice") }
        body = .length(length)
    }

    private mutating func takeEncoding(_ value: String) throws(Refusal) {
        transferEncodings += 1
        guard transferEncodings == 1, body == .none else {
            throw .malformed("Transfer-Encoding must be given once and not beside Content-Length")
        }
        guard value == "chunked" || value.lowercased() == "chunked" else {
            throw Refusal(.malformed, .notImplemented, "only 'Transfer-Encoding: chunked' is understood", closes: true)
        }
        body = .chunked
    }

    /// A server may ignore an upgrade (RFC 9110, 7.8). HTTP/2 is offered by common clients on their first request and
    /// ignored; for anything else a plain answer would only confuse.
    private mutating func takeUpgrade(_ value: String) throws(Refusal) {
        hasUpgrade = true
        guard value.lowercased() == "h2c" else {
            throw Refusal(.malformed, .notImplemented, "protocol upgrades are not supported", closes: true)
        }
    }

    private func checkFraming(_ version: HTTPVersion) throws(Refusal) {
        guard body != .chunked || version.minor >= 1 else {
            throw .malformed("HTTP/1.0 has no Transfer-Encoding")
        }
    }
}
