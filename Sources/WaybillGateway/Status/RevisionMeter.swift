import Synchronization

/// What all loops count of one revision of a deployment. Each count is exact; several read at once may be a request apart.
final class RevisionMeter: Sendable {
    /// What series of this revision are told by.
    let revision: String
    let version: String
    /// Five classes of status, thirteen buckets of time, then the three sums.
    private let counts: InlineArray<21, Atomic<UInt64>>

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
    func cancelled() { add(1, at: Self.cancellations) }

    var reading: DeploymentReading {
        var reading = DeploymentReading()
        for index in reading.codes.indices { reading.codes[index] = count(at: index) }
        for index in reading.buckets.indices { reading.buckets[index] = count(at: Self.buckets + index) }
        reading.nanoseconds = count(at: Self.nanoseconds)
        reading.upstreamFailures = count(at: Self.upstreamFailures)
        reading.cancelled = count(at: Self.cancellations)
        return reading
    }

    private static let buckets = 5
    private static let nanoseconds = 18
    private static let upstreamFailures = 19
    private static let cancellations = 20

    private func add(_ value: UInt64, at place: Int) { counts[place].wrappingAdd(value, ordering: .relaxed) }
    private func count(at place: Int) -> UInt64 { counts[place].load(ordering: .relaxed) }
}
