import NIOCore

/// On a listener: stops accepting for a while when descriptors have run out. What waits in the queue keeps the socket
/// readable, so without a pause the loop would do nothing but fail to accept.
///
/// NIO's `AcceptBackoffHandler` delays the next read, but a listener that failed to accept is not asked to read anew: it
/// stays registered and spins. So reading itself is turned off and on here.
private final class AcceptPause: ChannelInboundHandler {
    typealias InboundIn = any Channel

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let listener = context.channel
        listener.setOption(.autoRead, value: false).whenComplete { _ in
            listener.eventLoop.scheduleTask(in: .milliseconds(200)) { listener.setOption(.autoRead, value: true) }
        }
    }
}

extension Channel {
    /// For a listener's initializer.
    func pauseAcceptingWithoutDescriptors() -> EventLoopFuture<Void> {
        eventLoop.makeCompletedFuture { try pipeline.syncOperations.addHandler(AcceptPause()) }
    }
}
