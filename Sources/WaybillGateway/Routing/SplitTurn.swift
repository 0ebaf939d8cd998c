import Synchronization
import WaybillCore

/// Whose turn it is among the revisions that share a deployment's requests: one count for all loops.
///
/// Guarantees: of the requests that drew a turn, each revision got its exact share to within less than one, in the order
/// in which they drew. Tables that leave the shares as they are keep the count, so that a deployment with few requests
/// and a fleet with many changes starve nobody.
final class SplitTurn: Sendable {
    /// Positive shares only.
    let shares: [RouteTable.Split]
    private let order: [Int]
    private let drawn = Atomic<UInt>(0)

    init(_ shares: [RouteTable.Split]) {
        self.shares = shares
        order = ShareOrder.order(shares.map(\.weight))
    }

    /// The index of the share whose turn it is.
    func draw() -> Int {
        order[Int(drawn.wrappingAdd(1, ordering: .relaxed).oldValue % UInt(order.count))]
    }
}
