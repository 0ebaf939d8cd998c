@preconcurrency import Dispatch
import Glibc
import WaybillCore

/// The older gateway's side of a hand-over.
///
/// `@unchecked Sendable`: `source` is set once before anybody else sees the object; all else happens on `queue`.
final class HandOverServer: @unchecked Sendable {
    private let queue = DispatchQueue(label: "waybill.gateway.handover")
    private let server: GatewayServer
    private let lock: StateLock
    private let listener: CInt
    private let handedOver: @Sendable () -> Void
    private var source: (any DispatchSourceRead)?
    private var isOver = false
    private var isStopped = false

    /// - Parameters:
    ///   - listener: a descriptor of the listening socket; taken over.
    ///   - handedOver: called once, when a successor accepts.
    init(
        _ server: GatewayServer, lock: StateLock, listener: CInt, at path: String,
        handedOver: @escaping @Sendable () -> Void
    ) throws(Failure) {
        self.server = server
        self.lock = lock
        self.listener = listener
        self.handedOver = handedOver
        let door = try UnixSocket.listen(at: path)
        let source = DispatchSource.makeReadSource(fileDescriptor: door, queue: queue)
        source.setEventHandler { [weak self] in self?.answer(door) }
        source.setCancelHandler {
            close(door)
            close(listener)
        }
        source.activate()
        self.source = source
    }

    /// Offers the listener no more and lets go of it. Reports to a successor go on.
    func closeDoor() { source?.cancel() }

    /// Ends the reports too.
    func stop() { queue.async { [self] in isStopped = true } }

    private func answer(_ door: CInt) {
        let connection = accept(door, nil, nil)
        guard connection >= 0 else { return }
        _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
        guard !isOver, Self.isOwner(connection), handOver(on: connection) else {
            close(connection)
            return
        }
        isOver = true
        handedOver()
        report(on: connection)
    }

    private func handOver(on connection: CInt) -> Bool {
        UnixSocket.setTimeout(connection, HandOver.startTimeout)
        guard DescriptorPassing.send(HandOver.greeting, with: [listener, lock.descriptor], to: connection),
            HandOver.readLine(from: connection) == HandOver.accepting
        else { return false }
        server.stopAcceptingAndWait()
        return true
    }

    /// Goes on until the successor or this process ends.
    private func report(on connection: CInt) {
        guard !isStopped, HandOver.send(HandOver.encode(server.handOverReport), to: connection) else {
            close(connection)
            return
        }
        let pause = Int(HandOver.reportInterval.inNanoseconds)
        queue.asyncAfter(deadline: .now() + .nanoseconds(pause)) { [self] in report(on: connection) }
    }

    /// Only our own user and root may take a listener.
    private static func isOwner(_ connection: CInt) -> Bool {
        // struct ucred, which Glibc's module hides: pid, uid, gid.
        var peer: (pid: Int32, uid: UInt32, gid: UInt32) = (0, .max, .max)
        var length = socklen_t(MemoryLayout.size(ofValue: peer))
        guard getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 else { return false }
        return peer.uid == geteuid() || peer.uid == 0
    }
}

extension GatewayServer {
    /// Follows what the gateway before this one still has in flight, until it ends.
    func follow(predecessor connection: CInt, first: HandOver.Report) {
        setPredecessor(first)
        let queue = DispatchQueue(label: "waybill.gateway.predecessor")
        let source = DispatchSource.makeReadSource(fileDescriptor: connection, queue: queue)
        source.setEventHandler { [self] in
            if let line = HandOver.readLine(from: connection), let report = HandOver.decode(line) {
                setPredecessor(report)
            } else {
                setPredecessor(nil)
                source.cancel()
            }
        }
        source.setCancelHandler { close(connection) }
        source.activate()
    }
}
