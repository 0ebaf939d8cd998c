import Foundation
import Testing
import WaybillEngine

/// `WAYBILL_SEEDS` sets how many seeds are run; 500 without it.
struct SimulationTests {
    private static let seeds = ProcessInfo.processInfo.environment["WAYBILL_SEEDS"].flatMap(UInt64.init) ?? 500
    private static let slices: UInt64 = 10

    @Test(arguments: 0..<Self.slices)
    func `all invariants hold whatever fails`(_ slice: UInt64) {
        for seed in stride(from: slice + 1, through: Self.seeds, by: Int(Self.slices)) {
            let report = Simulation.run(seed: seed)
            #expect(report.violations == [], "seed \(seed); replay: \(report.replay)")
        }
    }

    @Test func `one seed gives one run`() {
        let first = Simulation.run(seed: 7, isTraced: true)
        let second = Simulation.run(seed: 7, isTraced: true)
        #expect(first.trace == second.trace)
        #expect(first.trace.count > 100)
    }
}
