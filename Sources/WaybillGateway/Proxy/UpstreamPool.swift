import NIOCore
import NIOHTTP1
import NIOPosix

/// One loop's kept connections to backends, newest first, and the way to new ones.
final class UpstreamPool {
    private let eventLoop: any EventLoop
    private let limits: GatewayLimits
    private var idle: [ObjectIdentifier: [UpstreamConnection]] = [:]

    init(eventLoop: any EventLoop, limits: GatewayLimits) {
        self.eventLoop = eventLoop
        self.limits = limits
    }

    func takeIdle(_ backend: Backend) -> UpstreamConnection? {
        idle[ObjectIdentifier(backend)]?.popLast()
    }

    func keep(_ connection: UpstreamConnection, now: UInt64) {
        connection.idleSince = now
        let key = ObjectIdentifier(connection.backend)
        guard idle[key, default: []].count < limits.upstreamIdleConnections else { return connection.close() }
        idle[key, default: []].append(connection)
    }

    func forget(_ connection: UpstreamConnection) {
        let key = ObjectIdentifier(connection.backend)
        idle[key]?.removeAll { $0 === connection }
    }

    func closeIdle(now: UInt64) {
        let limit = limits.upstreamIdleTimeout.inNanoseconds
        for (key, connections) in idle {
            let kept = connections.firstIndex { now < $0.idleSince &+ limit } ?? connections.endIndex
            guard kept > 0 || connections.isEmpty else { continue }
            idle[key] = kept == connections.count ? nil : Array(connections[kept...])
            for connection in connections[..<kept] { connection.close() }
        }
    }

    func keepOnly(_ isWanted: (Backend) -> Bool) {
        for (key, connections) in idle {
            guard let backend = connections.first?.backend, !isWanted(backend) else { continue }
            idle[key] = nil
            for connection in connections { connection.close() }
        }
    }

    /// Connects to `backend` and calls back on the loop.
    func connect(_ backend: Backend, then: @escaping (Result<UpstreamConnection, any Error>) -> Void) {
        let connection = UpstreamConnection(backend: backend, pool: self)
        let bound = NIOLoopBound(connection, eventLoop: eventLoop)
        let limits = limits
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(.nanoseconds(Int64(limits.connectTimeout.inNanoseconds)))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelOption(.recvAllocator, value: AdaptiveRecvByteBufferAllocator.gateway)
            .channelOption(.writeBufferWaterMark, value: .gateway(limits))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try bound.value.install(in: channel.pipeline, limits: limits) }
            }
        do {
            let address = try SocketAddress(ipAddress: "127.0.0.1", port: backend.identity.port)
            bootstrap.connect(to: address).assumeIsolated().whenComplete { then($0.map { _ in connection }) }
        } catch {
            then(.failure(error))
        }
    }
}

extension AdaptiveRecvByteBufferAllocator {
    /// Small for many connections, growing for bodies.
    static let gateway = AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 2048, maximum: 65_536)
}

extension ChannelOptions.Types.WriteBufferWaterMark {
    static func gateway(_ limits: GatewayLimits) -> Self {
        Self(low: limits.writeBufferBytes / 2, high: limits.writeBufferBytes)
    }
}

extension NIOHTTPDecoderLimitConfiguration {
    init(_ limits: GatewayLimits) {
        self.init()
        maxHeaderFieldSize = limits.headerFieldBytes
        maxHeaderListSize = limits.headerBytes
        maxHeaderFieldCount = limits.headerCount
    }
}
