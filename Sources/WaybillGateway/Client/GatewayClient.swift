import Dispatch
import Foundation
import Glibc
import Synchronization
package import WaybillCore

/// The gateway as the controller reaches it: by its status socket and by the file of its route table.
///
/// A dead, silent or foreign gateway costs at most two seconds a call; calls run one after the other on a queue of their own.
package struct GatewayClient: GatewayControl {
    private let paths: GatewayPaths
    private let queue = DispatchQueue(label: "waybill.gateway.client")
    private let known = KnownRotation()

    package init(stateFolder: String) { paths = GatewayPaths(stateFolder: stateFolder) }

    package func status() async -> GatewayStatus? { await onQueue { known.completed(ask(known.path)) } }

    package func counts(of key: DeploymentKey) async -> GatewayCounts? {
        await onQueue {
            let body = try? SocketRequest.get(GatewayPaths.countsOf + key.description, at: paths.status, limit: 65_536)
            return body.flatMap { try? JSONDecoder().decode(GatewayCounts.self, from: $0) }
        }
    }

    private func ask(_ path: String) -> GatewayStatus? {
        guard let body = try? SocketRequest.get(path, at: paths.status, limit: 16 * 1024 * 1024) else { return nil }
        return try? JSONDecoder().decode(GatewayStatus.self, from: body)
    }

    /// Writes the table for the gateway that runs: an older build, which the next one replaces without losing a request,
    /// reads older formats only. Where none answers the next to start is of this build.
    ///
    /// - Throws: `Failure` when the table cannot be written, would be refused, or says what the running gateway cannot do.
    package func publish(_ table: RouteTable, ticket: Ticket) async throws(Failure) {
        let outcome: Result<Void, Failure> = await onQueue {
            do throws(Failure) {
                let bytes = try spoken(table).json
                // What the gateway would refuse must not replace what it serves.
                _ = try RouteTable(checking: bytes)
                return .success(try AtomicFile.write(Data(bytes), to: paths.table))
            } catch {
                return .failure(error)
            }
        }
        try outcome.get()
    }

    private func spoken(_ table: RouteTable) throws(Failure) -> RouteTable {
        guard table.format > 1, let running = known.completed(ask(known.path)) else { return table }
        return try table.spoken(in: running.tableFormat ?? 1, to: running.build)
    }

    private func onQueue<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: body()) }
        }
    }
}

/// The rotation that the gateway sent last: with ten thousand deployments it is large, and it changes seldom.
private final class KnownRotation: Sendable {
    private let last = Mutex<(mark: String, rotation: [String: [String]])?>(nil)

    /// Asks for the status, and for the rotation only if it is another one.
    var path: String { last.withLock { $0.map { GatewayPaths.statusWithoutRotation + $0.mark } } ?? "/status" }

    /// The answer with its rotation. A gateway that does not answer, perhaps since it is an older build that knows no marks,
    /// is asked for everything the next time.
    func completed(_ answer: GatewayStatus?) -> GatewayStatus? {
        last.withLock { last in
            guard var status = answer, let mark = status.rotationMark else {
                last = nil
                return answer
            }
            if let last, last.mark == mark { status.rotation = last.rotation }
            last = (mark, status.rotation)
            status.rotationMark = nil
            return status
        }
    }
}
