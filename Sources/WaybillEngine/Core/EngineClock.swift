import WaybillCore

/// Time that never runs backwards, made from a wall clock that may: a step back is taken as no time passed.
struct EngineClock: Sendable {
    private var last: Timestamp
    private var offset: Duration = .zero

    init(startingAt now: Timestamp) { last = now }

    var now: Timestamp { last + offset }

    mutating func advance(to wall: Timestamp) {
        if wall < last { offset += last - wall }
        last = wall
    }

    /// The wall clock's reading at `time`, as far as can be known now.
    func wall(_ time: Timestamp) -> Timestamp { time + .zero - offset }
}

extension Timestamp {
    /// The first multiple of `grain` since 1970 that is not before it; itself when there is no grain.
    func roundedUp(to grain: Duration) -> Timestamp {
        let step = grain.milliseconds
        let past = step > 0 ? milliseconds % step : 0
        return past > 0 ? Timestamp(milliseconds: milliseconds + step - past) : self
    }

    fileprivate static func - (left: Timestamp, right: Duration) -> Timestamp {
        Timestamp(milliseconds: left.milliseconds - right.milliseconds)
    }
}

/// Reproducible chance: SplitMix64 by Sebastiano Vigna (public domain algorithm).
package struct SeededChance: RandomNumberGenerator, Hashable, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// From 0 up to, not including, 1.
    package mutating func unit() -> Double { Double(next() >> 11) / Double(1 << 53) }
}
