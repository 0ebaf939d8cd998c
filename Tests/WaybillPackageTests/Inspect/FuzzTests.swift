import Foundation
import Testing

@testable import WaybillPackage

/// Changes real files at random, the same way in each run, and looks at what comes out: no crash, and never for long.
///
/// `WAYBILL_FUZZ_SECONDS` is how long each kind of file is tried; `make fuzz` gives ten minutes.
@Suite(.serialized) struct `Fuzzing the inspectors` {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Corpus/seeds")
    static let seeds = (try? FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()) ?? []

    static var seconds: Double {
        ProcessInfo.processInfo.environment["WAYBILL_FUZZ_SECONDS"].flatMap { Double($0) } ?? 0.5
    }

    @Test func `there are seeds`() { #expect(Self.seeds.count >= 23) }

    @Test func `each seed is what its name says, and safe`() {
        for seed in Self.seeds {
            let found = Inspector().inspect(path: Self.folder.appending(path: seed).path)
            #expect(found.verdict == .safe, "\(seed): \(found.lines)")
        }
    }

    @Test(arguments: seeds) func `changed files crash nothing and take no time`(_ seed: String) throws {
        let original = [UInt8](try Data(contentsOf: Self.folder.appending(path: seed)))
        var mutator = Mutator(state: seed.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) })
        let inspector = Inspector(
            limits: limits {
                $0.members = 1000
                $0.unpacked = 16 << 20
            })
        let clock = ContinuousClock()
        let end = clock.now + .seconds(Self.seconds)
        var (rounds, longest) = (0, Duration.zero)
        while clock.now < end {
            let changed = mutator.change(original)
            longest = max(longest, clock.measure { _ = inspector.inspect(bytes: changed, name: seed) })
            rounds += 1
        }
        #expect(longest < .seconds(10))
        #expect(rounds > 0)
    }
}

/// A few changes to bytes, drawn from a generator that gives the same numbers in every run.
struct Mutator {
    var state: UInt64

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var number = state
        number = (number ^ (number >> 30)) &* 0xBF58_476D_1CE4_E5B9
        number = (number ^ (number >> 27)) &* 0x94D0_49BB_1331_11EB
        return number ^ (number >> 31)
    }

    mutating func below(_ bound: Int) -> Int { bound > 0 ? Int(next() % UInt64(bound)) : 0 }

    static let numbers: [UInt64] = [
        0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x1_0000_0000,
        0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, .max,
    ]

    mutating func change(_ original: [UInt8]) -> [UInt8] {
        var bytes = original
        for _ in 0...below(4) {
            guard !bytes.isEmpty else { return bytes }
            let place = below(bytes.count)
            switch below(7) {
            case 0: bytes[place] ^= 1 << UInt8(below(8))
            case 1: bytes[place] = UInt8(truncatingIfNeeded: next())
            case 2: write(&bytes, place)
            case 3: bytes.removeSubrange(place..<min(bytes.count, place + 1 + below(16)))
            case 4:
                bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 1 + below(64))], at: below(bytes.count))
            case 5: bytes.removeSubrange(place...)
            case _: bytes.insert(UInt8(truncatingIfNeeded: next()), at: place)
            }
        }
        return bytes
    }

    /// A number at the edge of some range, in either order of bytes.
    private mutating func write(_ bytes: inout [UInt8], _ place: Int) {
        let number = Self.numbers[below(Self.numbers.count)]
        let width = 1 << below(4)
        for index in 0..<width where place + index < bytes.count {
            let shift = below(2) == 0 ? index : width - 1 - index
            bytes[place + index] = UInt8(truncatingIfNeeded: number >> UInt64(8 * shift))
        }
    }
}
