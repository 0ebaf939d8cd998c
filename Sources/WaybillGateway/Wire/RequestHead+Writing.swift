import NIOCore
import NIOHTTP1

/// The lines about a client's connection that every request of it carries to a backend.
struct ClientLines {
    let address: String
    /// What an answering proxy on this machine says of its own client is kept; others could say anything.
    let isTrusted: Bool
    private let plain: String

    init(_ address: SocketAddress?) {
        self.address = address?.ipAddress ?? "unknown"
        isTrusted = self.address.hasPrefix("127.") || self.address == "::1"
        plain = "x-forwarded-proto: http\r\nx-forwarded-for: \(self.address)\r\n"
    }

    func write(into buffer: inout ByteBuffer, head: HTTPRequestHead, facts: RequestFacts) {
        guard facts.hasForwarded, isTrusted else {
            buffer.writeString(plain)
            if let host = facts.host { buffer.writeField("x-forwarded-host", host) }
            return
        }
        let before = head.headers[canonicalForm: "x-forwarded-for"]
        buffer.writeField("x-forwarded-for", (before.map(String.init) + [address]).joined(separator: ", "))
        buffer.writeField("x-forwarded-proto", head.headers.first(name: "x-forwarded-proto") ?? "http")
        if let host = head.headers.first(name: "x-forwarded-host") ?? facts.host {
            buffer.writeField("x-forwarded-host", host)
        }
        for value in head.headers[canonicalForm: "forwarded"] { buffer.writeField("forwarded", String(value)) }
    }
}

extension ByteBuffer {
    /// Writes a request's head as a backend gets it: the rest of the path, one fixed host, hop-by-hop fields left out
    /// (RFC 9110, 7.6.1), the framing our own. A trace goes on with what its vendors say of it, or begins.
    mutating func writeRequest(
        _ head: HTTPRequestHead, facts: RequestFacts, target: Substring, client: ClientLines,
        random: inout RandomSupply
    ) {
        writeString(head.method.rawValue)
        writeStaticString(" ")
        writeSubstring(target)
        writeStaticString(" HTTP/1.1\r\nhost: localhost\r\n")
        for (name, value) in head.headers {
            let isPassedOn =
                switch HeaderKind(name) {
                case .ordinary, .requestID: true
                case .traceParent, .traceState: facts.hasTrace
                default: false
                }
            if isPassedOn, !facts.connection.lists(name) { writeField(name, value) }
        }
        if !facts.hasTrace { writeNewTraceParent(&random) }
        switch facts.body {
        case .none: break
        case .length(let length):
            writeStaticString("content-length: ")
            writeString(String(length))
            writeStaticString("\r\n")
        case .chunked: writeStaticString("transfer-encoding: chunked\r\n")
        }
        client.write(into: &self, head: head, facts: facts)
        writeStaticString("via: 1.1 waybill\r\n\r\n")
    }

    mutating func writeField(_ name: String, _ value: String) {
        writeString(name)
        writeStaticString(": ")
        writeString(value)
        writeStaticString("\r\n")
    }

    /// One chunk with its length before it; nothing for an empty part, which would end the body.
    mutating func writeChunk(_ part: ByteBuffer) {
        guard part.readableBytes > 0 else { return }
        writeChunkLength(part.readableBytes)
        writeImmutableBuffer(part)
        writeStaticString("\r\n")
    }

    mutating func writeChunkLength(_ length: Int) {
        writeString(String(length, radix: 16))
        writeStaticString("\r\n")
    }

    /// The end of a chunked body with its trailers, without those that would change framing or routing.
    mutating func writeLastChunk(_ trailers: HTTPHeaders?) {
        writeStaticString("0\r\n")
        if let trailers {
            for (name, value) in trailers where HeaderKind(name) == .ordinary && !Self.isForbiddenTrailer(name) {
                writeField(name, value)
            }
        }
        writeStaticString("\r\n")
    }

    private static func isForbiddenTrailer(_ name: String) -> Bool {
        ["authorization", "cookie", "set-cookie", "content-type", "content-encoding", "content-range", "trailer"]
            .contains(name.lowercased())
    }

    /// Whether the bytes from `start` on hold U+FFFD, which stands for what was not UTF-8.
    func holdsReplacementCharacter(from start: Int = 0) -> Bool {
        let mark: [UInt8] = [0xEF, 0xBF, 0xBD]
        var view = readableBytesView.dropFirst(start)
        while let at = view.firstIndex(of: mark[0]) {
            if view[at...].starts(with: mark) { return true }
            view = view[(at + 1)...]
        }
        return false
    }
}
