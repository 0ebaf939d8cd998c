import NIOCore
import NIOHTTP1
import WaybillTrust

/// From a backend to the client.
extension FrontHandler {
    /// Whether more of an answer may be read.
    var canTakeAnswer: Bool { !exchange.answerBegun || (context?.channel.isWritable ?? true) }

    func answerHead(_ head: HTTPResponseHead) {
        deadline = loop.clock.coarse &+ loop.limits.idleTimeout.inNanoseconds
        do {
            let facts = try AnswerFacts(head, toHead: exchange.isHead, clientMinor: exchange.clientMinor)
            if head.status.code < 200 { return try passInformation(head, facts) }
            try writeHead(head, facts)
        } catch {
            countUpstreamFailure()
            refuse(error)
        }
    }

    private func writeHead(_ head: HTTPResponseHead, _ facts: AnswerFacts) throws(Refusal) {
        let closing =
            !exchange.keepsAlive || !exchange.requestEnded || facts.body == .untilClose || loop.isDraining
        var buffer = loop.takeBuffer()
        buffer.writeAnswer(
            head, facts: facts, clientMinor: exchange.clientMinor, closing: closing, stamps: exchange.stamps)
        guard !buffer.holdsReplacementCharacter() else { throw AnswerFacts.bad("has header fields that are not UTF-8") }
        answer = buffer
        exchange.answerBegun = true
        exchange.answerBody = facts.body
        exchange.closing = closing
        exchange.status = Int(head.status.code)
        exchange.upstreamMayServeAgain = head.isKeepAlive && !facts.connection.close && !facts.endsConnection
    }

    /// An interim answer goes on to clients that know of them; 100 is between us and the backend.
    private func passInformation(_ head: HTTPResponseHead, _ facts: AnswerFacts) throws(Refusal) {
        guard head.status != .continue, exchange.clientMinor >= 1 else { return }
        var buffer = loop.takeBuffer()
        buffer.writeAnswer(head, facts: facts, clientMinor: 1, closing: false, stamps: nil)
        guard !buffer.holdsReplacementCharacter() else { throw AnswerFacts.bad("has header fields that are not UTF-8") }
        context?.writeAndFlush(Self.wrapOutboundOut(buffer), promise: nil)
    }

    func answerBody(_ part: ByteBuffer) {
        guard exchange.answerBegun else { return }
        deadline = loop.clock.coarse &+ loop.limits.idleTimeout.inNanoseconds
        exchange.bodySent += Int64(part.readableBytes)
        captureAnswer(part)
        let isChunked = exchange.answerBody == .chunked
        // Small parts travel in one buffer with what goes before them; large ones are not copied.
        if part.readableBytes <= 8192 {
            if isChunked { answer.writeChunk(part) } else { answer.writeImmutableBuffer(part) }
            return
        }
        if isChunked { answer.writeChunkLength(part.readableBytes) }
        writeOut()
        context?.write(Self.wrapOutboundOut(part), promise: nil)
        if isChunked { answer.writeStaticString("\r\n") }
    }

    /// Nothing more of the answer is here right now: the client gets what there is.
    func answerPaused() {
        guard stage == .active, exchange.answerBegun else { return }
        writeOut()
        context?.flush()
    }

    private func writeOut() {
        guard answer.readableBytes > 0 else { return }
        context?.write(Self.wrapOutboundOut(answer), promise: nil)
        exchange.isAnswerOut = true
        answer = loop.takeBuffer()
    }

    func answerEnd(_ trailers: HTTPHeaders?) {
        guard stage == .active, exchange.answerBegun else { return }
        if exchange.answerBody == .chunked { answer.writeLastChunk(trailers) }
        let isComplete = exchange.requestEnded
        letGoOfBackend(mayServeAgain: exchange.upstreamMayServeAgain && isComplete)
        if exchange.recording?.isRequired == true { return answerWhenRecorded() }
        record(.answered, status: exchange.status)
        completeAnswer()
    }

    /// Lets the client have the end of the answer.
    func completeAnswer() {
        countAnswer()
        let bytes = answer
        answer = ByteBuffer()
        finishAnswer(bytes)
    }

    /// Writes the last bytes of an answer, ours or a backend's, and goes on to what comes after it.
    func finishAnswer(_ bytes: consuming ByteBuffer) {
        guard !exchange.closing else { return writeLast(bytes) }
        context?.writeAndFlush(Self.wrapOutboundOut(bytes), promise: nil)
        loop.giveBack(bytes)
        if exchange.requestEnded { becomeIdle() } else { stage = .discarding }
    }

    // MARK: A backend that fails

    func upstreamClosed() { upstreamFailed(garbled: false) }

    func upstreamBroke(_ error: any Error) { upstreamFailed(garbled: !(error is IOError)) }

    private func upstreamFailed(garbled: Bool) {
        guard stage == .active, let upstream = exchange.upstream else { return }
        guard exchange.answerBegun else {
            return attemptFailed(garbled ? .garbled : .closed(reused: upstream.isReused))
        }
        // The client sees a short body or a missing last chunk: it cannot take it for a whole answer.
        countUpstreamFailure()
        countBrokenAnswer()
        if answer.readableBytes > 0 { context?.writeAndFlush(Self.wrapOutboundOut(answer), promise: nil) }
        cutOff()
    }
}
