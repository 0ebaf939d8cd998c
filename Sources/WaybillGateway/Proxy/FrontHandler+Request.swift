import Glibc
import NIOCore
import NIOHTTP1
import Synchronization
import WaybillTrust

/// From the client to a backend.
extension FrontHandler {
    func beginRequest(_ head: HTTPRequestHead) {
        stage = .active
        headArrives = false
        exchange.startedAt = LoopClock.exact()
        exchange.id = loop.nextID()
        exchange.isHead = head.method == .HEAD
        exchange.clientMinor = head.version.minor
        exchange.keepsAlive = head.isKeepAlive
        if loop.access != nil { noteAccess(of: head) }
        deadline = loop.clock.coarse &+ loop.limits.idleTimeout.inNanoseconds
        do {
            try admit(head)
        } catch {
            return refuse(error)
        }
        guard let facts = exchange.facts else { return }
        if facts.expectsContinue, facts.body != .none { writeContinue() }
        // What is in the same packet as the head is sent with it.
        if !exchange.gathers { dispatch(sendsNow: false) }
    }

    private func admit(_ head: HTTPRequestHead) throws(Refusal) {
        // What it holds is of another request.
        outbound.clear()
        let facts = try RequestFacts(head, limits: loop.limits)
        exchange.facts = facts
        if facts.connection.close || facts.hasUpgrade { exchange.keepsAlive = false }
        let target = try RequestTarget(head.uri)
        guard let route = loop.snapshot.route(target.key) else { throw .notRouted }
        exchange.route = route
        if try beginFeedback(head, facts, target.path) { return }
        try beginRecording(head, target.path)
        exchange.aim = try route.aim(at: target.path, choice: try Self.choice(in: head, by: route.chooser))
        exchange.isIdempotent = head.method.isIdempotent || route.isRepeatable(target.path)
        switch facts.body {
        case .none: exchange.gathers = true
        case .length(let length): exchange.gathers = length <= loop.limits.gatherBytes
        case .chunked: exchange.gathers = false
        }
        outbound.writeRequest(head, facts: facts, target: target.rest, client: client, random: &loop.random)
        exchange.bodyStart = outbound.writerIndex
        guard !outbound.holdsReplacementCharacter() else { throw .malformed("header fields must be UTF-8") }
    }

    /// What the request's field of the name `chooser` says; nil without one.
    private static func choice(in head: HTTPRequestHead, by chooser: String?) throws(Refusal) -> String? {
        guard let chooser else { return nil }
        let values = head.headers[chooser]
        guard values.count <= 1 else {
            throw Refusal(.malformed, .badRequest, "the header '\(chooser)' is given more than once")
        }
        return values.first
    }

    func takeBody(_ part: ByteBuffer) {
        exchange.bodyReceived += Int64(part.readableBytes)
        guard exchange.bodyReceived <= loop.limits.bodyBytes else {
            return exchange.answerBegun ? cutOff() : refuse(.bodyTooLarge)
        }
        deadline = loop.clock.coarse &+ loop.limits.idleTimeout.inNanoseconds
        captureRequest(part)
        let isChunked = exchange.facts?.body == .chunked
        guard exchange.begun else {
            // Nothing is sent yet; reading stops when this grows past its bound.
            if isChunked { outbound.writeChunk(part) } else { outbound.writeImmutableBuffer(part) }
            return
        }
        exchange.isWhole = false
        exchange.needsFlush = true
        guard isChunked else {
            exchange.upstream?.write(part)
            return
        }
        var framed = loop.takeBuffer()
        framed.writeChunk(part)
        exchange.upstream?.write(framed)
    }

    func endRequest(_ trailers: HTTPHeaders?) {
        exchange.requestEnded = true
        deadline = loop.clock.coarse &+ loop.limits.firstByteTimeout.inNanoseconds
        if exchange.facts?.body == .chunked { writeEnd(trailers) }
        if let recording = exchange.feedback { return takeFeedback(for: recording) }
        if exchange.gathers { dispatch() } else { pauseRequest() }
    }

    private func writeEnd(_ trailers: HTTPHeaders?) {
        guard exchange.begun else { return outbound.writeLastChunk(trailers) }
        var end = loop.takeBuffer()
        end.writeLastChunk(trailers)
        exchange.isWhole = false
        exchange.needsFlush = true
        exchange.upstream?.write(end)
    }

    /// Nothing more of the request is here right now: sends what there is.
    func pauseRequest() {
        guard stage == .active, let upstream = exchange.upstream else { return }
        if !exchange.begun {
            send(on: upstream)
        } else if exchange.needsFlush {
            exchange.needsFlush = false
            upstream.flush()
        }
    }

    private func send(on upstream: UpstreamConnection) {
        exchange.begun = true
        upstream.begin(outbound, isHead: exchange.isHead)
    }

    // MARK: Choosing

    /// Chooses a backend and brings the request to it.
    ///
    /// - Parameter failure: the attempt before this one.
    func dispatch(after failure: FailedChoice? = nil, sendsNow: Bool = true) {
        guard let route = exchange.route,
            let candidate = route.choose(
                exchange.aim, after: failure, turn: loop.nextTurn(), now: loop.clock.coarse)
        else { return refuse(.notReady) }
        let backend = candidate.backend
        exchange.candidate = candidate
        exchange.generation = loop.snapshot.generation
        exchange.backend = backend
        exchange.attempts += 1
        backend.outstanding.wrappingAdd(1, ordering: .relaxed)
        // A second attempt gets a new connection: the other kept ones may be as stale as the first.
        if exchange.attempts == 1, let kept = loop.pool.takeIdle(backend) {
            attach(kept, sendsNow: sendsNow)
        } else {
            connect(to: backend)
        }
    }

    private func connect(to backend: Backend) {
        let started = exchange.startedAt
        loop.pool.connect(backend) { [self] result in
            // The client may be gone, or be served otherwise, by now.
            let isWanted =
                stage == .active && exchange.startedAt == started && exchange.backend === backend
                && exchange.upstream == nil
            switch result {
            case .success(let connection):
                if isWanted { attach(connection, sendsNow: true) } else { connection.close() }
            case .failure(let error):
                if (error as? IOError)?.saysTooManyFiles ?? false {
                    // It is this process that is full, not the replica that is at fault.
                    if isWanted { refuse(.exhausted) }
                    return
                }
                backend.restingUntil.store(loop.clock.coarse &+ 1_000_000_000, ordering: .relaxed)
                guard isWanted else { return }
                var timedOut = false
                if case .connectTimeout? = error as? ChannelError { timedOut = true }
                attemptFailed(.notConnected(timedOut: timedOut))
            }
        }
    }

    private func attach(_ upstream: UpstreamConnection, sendsNow: Bool) {
        exchange.upstream = upstream
        upstream.attach(self)
        if exchange.requestEnded { deadline = loop.clock.coarse &+ loop.limits.firstByteTimeout.inNanoseconds }
        if sendsNow { send(on: upstream) }
        resumeReading()
    }

    // MARK: Failing

    func attemptFailed(_ failure: AttemptFailure) {
        let failed = exchange.backend.map { FailedChoice(backend: $0, wasSent: failure.wasSent && exchange.begun) }
        countUpstreamFailure()
        letGoOfBackend(mayServeAgain: false)
        let isDivided = exchange.route?.isDivided(exchange.aim) ?? false
        if failure.mayRetry(
            attempts: exchange.attempts, isWhole: exchange.isWhole, isIdempotent: exchange.isIdempotent,
            isDivided: isDivided)
        {
            exchange.begun = false
            retry(after: failed)
        } else {
            refuse(failure.refusal)
        }
    }

    /// The table may have changed since the first choice.
    private func retry(after failed: FailedChoice?) {
        if let key = exchange.route?.key, let current = loop.snapshot.route(Substring(key)) { exchange.route = current }
        dispatch(after: failed)
    }

    /// Ends the tie to the backend; its count of requests in flight goes down exactly once.
    func letGoOfBackend(mayServeAgain: Bool) {
        guard let backend = exchange.backend else { return }
        exchange.backend = nil
        backend.outstanding.wrappingSubtract(1, ordering: .relaxed)
        let upstream = exchange.upstream
        exchange.upstream = nil
        upstream?.release(reusable: mayServeAgain && loop.snapshot.isInRotation(backend), now: loop.clock.coarse)
    }

    /// The client is gone: so is the reason for an answer.
    func cancelExchange() {
        if exchange.answerBegun { logAccess(.broken(status: exchange.status)) } else { countCancelled() }
        record(
            exchange.answerBegun ? .brokenOff : .cancelled, status: exchange.answerBegun ? exchange.status : 0)
        letGoOfBackend(mayServeAgain: false)
    }
}

extension IOError {
    /// The process, or the machine, has no descriptor left.
    var saysTooManyFiles: Bool { errnoCode == EMFILE || errnoCode == ENFILE }
}

extension HTTPMethod {
    /// RFC 9110, 9.2.2, as far as they pass here.
    var isIdempotent: Bool {
        switch self {
        case .GET, .HEAD, .OPTIONS, .PUT, .DELETE: true
        default: false
        }
    }
}
