import Synchronization
import WaybillCore

/// What all loops count of one revision of a deployment. Each count is exact; several read at once may be a request apart.
final class RevisionMeter: Sendable {
    /// What series of this revision are told by.
    let revision: String
    let version: String
    /// Five classes of status, thirteen buckets of time, thirteen of how long those waited who gave up, then three sums.
    private let counts: InlineArray<34, Atomic<UInt64>>

    /// - Parameter revision: in its short form.
    init(revision: String, version: String) {
        self.revision = revision
        self.version = version
        counts = InlineArray { _ in Atomic(0) }
    }

    func answered(status: Int, nanoseconds: UInt64) {
        add(1, at: min(max(status / 100, 1), 5) - 1)
        add(1, at: Self.buckets + DeploymentReading.bucket(nanoseconds))
        add(nanoseconds, at: Self.nanoseconds)
    }

    func upstreamFailed() { add(1, at: Self.upstreamFailures) }
    /// The client went away after so long, before an answer began.
    func cancelled(nanoseconds: UInt64) { add(1, at: Self.cancellations + DeploymentReading.bucket(nanoseconds)) }
    /// The replica broke an answer off after its head.
    func brokeOff() { add(1, at: Self.broken) }

    var reading: DeploymentReading {
        var reading = DeploymentReading()
        for index in reading.codes.indices { reading.codes[index] = count(at: index) }
        for index in reading.buckets.indices { reading.buckets[index] = count(at: Self.buckets + index) }
        reading.nanoseconds = count(at: Self.nanoseconds)
        reading.upstreamFailures = count(at: Self.upstreamFailures)
        reading.cancelled = reading.buckets.indices.reduce(0) { $0 &+ count(at: Self.cancellations + $1) }
        return reading
    }

    /// What an analysis counts.
    var revisionCounts: RevisionCounts {
        let times = AnswerTimes.bounds.count + 1
        return RevisionCounts(
            codes: (0..<Self.buckets).map(count(at:)), times: (0..<times).map { count(at: Self.buckets + $0) },
            abandoned: (0..<times).map { count(at: Self.cancellations + $0) }, broken: count(at: Self.broken))
    }

    private static let buckets = 5
    private static let cancellations = 18
    private static let nanoseconds = 31
    private static let upstreamFailures = 32
    private static let broken = 33

    private func add(_ value: UInt64, at place: Int) { counts[place].wrappingAdd(value, ordering: .relaxed) }
    private func count(at place: Int) -> UInt64 { counts[place].load(ordering: .relaxed) }
}
