import NIOHTTP1

/// One request and its answer, as far as they have come.
struct Exchange {
    // The request.
    var facts: RequestFacts?
    var isHead = false
    var clientMinor = 1
    var keepsAlive = false
    var isIdempotent = false
    var startedAt: UInt64 = 0
    var bodyReceived: Int64 = 0
    /// Small enough to be held until it is whole; only then a backend is chosen.
    var gathers = true
    var requestEnded = false
    /// All that was received so far is still in `outbound`, so that it can be sent again.
    var isWhole = true

    // The backend.
    var route: RouteEntry?
    var version: String?
    var backend: Backend?
    var upstream: UpstreamConnection?
    var attempts = 0
    /// Something of the request has been written to `upstream`.
    var begun = false
    var needsFlush = false

    // The answer.
    var answerBegun = false
    var answerBody = AnswerBody.none
    var status = 0
    var closing = false
    var upstreamMayServeAgain = false
}

/// How an attempt at a backend failed before its answer began.
enum AttemptFailure: Equatable {
    /// No connection, so nothing was sent.
    case notConnected(timedOut: Bool)
    /// Closed or reset without a byte of an answer. `reused`: the connection had served before, so the backend may have
    /// closed it as idle just when the request left.
    case closed(reused: Bool)
    /// Something other than an answer came.
    case garbled

    /// Whether the request may be sent once more: never when the backend may have acted on it and acting twice could matter.
    func mayRetry(attempts: Int, isWhole: Bool, isIdempotent: Bool) -> Bool {
        guard attempts < 2, isWhole else { return false }
        return switch self {
        case .notConnected: true
        case .closed(let reused): reused || isIdempotent
        case .garbled: false
        }
    }

    var refusal: Refusal {
        switch self {
        case .notConnected(timedOut: true):
            Refusal(.timedOut, .gatewayTimeout, "the replica did not accept a connection in time")
        case .notConnected(timedOut: false):
            Refusal(.upstreamFailed, .badGateway, "the replica does not accept connections")
        case .closed: Refusal(.upstreamFailed, .badGateway, "the replica closed the connection before it answered")
        case .garbled: AnswerFacts.bad("is malformed")
        }
    }
}
