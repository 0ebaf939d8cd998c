import NIOCore
import NIOHTTP1

/// One connection to a backend: carries one exchange at a time, then rests in its loop's pool.
final class UpstreamConnection: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    let backend: Backend
    var idleSince: UInt64 = 0
    private let encoder = PassThroughEncoder()
    private unowned let pool: UpstreamPool
    private var context: ChannelHandlerContext?
    private var front: FrontHandler?
    private var readHeld = false
    private(set) var served = 0
    private(set) var isOpen = false

    init(backend: Backend, pool: UpstreamPool) {
        self.backend = backend
        self.pool = pool
    }

    func install(in pipeline: ChannelPipeline, limits: GatewayLimits) throws {
        let decoder = HTTPResponseDecoder(
            leftOverBytesStrategy: .dropBytes, informationalResponseStrategy: .forward,
            limitConfiguration: NIOHTTPDecoderLimitConfiguration(limits))
        try pipeline.syncOperations.addHandlers([encoder, ByteToMessageHandler(decoder), self])
    }

    // MARK: For the exchange

    /// Whether it has carried an exchange before, so that a close may only mean that the backend was tired of waiting.
    var isReused: Bool { served > 1 }

    var isWritable: Bool { context?.channel.isWritable ?? false }

    func attach(_ front: FrontHandler) {
        self.front = front
        served += 1
    }

    /// Writes the first bytes of a request, its whole head at least. Telling the parser of HEAD is the reason for the detour.
    func begin(_ bytes: ByteBuffer, isHead: Bool) {
        encoder.next = bytes
        context?.writeAndFlush(Self.wrapOutboundOut(.head(isHead ? Self.headMark : Self.otherMark)), promise: nil)
    }

    func write(_ bytes: ByteBuffer) { encoder.write(bytes) }

    func flush() { context?.flush() }

    /// Gives the exchange up or ends it; the pool takes the connection when it can serve again.
    func release(reusable: Bool, now: UInt64) {
        front = nil
        guard reusable, isOpen else { return close() }
        resumeReading()
        pool.keep(self, now: now)
    }

    func close() {
        front = nil
        context?.close(promise: nil)
    }

    func resumeReading() {
        guard readHeld else { return }
        readHeld = false
        context?.read()
    }

    private static let headMark = HTTPRequestHead(version: .http1_1, method: .HEAD, uri: "/")
    private static let otherMark = HTTPRequestHead(version: .http1_1, method: .POST, uri: "/")

    // MARK: From the channel

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
        isOpen = true
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        isOpen = false
        if let front {
            self.front = nil
            front.upstreamClosed()
        } else {
            pool.forget(self)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        isOpen = false
        if let front {
            self.front = nil
            front.upstreamBroke(error)
        } else {
            pool.forget(self)
        }
        context.close(promise: nil)
    }

    func read(context: ChannelHandlerContext) {
        if let front, !front.canTakeAnswer { readHeld = true } else { context.read() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let front else { return }
        switch Self.unwrapInboundIn(data) {
        case .head(let head): front.answerHead(head)
        case .body(let part): front.answerBody(part)
        case .end(let trailers): front.answerEnd(trailers)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) { front?.answerPaused() }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { front?.upstreamBecameWritable() }
    }
}

/// Puts a request's ready-made bytes on the wire in place of the head mark that the response parser has seen pass.
final class PassThroughEncoder: ChannelOutboundHandler {
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = ByteBuffer

    var next: ByteBuffer?
    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard let bytes = next else { return }
        next = nil
        context.write(Self.wrapOutboundOut(bytes), promise: promise)
    }

    func write(_ bytes: ByteBuffer) {
        context?.write(Self.wrapOutboundOut(bytes), promise: nil)
    }
}
