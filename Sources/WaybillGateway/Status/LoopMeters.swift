import WaybillCore

/// What one loop counts. Touched on that loop only; readings are merged when somebody asks.
final class LoopMeters {
    private var byslot: [DeploymentReading?] = []
    private var refusals = [UInt64](repeating: 0, count: Refusal.Kind.allCases.count)

    func answered(_ slot: Int, status: Int, nanoseconds: UInt64) {
        withReading(slot) { reading in
            reading.codes[min(max(status / 100, 1), 5) - 1] &+= 1
            reading.nanoseconds &+= nanoseconds
            reading.buckets[DeploymentReading.bucket(nanoseconds)] &+= 1
        }
    }

    func upstreamFailed(_ slot: Int) { withReading(slot) { $0.upstreamFailures &+= 1 } }
    func cancelled(_ slot: Int) { withReading(slot) { $0.cancelled &+= 1 } }
    func refused(_ kind: Refusal.Kind) { refusals[kind.rawValue] &+= 1 }

    var reading: GatewayReading { GatewayReading(bySlot: byslot, refusals: refusals) }

    private func withReading(_ slot: Int, _ change: (inout DeploymentReading) -> Void) {
        while byslot.count <= slot { byslot.append(nil) }
        if byslot[slot] == nil { byslot[slot] = DeploymentReading() }
        if var reading = byslot[slot].take() {
            change(&reading)
            byslot[slot] = reading
        }
    }
}

/// Counts of one deployment since the process began.
struct DeploymentReading: Sendable {
    /// Answers by the first digit of their status: 1xx to 5xx.
    var codes = [UInt64](repeating: 0, count: 5)
    /// Answers by the time they took, one bucket each; the last holds what took longer than every bound.
    var buckets = [UInt64](repeating: 0, count: bounds.count + 1)
    var nanoseconds: UInt64 = 0
    var upstreamFailures: UInt64 = 0
    /// The client went away before an answer.
    var cancelled: UInt64 = 0

    var isZero: Bool { codes.allSatisfy { $0 == 0 } && upstreamFailures == 0 && cancelled == 0 }

    /// Upper bounds in nanoseconds.
    static let bounds = AnswerTimes.bounds

    static func bucket(_ nanoseconds: UInt64) -> Int {
        for index in bounds.indices where nanoseconds <= bounds[index] { return index }
        return bounds.count
    }

    mutating func add(_ other: DeploymentReading) {
        for index in codes.indices { codes[index] &+= other.codes[index] }
        for index in buckets.indices { buckets[index] &+= other.buckets[index] }
        nanoseconds &+= other.nanoseconds
        upstreamFailures &+= other.upstreamFailures
        cancelled &+= other.cancelled
    }
}

/// What all loops counted, by slot.
struct GatewayReading: Sendable {
    var bySlot: [DeploymentReading?] = []
    var refusals = [UInt64](repeating: 0, count: Refusal.Kind.allCases.count)

    mutating func add(_ other: GatewayReading) {
        for (slot, reading) in other.bySlot.enumerated() {
            if slot == bySlot.count { bySlot.append(nil) }
            guard let reading else { continue }
            bySlot[slot] =
                bySlot[slot].map {
                    var sum = $0; sum.add(reading); return sum
                } ?? reading
        }
        for index in refusals.indices { refusals[index] &+= other.refusals[index] }
    }
}
