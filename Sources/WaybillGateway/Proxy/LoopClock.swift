import Glibc

/// Monotonic nanoseconds. A coarse reading is refreshed by each loop's tick, for time-outs; the exact one costs a call.
struct LoopClock {
    private(set) var coarse: UInt64 = Self.exact()

    mutating func refresh() { coarse = Self.exact() }

    static func exact() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }
}
