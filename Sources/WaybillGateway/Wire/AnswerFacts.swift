import NIOCore
import NIOHTTP1

/// How an answer's body is framed towards the client.
enum AnswerBody: Equatable {
    case none
    case length
    case chunked
    /// By the end of the connection: an HTTP/1.0 client and a length that nobody told.
    case untilClose
}

/// What the gateway needs to know of a backend's answer, checked.
struct AnswerFacts {
    let body: AnswerBody
    /// Whether the backend frames it by closing, so that its connection ends with it.
    let endsConnection: Bool
    let connection: ConnectionOptions

    /// - Throws: `Refusal` 502 for an answer that cannot be passed on safely.
    init(_ head: HTTPResponseHead, toHead: Bool, clientMinor: Int) throws(Refusal) {
        var lengths = 0
        var encodings = 0
        var options = ConnectionOptions()
        for (name, value) in head.headers {
            switch HeaderKind(name) {
            case .contentLength: lengths += 1
            case .transferEncoding:
                encodings += 1
                guard value.lowercased() == "chunked" else {
                    throw Self.bad("has a Transfer-Encoding other than chunked")
                }
            case .connection: options.add(value)
            default: break
            }
        }
        guard lengths + encodings <= 1 else { throw Self.bad("is framed in two ways") }
        guard head.status.code != 101 else { throw Self.bad("changes the protocol") }
        connection = options
        let hasNoBody = toHead || head.status.code < 200 || head.status.code == 204 || head.status.code == 304
        endsConnection = !hasNoBody && lengths + encodings == 0
        if hasNoBody {
            body = .none
        } else if lengths == 1 {
            body = .length
        } else {
            body = clientMinor >= 1 ? .chunked : .untilClose
        }
    }

    static func bad(_ what: String) -> Refusal {
        Refusal(.upstreamFailed, .badGateway, "the replica's answer \(what)")
    }
}

extension ByteBuffer {
    /// Writes an answer's head as the client gets it.
    ///
    /// - Parameter stamps: nil for an interim answer.
    mutating func writeAnswer(
        _ head: HTTPResponseHead, facts: AnswerFacts, clientMinor: Int, closing: Bool, stamps: AnswerStamps?
    ) {
        writeStatusLine(head.status)
        // RFC 9110, 8.6: no length beside 1xx and 204.
        let keepsLength = head.status.code >= 200 && head.status.code != 204
        for (name, value) in head.headers {
            switch HeaderKind(name) {
            case .contentLength: if keepsLength { writeField(name, value) }
            case .connection, .transferEncoding, .hopByHop, .upgrade, .reserved: break
            case .requestID where stamps?.requestID != nil: break
            case .ordinary, .host, .expect, .forwardedFor, .forwardedHost, .forwardedProto, .forwarded, .requestID,
                .traceParent, .traceState:
                if !facts.connection.lists(name) { writeField(name, value) }
            }
        }
        if facts.body == .chunked { writeStaticString("transfer-encoding: chunked\r\n") }
        if let stamps { writeStamps(stamps) }
        if head.status.code >= 200 { writeConnection(clientMinor: clientMinor, closing: closing) }
        writeStaticString("\r\n")
    }

    mutating func writeRefusal(
        _ refusal: Refusal, toHead: Bool, clientMinor: Int, closing: Bool, stamps: AnswerStamps
    ) {
        let body = refusal.body
        writeStatusLine(refusal.status)
        writeStaticString("content-type: application/json\r\ncontent-length: ")
        writeString(String(body.utf8.count))
        writeStaticString("\r\n")
        if let seconds = refusal.retryAfter { writeField("retry-after", String(seconds)) }
        writeStamps(stamps)
        writeConnection(clientMinor: clientMinor, closing: closing)
        writeStaticString("\r\n")
        if !toHead { writeString(body) }
    }

    mutating func writeConnection(clientMinor: Int, closing: Bool) {
        if closing {
            writeStaticString("connection: close\r\n")
        } else if clientMinor == 0 {
            writeStaticString("connection: keep-alive\r\n")
        }
    }

    private mutating func writeStatusLine(_ status: HTTPResponseStatus) {
        if status == .ok {
            writeStaticString("HTTP/1.1 200 OK\r\n")
        } else {
            writeString("HTTP/1.1 \(status.code) \(status.reasonPhrase)\r\n")
        }
    }
}
