import NIOHTTP1

/// An answer that the gateway gives of its own: a status and `{"error": …}`.
struct Refusal: Error, Equatable {
    /// Bounded names for the metrics.
    enum Kind: Int, CaseIterable {
        case malformed, tooLarge, notRouted, notServed, notReady, overloaded, clientTooSlow, upstreamFailed, timedOut
        case notRecorded

        var label: String {
            switch self {
            case .malformed: "malformed"
            case .tooLarge: "too_large"
            case .notRouted: "not_routed"
            case .notServed: "not_served"
            case .notReady: "not_ready"
            case .overloaded: "overloaded"
            case .clientTooSlow: "client_too_slow"
            case .upstreamFailed: "upstream_failed"
            case .timedOut: "timed_out"
            case .notRecorded: "not_recorded"
            }
        }
    }

    var kind: Kind
    var status: HTTPResponseStatus
    var message: String
    /// Whether the connection cannot be used after it, because the message's end is not known or not waited for.
    var closes: Bool
    /// Seconds.
    var retryAfter: Int?

    init(_ kind: Kind, _ status: HTTPResponseStatus, _ message: String, closes: Bool = false, retryAfter: Int? = nil) {
        self.kind = kind
        self.status = status
        self.message = message
        self.closes = closes
        self.retryAfter = retryAfter
    }

    static func malformed(_ message: String) -> Refusal { Refusal(.malformed, .badRequest, message, closes: true) }

    static let notRouted = Refusal(
        .notRouted, .notFound, "nothing is routed here; paths begin with /{environment}/{deployment}/")
    static let bodyTooLarge = Refusal(.tooLarge, .payloadTooLarge, "the request body is too large", closes: true)
    static let overloaded = Refusal(
        .overloaded, .serviceUnavailable, "too many connections; try again later", closes: true, retryAfter: 1)
    static let exhausted = Refusal(
        .overloaded, .serviceUnavailable, "too many connections; try again later", retryAfter: 1)
    static let tooSlow = Refusal(
        .clientTooSlow, .requestTimeout, "the request did not arrive in time", closes: true)
    static let notReady = Refusal(
        .notReady, .serviceUnavailable, "no replica of this deployment is ready; try again later", retryAfter: 1)

    /// `{"error": …}` and a newline.
    var body: String { "{\"error\": \(Self.quoted(message))}\n" }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case _ where scalar.value < 0x20:
                let hex = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
