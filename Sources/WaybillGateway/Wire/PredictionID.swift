import Glibc
import NIOCore
import Synchronization

/// The name of one request and its answer: a UUID of version 7 (RFC 9562, 5.7).
struct PredictionID: Hashable, Sendable {
    /// Milliseconds since 1970 (48 bits), the version (4), the part of a millisecond (12).
    let high: UInt64
    /// The variant (2) and random bits (62).
    let low: UInt64

    /// - Parameter tick: of a `PredictionClock`.
    init(tick: UInt64, random: UInt64) {
        high = (tick >> 12) << 16 | 0x7000 | tick & 0xFFF
        low = 1 << 63 | random >> 2
    }

    /// Writes its 36 bytes of text.
    func write(into buffer: inout ByteBuffer) {
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.textLength) { bytes in
            fill(bytes)
            return Self.textLength
        }
    }

    static let textLength = 36

    /// Puts its text at the beginning of `bytes`.
    func fill(_ bytes: UnsafeMutableRawBufferPointer) {
        bytes.writeHex(high >> 32, digits: 8, at: 0)
        bytes.writeHex(high >> 16 & 0xFFFF, digits: 4, at: 9)
        bytes.writeHex(high & 0xFFFF, digits: 4, at: 14)
        bytes.writeHex(low >> 48, digits: 4, at: 19)
        bytes.writeHex(low & 0xFFFF_FFFF_FFFF, digits: 12, at: 24)
        for dash in [8, 13, 18, 23] { bytes[dash] = UInt8(ascii: "-") }
    }
}

/// The time in predictions' names, shared by all loops.
///
/// Guarantees: no tick is given twice, and each is greater than those given before it (RFC 9562, 6.2, method 3), also when
/// the system's clock is set back; then, and past four million a second, they run ahead of it.
final class PredictionClock: Sendable {
    private let last = Atomic<UInt64>(0)

    /// - Parameter nanoseconds: since 1970.
    /// - Returns: milliseconds and, in the lowest 12 bits, 4096ths of one.
    func tick(at nanoseconds: UInt64) -> UInt64 {
        let now = Self.tick(of: nanoseconds)
        var seen = last.load(ordering: .relaxed)
        while true {
            let next = max(now, seen &+ 1)
            let (isMine, found) = last.compareExchange(expected: seen, desired: next, ordering: .relaxed)
            if isMine { return next }
            seen = found
        }
    }

    /// Of a moment, whatever was given before.
    static func tick(of nanoseconds: UInt64) -> UInt64 {
        (nanoseconds / 1_000_000) << 12 | ((nanoseconds % 1_000_000) << 12) / 1_000_000
    }

    static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }
}

/// Random bits of the system, fetched many at a time: a call for each request would cost more than all its stamps.
struct RandomSupply {
    private var words: [UInt64] = []

    mutating func next() -> UInt64 {
        if words.isEmpty { refill() }
        return words.popLast() ?? UInt64.random(in: .min ... .max)
    }

    private mutating func refill() {
        words = [UInt64](unsafeUninitializedCapacity: 512) { space, count in
            guard let start = space.baseAddress else { return }
            arc4random_buf(start, 512 * MemoryLayout<UInt64>.stride)
            count = 512
        }
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Writes the lowest `digits` hexadecimal digits of `value` in small letters.
    func writeHex(_ value: UInt64, digits: Int, at start: Int) {
        var rest = value
        for place in stride(from: start + digits - 1, through: start, by: -1) {
            let digit = UInt8(truncatingIfNeeded: rest & 0xF)
            self[place] = digit + (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10)
            rest >>= 4
        }
    }
}
