import WaybillCore
import WaybillTestSupport

/// Forty ports of one fleet, below those that the kernel hands out, so that no test's connection can take them.
struct PortBlock: Sendable {
    let gateway: Int
    var metrics: Int { gateway + 1 }
    var replicas: String { "\(gateway + 2)-\(gateway + 39)" }
    /// User ids of its replicas, so that fleets of other suites have others.
    var users: String { "\(gateway * 100)-\(gateway * 100 + 99)" }

    /// A block whose first two ports nobody has.
    static func free() throws -> PortBlock {
        for _ in 0..<100 {
            let block = PortBlock(gateway: 21_000 + 40 * Int.random(in: 0..<270))
            if PlainSocket.isFree(block.gateway) && PlainSocket.isFree(block.metrics) { return block }
        }
        throw Failure(.stall, reason: "Test", message: "no free block of ports")
    }
}
