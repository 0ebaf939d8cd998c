import NIOHTTP1

/// One request and its answer, as far as they have come.
struct Exchange {
    // The request.
    var id = PredictionID(tick: 0, random: 0)
    var facts: RequestFacts?
    var isHead = false
    var clientMinor = 1
    var keepsAlive = false
    var isIdempotent = false
    var startedAt: UInt64 = 0
    /// For the access log, where there is one.
    var method = ""
    var path: Substring = ""
    var bodyReceived: Int64 = 0
    /// Small enough to be held until it is whole; only then a backend is chosen.
    var gathers = true
    var requestEnded = false
    /// All that was received so far is still in `outbound`, so that it can be sent again.
    var isWhole = true

    /// Where its body begins in `outbound`, while it gathers.
    var bodyStart = 0
    /// Its record is still to be made.
    var recording: RouteRecording?
    /// It is feedback, to be recorded by these rules.
    var feedback: RouteRecording?

    // The backend.
    var route: RouteEntry?
    var aim = RouteEntry.Aim.any
    /// Whom the request was given to last, also when that came to nothing.
    var candidate: Candidate?
    /// The same, while its count of requests in flight includes this one.
    var backend: Backend?
    var upstream: UpstreamConnection?
    var attempts = 0
    /// Of the table by which the candidate was chosen.
    var generation: UInt64 = 0
    /// Something of the request has been written to `upstream`.
    var begun = false
    var needsFlush = false

    // The answer.
    var answerBegun = false
    /// Some of it was written out.
    var isAnswerOut = false
    var answerBody = AnswerBody.none
    var status = 0
    /// Of the answer's body, so far.
    var bodySent: Int64 = 0
    var closing = false
    var upstreamMayServeAgain = false

    /// What an answer of its replica carries.
    var stamps: AnswerStamps {
        AnswerStamps(id: id, lines: candidate?.stamp ?? [], requestID: facts?.requestID)
    }

    /// What an answer of our own carries: no replica is to be taken for its author. A name that is not UTF-8, which the
    /// request may be refused for, does not come back.
    var refusalStamps: AnswerStamps {
        let name = facts?.requestID
        let isText = name.map { !$0.unicodeScalars.contains("\u{FFFD}") } ?? false
        return AnswerStamps(id: id, requestID: isText ? name : nil)
    }
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
    ///
    /// - Parameter isDivided: another revision could take it.
    func mayRetry(attempts: Int, isWhole: Bool, isIdempotent: Bool, isDivided: Bool = false) -> Bool {
        guard isWhole else { return false }
        // A connection that was refused has sent nothing, so there is a third attempt for another revision.
        return switch self {
        case .notConnected: attempts < (isDivided ? 3 : 2)
        case .closed(let reused): attempts < 2 && (reused || isIdempotent)
        case .garbled: false
        }
    }

    /// Whether the backend may have got something of the request.
    var wasSent: Bool {
        if case .notConnected = self { false } else { true }
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
