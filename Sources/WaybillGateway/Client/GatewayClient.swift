import Dispatch
import Foundation
import Glibc
package import WaybillCore

/// The gateway as the controller reaches it: by its status socket and by the file of its route table.
///
/// A dead, silent or foreign gateway costs at most two seconds a call; calls run one after the other on a queue of their own.
package struct GatewayClient: GatewayControl {
    private let paths: GatewayPaths
    private let queue = DispatchQueue(label: "waybill.gateway.client")

    package init(stateFolder: String) { paths = GatewayPaths(stateFolder: stateFolder) }

    package func status() async -> GatewayStatus? {
        await onQueue {
            guard let body = try? SocketRequest.get("/status", at: paths.status, limit: 16 * 1024 * 1024) else {
                return nil
            }
            return try? JSONDecoder().decode(GatewayStatus.self, from: body)
        }
    }

    package func publish(_ table: RouteTable, ticket: Ticket) async throws(Failure) {
        let outcome: Result<Void, Failure> = await onQueue {
            do throws(Failure) {
                let bytes = table.json
                // What the gateway would refuse must not replace what it serves.
                _ = try RouteTable(checking: bytes)
                return .success(try AtomicFile.write(Data(bytes), to: paths.table))
            } catch {
                return .failure(error)
            }
        }
        try outcome.get()
    }

    private func onQueue<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: body()) }
        }
    }
}
