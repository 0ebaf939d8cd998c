import WaybillCore

/// Which segments of records the ledger has the roots of: the newest, by their entries.
///
/// A fold over events. What is older is known by the file beside the segment; that a crash can leave unwritten for the segment
/// that was sealed last.
struct SealedSegments: Codable, Sendable {
    /// Segments that are remembered.
    static let limit = 4_096
    private(set) var recent: [String: LedgerIndex] = [:]
    private var order: [String] = []

    mutating func take(_ index: LedgerIndex, _ event: Event) {
        guard event.type == .recordsSealed, let segment = event.body["segment"]?.string else { return }
        if recent.updateValue(index, forKey: segment) == nil { order.append(segment) }
        guard order.count > 2 * Self.limit else { return }
        for gone in order.dropLast(Self.limit) { recent[gone] = nil }
        order = Array(order.suffix(Self.limit))
    }
}
