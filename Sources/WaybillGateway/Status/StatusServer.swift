import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import WaybillCore

/// Answers `/status`, `/healthz` and `/metrics` on a Unix socket, on a thread of its own so that a long page delays no request.
final class StatusServer: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let listener: any Channel

    private init(group: MultiThreadedEventLoopGroup, listener: any Channel) {
        self.group = group
        self.listener = listener
    }

    static func start(_ server: GatewayServer, at path: String) async throws(Failure) -> StatusServer {
        let descriptor = try UnixSocket.listen(at: path)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        do {
            let listener = try await ServerBootstrap(group: group)
                .serverChannelInitializer { $0.pauseAcceptingWithoutDescriptors() }
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        try pipeline.configureHTTPServerPipeline(withErrorHandling: true)
                        try pipeline.addHandler(StatusHandler(server: server))
                    }
                }
                .withBoundSocket(descriptor).get()
            return StatusServer(group: group, listener: listener)
        } catch {
            try? await group.shutdownGracefully()
            throw Failure(.retry, reason: "SocketUnavailable", message: "cannot serve at \(path): \(error)")
        }
    }

    func stop() async {
        try? await listener.close()
        try? await group.shutdownGracefully()
    }
}

private final class StatusHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let server: GatewayServer
    private var path = ""

    init(server: GatewayServer) { self.server = server }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let head): path = head.method == .GET ? head.uri : ""
        case .body: break
        case .end: answer(on: context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func answer(on context: ChannelHandlerContext) {
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        StatusPage.render(path, of: server, on: context.eventLoop).whenSuccess { Self.write($0, on: bound.value) }
    }

    private static func write(_ page: StatusPage, on context: ChannelHandlerContext) {
        var head = HTTPResponseHead(version: .http1_1, status: page.status)
        head.headers.add(name: "content-type", value: page.type)
        head.headers.add(name: "content-length", value: String(page.body.utf8.count))
        head.headers.add(name: "connection", value: "close")
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: page.body)))), promise: nil)
        // One answer a connection: those who ask read to the end.
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
    }
}
