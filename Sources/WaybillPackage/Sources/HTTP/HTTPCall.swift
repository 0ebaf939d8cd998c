package import NIOHTTP1
package import WaybillCore

/// One request.
package struct HTTPCall: Sendable {
    package var method: String
    package var address: WebAddress
    package var headers: HTTPHeaders
    package var body: Body
    package var authorization: Authorization
    /// Whether a redirect is followed (at most five, each checked) or given to the caller as it is.
    package var followsRedirects: Bool
    /// Told of each piece of the body that was handed to the connection.
    package var sent: (@Sendable (Int) -> Void)?

    package enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// `count` bytes of a file from `offset` on, read while they are sent.
        case file(path: String, offset: Int64, count: Int64)
        /// `count` bytes that are made while they are sent, by a new maker for each try.
        case made(count: Int64, by: @Sendable () -> any BodyMaker)

        var count: Int64 {
            switch self {
            case .none: 0
            case .bytes(let bytes): Int64(bytes.count)
            case .file(_, _, let count), .made(let count, _): count
            }
        }
    }

    package enum Authorization: Sendable {
        /// The credential that the settings have for the address's host.
        case byHost
        /// The caller's headers have it, or nothing does.
        case none
    }

    package init(
        _ method: String = "GET", _ address: WebAddress, headers: HTTPHeaders = [:], body: Body = .none,
        authorization: Authorization = .byHost, followsRedirects: Bool = true, sent: (@Sendable (Int) -> Void)? = nil
    ) {
        self.method = method
        self.address = address
        self.headers = headers
        self.body = body
        self.authorization = authorization
        self.followsRedirects = followsRedirects
        self.sent = sent
    }

    /// Whether sending it may take as long as a transfer does.
    var isLarge: Bool { body.count > 1 << 20 }

    /// Whether it can be repeated without harm.
    var isSafe: Bool { method == "GET" || method == "HEAD" }
}

/// The head of an answer.
package struct HTTPHead: Sendable {
    package let status: Int
    package let headers: HTTPHeaders
    /// Where it came from, after redirects.
    package let address: WebAddress
    /// The heads of the redirects that led here, oldest first.
    package let redirects: [Redirect]
    /// The credential that was sent, for messages.
    let credential: HTTPCredential?

    package struct Redirect: Sendable {
        package let status: Int
        package let headers: HTTPHeaders
        package let address: WebAddress
    }

    /// The only value of a header; nil when there is none or it is repeated with different values.
    package func header(_ name: String) -> String? {
        let values = Set(headers[name])
        return values.count == 1 ? values.first : nil
    }

    /// The announced length of the body; nil when there is none, or no sensible one.
    package var length: Int64? {
        guard let text = header("content-length"), text.utf8.count <= 18,
            text.utf8.allSatisfy({ (48...57).contains($0) })
        else {
            return nil
        }
        return Int64(text)
    }
}

/// An answer that was read whole.
package struct HTTPAnswer: Sendable {
    package let head: HTTPHead
    /// The body; of an answer whose body went to a sink it is empty.
    package let body: [UInt8]

    package var status: Int { head.status }
}
