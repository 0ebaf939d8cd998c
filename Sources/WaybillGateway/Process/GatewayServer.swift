import Dispatch
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
package import WaybillCore

/// The data plane in this process: loops, listener, routes. `GatewayProcess` puts it into a process of its own.
package final class GatewayServer: Sendable {
    private struct State {
        var tableProblem: String?
        var snapshot = RoutingSnapshot.empty
        var ticks: [RepeatedTask] = []
        var listener: (any Channel)?
        /// What the process before this one still serves by and has in flight.
        var predecessor: HandOver.Report?
    }

    /// Where it listens.
    let address: ListenAddress
    private let configuration: GatewayConfiguration
    private let group: MultiThreadedEventLoopGroup
    private let loops: [NIOLoopBound<LoopState>]
    private let access: AccessLog?
    private let registry: BackendRegistry
    let records: RecordWriter
    /// Names this process's counting: chosen anew at each start.
    private let epoch = String(UInt64.random(in: .min ... .max), radix: 16)
    private let connections = Atomic<Int>(0)
    private let state = Mutex(State())

    package var port: Int { address.port }

    private init(configuration: GatewayConfiguration, address: ListenAddress, group: MultiThreadedEventLoopGroup)
        async throws
    {
        self.configuration = configuration
        self.address = address
        self.group = group
        access = try configuration.accessLog.map { path throws(Failure) in try AccessLog(path: path) }
        let access = access
        let (registry, limits) = (BackendRegistry(), configuration.limits)
        let eventLoops = Array(group.makeIterator())
        let records = RecordWriter(
            SegmentNames(stateFolder: configuration.stateFolder), meters: registry.recordingMeters,
            loops: eventLoops.count, limits: limits)
        var loops: [NIOLoopBound<LoopState>] = []
        let predictions = PredictionClock()
        for (loop, mailbox) in zip(eventLoops, records.mailboxes) {
            loops.append(
                try await loop.submit {
                    let state = LoopState(
                        eventLoop: loop, limits: limits, predictions: predictions, mailbox: mailbox, records: records)
                    state.access = access.map(AccessLines.init)
                    return NIOLoopBound(state, eventLoop: loop)
                }.get())
        }
        (self.loops, self.registry, self.records) = (loops, registry, records)
        records.start()
    }

    /// The loops for `listener`, with no route yet and nothing accepted.
    ///
    /// - Throws: `Failure` when they cannot be had.
    static func make(_ configuration: GatewayConfiguration, for listener: borrowing ListeningSocket)
        async throws(Failure) -> GatewayServer
    {
        guard let address = listener.address else { throw .setting("the listener has no address") }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.loops ?? System.coreCount)
        do {
            return try await GatewayServer(configuration: configuration, address: address, group: group)
        } catch {
            try? await group.shutdownGracefully()
            if let failure = error as? Failure { throw failure }
            throw Failure(.retry, reason: "GatewayNotStarted", message: "gateway: cannot serve on \(address): \(error)")
        }
    }

    /// Begins to accept.
    ///
    /// - Throws: `Failure` (retry) when the system refuses.
    func accept(on listener: borrowing ListeningSocket) async throws(Failure) {
        let descriptor = listener.duplicate()
        let tick = TimeAmount.nanoseconds(Int64(configuration.limits.tick.inNanoseconds))
        for loop in loops {
            let task = loop.eventLoop.scheduleRepeatedTask(initialDelay: tick, delay: tick) { _ in loop.value.tick() }
            state.withLock { $0.ticks.append(task) }
        }
        do {
            let channel = try await bootstrap().withBoundSocket(descriptor).get()
            // NIO has set a backlog of its own.
            Glibc.listen(descriptor, ListeningSocket.backlog)
            state.withLock { $0.listener = channel }
        } catch {
            throw Failure(
                .retry, reason: "GatewayNotStarted", message: "gateway: cannot accept on \(address): \(error)")
        }
    }

    private func bootstrap() -> ServerBootstrap {
        let byLoop = Dictionary(uniqueKeysWithValues: loops.map { (ObjectIdentifier($0.eventLoop), $0) })
        return ServerBootstrap(group: group)
            .serverChannelInitializer { $0.pauseAcceptingWithoutDescriptors() }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.recvAllocator, value: AdaptiveRecvByteBufferAllocator.gateway)
            .childChannelOption(.writeBufferWaterMark, value: .gateway(configuration.limits))
            .childChannelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let loop = byLoop[ObjectIdentifier(channel.eventLoop)]?.value else { return }
                    try install(in: channel, loop: loop)
                }
            }
    }

    private func install(in channel: any Channel, loop: LoopState) throws {
        let count = connections.wrappingAdd(1, ordering: .relaxed).newValue
        channel.closeFuture.whenComplete { [self] _ in connections.wrappingSubtract(1, ordering: .relaxed) }
        let decoder = HTTPRequestDecoder(
            leftOverBytesStrategy: .dropBytes, informationalResponseStrategy: .drop,
            limitConfiguration: NIOHTTPDecoderLimitConfiguration(loop.limits))
        let front = FrontHandler(loop: loop)
        try channel.pipeline.syncOperations.addHandlers([ByteToMessageHandler(decoder), front])
        if count > loop.limits.connections { front.refuseOutsideExchange(.overloaded) }
    }

    // MARK: Routes

    /// Puts a table in force on every loop, or notes why there is none. Waits for the loops: not to be called on one.
    func take(_ finding: TableWatch.Finding) {
        switch finding {
        case .problem(let words): state.withLock { $0.tableProblem = words }
        case .table(let table):
            let snapshot = registry.snapshot(of: table)
            let adoptions = loops.map { loop in loop.eventLoop.submit { loop.value.adopt(snapshot) } }
            for adoption in adoptions { try? adoption.wait() }
            // Only now: whoever reads the generation may rely on no loop choosing by an older table.
            let older = state.withLock { state in
                defer { (state.snapshot, state.tableProblem) = (snapshot, nil) }
                return state.snapshot
            }
            // Freed here, by the last who holds it: thousands of entries are too much for a loop.
            withExtendedLifetime(older) {}
        }
    }

    // MARK: Status

    package var status: GatewayStatus { status() }

    /// - Parameter mark: of a rotation that the asker has: it is left out when it is this one.
    func status(withoutRotation mark: Substring? = nil) -> GatewayStatus {
        let state = state.withLock { ($0.snapshot.generation, $0.tableProblem, $0.snapshot, $0.predecessor) }
        let inherited = state.3
        return GatewayStatus(
            // While the process before this one drains it chooses by its own table: the older of the two is in force.
            generation: min(state.0, inherited?.generation ?? .max), pid: getpid(), address: address.description,
            build: configuration.build, tableProblem: state.1,
            outstanding: registry.outstanding.merging(inherited?.outstanding ?? [:], uniquingKeysWith: +),
            rotation: mark.map { $0 == state.2.mark } == true ? [:] : state.2.rotation, rotationMark: state.2.mark,
            tableFormat: RouteTable.currentFormat)
    }

    var handOverReport: HandOver.Report {
        let status = status
        return HandOver.Report(generation: status.generation, outstanding: status.outstanding)
    }

    func setPredecessor(_ report: HandOver.Report?) { state.withLock { $0.predecessor = report } }

    /// Lines that the access log lacks; nil when none is kept.
    var droppedAccessLines: UInt64? { access?.dropped.load(ordering: .relaxed) }

    var openConnections: Int { connections.load(ordering: .relaxed) }

    /// What all loops counted, once each of them has answered.
    func reading(on eventLoop: any EventLoop) -> EventLoopFuture<GatewayReading> {
        let readings = loops.map { loop in loop.eventLoop.submit { loop.value.meters.reading } }
        return EventLoopFuture.reduce(into: GatewayReading(), readings, on: eventLoop) { $0.add($1) }
    }

    /// The deployment that each slot of a reading counts.
    var slotNames: [Int: String] { registry.slotNames }

    /// What was counted of `environment/deployment` by revision; nil when it is not in the table.
    func counts(of key: String) -> GatewayCounts? {
        let isWhole = state.withLock { $0.predecessor == nil }
        return registry.counts(of: key).map { GatewayCounts(epoch: epoch, isWhole: isWhole, revisions: $0) }
    }

    var revisionReadings: [RevisionReading] { registry.revisionReadings }

    // MARK: Ending

    /// Takes no new connections. Whoever else holds the listening socket goes on.
    package func stopAccepting() async {
        let listener = state.withLock { state in
            defer { state.listener = nil }
            return state.listener
        }
        try? await listener?.close()
    }

    /// `stopAccepting` for a thread that may block; not to be called on a loop.
    func stopAcceptingAndWait() {
        let listener = state.withLock { state in
            defer { state.listener = nil }
            return state.listener
        }
        try? listener?.close().wait()
    }

    /// Lets what is under way finish, answering with `connection: close`; after the drain time-out the rest is cut off.
    package func drain() async {
        await stopAccepting()
        let deadline = LoopClock.exact() &+ configuration.limits.drainTimeout.inNanoseconds
        let drained = loops.map { loop in
            loop.eventLoop.flatSubmit {
                let promise = loop.eventLoop.makePromise(of: Void.self)
                loop.value.drain { promise.succeed() }
                return promise.futureResult
            }
        }
        let remaining = deadline &- LoopClock.exact()
        let cut = loops[0].eventLoop.scheduleTask(in: .nanoseconds(Int64(remaining))) { [self] in cutOff() }
        for future in drained { try? await future.get() }
        cut.cancel()
    }

    private func cutOff() {
        for loop in loops { loop.eventLoop.execute { loop.value.cutOff() } }
    }

    /// Ends everything at once.
    package func shutDown() async {
        await stopAccepting()
        cutOff()
        for task in state.withLock({ $0.ticks }) { task.cancel() }
        // What was cut off is recorded and logged too.
        for loop in loops { try? await loop.eventLoop.submit { loop.value.access?.handOver() }.get() }
        access?.flush()
        await withCheckedContinuation { continuation in
            DispatchQueue(label: "waybill.records.end").async { [records] in
                records.stop()
                continuation.resume()
            }
        }
        try? await group.shutdownGracefully()
    }
}
