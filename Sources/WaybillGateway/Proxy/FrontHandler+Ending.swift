import NIOCore
import NIOHTTP1
import WaybillTrust

/// Refusing, closing, running out of time.
extension FrontHandler {
    /// Answers the exchange under way ourselves. Only before a backend's answer has begun.
    func refuse(_ refusal: Refusal) {
        countRefusal(refusal)
        record(.refused, status: Int(refusal.status.code))
        letGoOfBackend(mayServeAgain: false)
        exchange.closing = refusal.closes || !exchange.keepsAlive || loop.isDraining || !canDiscardRest
        exchange.answerBegun = true
        var buffer = loop.takeBuffer()
        buffer.writeRefusal(
            refusal, toHead: exchange.isHead, clientMinor: exchange.clientMinor, closing: exchange.closing,
            stamps: exchange.refusalStamps)
        finishAnswer(buffer)
    }

    /// Answers bytes that never became a request.
    func refuseOutsideExchange(_ refusal: Refusal) {
        stage = .active
        exchange.startedAt = loop.clock.coarse
        exchange.id = loop.nextID()
        refuse(refusal)
    }

    /// Whether the rest of the request is short and sure to come, so that the connection can go on after it.
    private var canDiscardRest: Bool {
        guard !exchange.requestEnded else { return true }
        guard let facts = exchange.facts, !facts.expectsContinue else { return false }
        return switch facts.body {
        case .none: true
        case .length(let length): length <= loop.limits.gatherBytes
        case .chunked: false
        }
    }

    func writeContinue() {
        var buffer = loop.takeBuffer()
        buffer.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n")
        context?.writeAndFlush(Self.wrapOutboundOut(buffer), promise: nil)
    }

    /// Writes the last bytes that this connection will carry, then closes it.
    func writeLast(_ bytes: consuming ByteBuffer) {
        guard let context else { return }
        // More may come that nobody will read: closing at once would reset the connection under the answer.
        let mayHaveMore = !exchange.requestEnded || hasQueued
        stage = .lingering
        deadline = loop.clock.coarse &+ loop.limits.idleTimeout.inNanoseconds
        dropQueued()
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { [self] _ in
            if mayHaveMore { linger() } else { cutOff() }
        }
        context.writeAndFlush(Self.wrapOutboundOut(bytes), promise: written)
    }

    private func linger() {
        guard stage == .lingering, let context else { return }
        deadline = loop.clock.coarse &+ loop.limits.lingerTimeout.inNanoseconds
        context.close(mode: .output, promise: nil)
        resumeReading()
    }

    /// Closes without another word.
    func cutOff() {
        if stage == .active { cancelExchange() }
        stage = .closed
        context?.close(promise: nil)
    }

    func expire() {
        if stage == .idle, headArrives { return refuseOutsideExchange(.tooSlow) }
        guard stage == .active, !exchange.answerBegun else { return cutOff() }
        let waitsForBackend = exchange.requestEnded || exchange.upstream.map { !$0.isWritable } ?? false
        if waitsForBackend {
            countUpstreamFailure()
            refuse(Refusal(.timedOut, .gatewayTimeout, "the replica did not answer in time"))
        } else {
            refuse(.tooSlow)
        }
    }
}
