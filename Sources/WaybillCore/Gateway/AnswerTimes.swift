/// By which times the gateway counts its answers: a time between two of these bounds is not told from another one there.
package enum AnswerTimes {
    /// Upper bounds in nanoseconds; what took longer than the last one has a bucket of its own.
    package static let bounds: [UInt64] = [
        1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000, 100_000_000, 250_000_000, 500_000_000,
        1_000_000_000, 2_500_000_000, 10_000_000_000,
    ]

    /// Those that a manifest can write, which has whole milliseconds.
    package static var durations: [Duration] {
        bounds.filter { $0 % 1_000_000 == 0 }.map { .milliseconds(Int64($0 / 1_000_000)) }
    }

    /// The first bucket of answers that took longer than `bound`; nil when it is no bound.
    package static func firstBucket(above bound: Duration) -> Int? {
        let nanoseconds = UInt64(max(0, bound.milliseconds)) * 1_000_000
        return bounds.firstIndex(of: nanoseconds).map { $0 + 1 }
    }
}
