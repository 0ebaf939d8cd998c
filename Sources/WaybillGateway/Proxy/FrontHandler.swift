import NIOCore
import NIOHTTP1

/// One client's connection: takes its requests one after the other, passes each to a backend and the answer back.
///
/// Everything happens on the loop of both connections, so the two sides call each other directly. Bytes are held only up
/// to the limits: a side is read only while the other can take what comes.
final class FrontHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Stage {
        /// Between requests.
        case idle
        /// A request is under way.
        case active
        /// Answered early; the rest of a short request is thrown away, then the connection goes on.
        case discarding
        /// Answered, our side closed; what still comes is thrown away for a while, lest a reset destroy the answer.
        case lingering
        case closed
    }

    let loop: LoopState
    /// Where `loop` keeps it.
    var place = Int.max
    /// Monotonic nanoseconds; looked at by the loop's tick.
    var deadline: UInt64
    var stage = Stage.idle
    var exchange = Exchange()
    /// The request as it is sent to a backend, whole as long as `exchange.isWhole`.
    var outbound = ByteBufferAllocator().buffer(capacity: 1024)
    var answer = ByteBuffer()
    var requestCapture = BodyCapture()
    var answerCapture = BodyCapture()
    var client = ClientLines(nil)
    private(set) var context: ChannelHandlerContext?
    /// Requests that came before the answer to the one under way; reading stops while it is not empty.
    private var queue = CircularBuffer<HTTPServerRequestPart>(initialCapacity: 2)
    private var queuedError: Refusal?
    private var takesQueued = false
    private var readHeld = false
    private var tookPart = false
    /// Bytes came between requests and made no head yet.
    var headArrives = false

    init(loop: LoopState) {
        self.loop = loop
        deadline = loop.clock.coarse &+ loop.limits.keepAliveTimeout.inNanoseconds
    }

    // MARK: From the channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        client = ClientLines(context.remoteAddress)
        loop.join(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        loop.leave(self)
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        if stage == .active { cancelExchange() }
        stage = .closed
        loop.leave(self)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = Self.unwrapInboundIn(data)
        tookPart = true
        switch stage {
        case .lingering, .closed: return
        case .active where exchange.requestEnded || !queue.isEmpty: queue.append(part)
        case .idle, .active, .discarding: take(part)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if stage == .idle, !tookPart { headArrives = true }
        tookPart = false
        pauseRequest()
    }

    func read(context: ChannelHandlerContext) {
        if mayRead { context.read() } else { readHeld = true }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { exchange.upstream?.resumeReading() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let refusal = Refusal(parsing: error) else { return cutOff() }
        switch stage {
        case .lingering, .closed: return
        case .idle: refuseOutsideExchange(refusal)
        case .discarding: cutOff()
        case .active where exchange.requestEnded: queuedError = refusal
        case .active: exchange.answerBegun ? cutOff() : refuse(refusal)
        }
    }

    // MARK: Reading

    private var mayRead: Bool {
        guard stage == .active else { return true }
        guard queue.isEmpty, queuedError == nil else { return false }
        // While an answer is awaited reading goes on, because it is how a disconnect is noticed.
        if exchange.requestEnded { return true }
        if exchange.begun, let upstream = exchange.upstream { return upstream.isWritable }
        return outbound.readableBytes <= loop.limits.gatherBytes
    }

    func resumeReading() {
        guard readHeld, mayRead else { return }
        readHeld = false
        context?.read()
    }

    func upstreamBecameWritable() { resumeReading() }

    /// Goes on with requests that came early.
    func takeQueued() {
        guard !takesQueued else { return }
        takesQueued = true
        while stage == .idle || stage == .discarding || (stage == .active && !exchange.requestEnded) {
            guard let part = queue.popFirst() else { break }
            take(part)
        }
        takesQueued = false
        pauseRequest()
        if queue.isEmpty, stage == .idle, let error = queuedError {
            queuedError = nil
            refuseOutsideExchange(error)
        }
        resumeReading()
    }

    func dropQueued() {
        queue.removeAll()
        queuedError = nil
    }

    var hasQueued: Bool { !queue.isEmpty || queuedError != nil }

    private func take(_ part: HTTPServerRequestPart) {
        switch part {
        case .head(let head): beginRequest(head)
        case .body(let bytes): if stage == .active { takeBody(bytes) }
        case .end(let trailers):
            if stage == .active {
                endRequest(trailers)
            } else if stage == .discarding {
                becomeIdle()
            }
        }
    }

    func becomeIdle() {
        stage = .idle
        headArrives = false
        exchange = Exchange()
        deadline = loop.clock.coarse &+ loop.limits.keepAliveTimeout.inNanoseconds
        if outbound.capacity > 16 * 1024 { outbound = ByteBufferAllocator().buffer(capacity: 1024) }
        if hasQueued || readHeld { takeQueued() }
    }
}

extension Refusal {
    /// What the parser's errors say to the client; nil for an error of the connection itself.
    init?(parsing error: any Error) {
        guard let error = error as? HTTPParserError else { return nil }
        switch error {
        case .headerOverflow:
            self.init(
                .tooLarge, .requestHeaderFieldsTooLarge, "the request's header fields are too large", closes: true)
        case .invalidVersion:
            self.init(.malformed, .httpVersionNotSupported, "only HTTP/1.1 and HTTP/1.0 are spoken here", closes: true)
        case .invalidEOFState: return nil
        default: self = .malformed("the request is malformed")
        }
    }
}
