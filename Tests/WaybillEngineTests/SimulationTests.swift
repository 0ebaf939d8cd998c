import Dispatch
import Foundation
import Testing
import WaybillCore
import WaybillEngine

/// `WAYBILL_SEEDS` sets how many seeds are run; 500 without it.
struct SimulationTests {
    private static let seeds = ProcessInfo.processInfo.environment["WAYBILL_SEEDS"].flatMap(UInt64.init) ?? 500
    private static let slices: UInt64 = 10

    @Test(arguments: 0..<Self.slices)
    func `all invariants hold whatever fails`(_ slice: UInt64) async {
        let reports = await Self.computed {
            stride(from: slice + 1, through: Self.seeds, by: Int(Self.slices)).map { Simulation.run(seed: $0) }
        }
        for report in reports {
            #expect(report.violations == [], "seed \(report.seed); replay: \(report.replay)")
        }
    }

    /// Seeds beyond those that once broke an invariant: a replica that was forgotten while it ran; one that was stopped with
    /// requests in flight; one that took over from two; a ready one that was taken out of rotation; a route back to what git had
    /// left two commits before.
    @Test(arguments: [1147, 5445, 5978, 6597, 10345, 11208, 13764, 16633] as [UInt64])
    func `what once failed holds`(_ seed: UInt64) async {
        let report = await Self.computed { Simulation.run(seed: seed, hasRollouts: false) }
        #expect(report.violations == [], "replay: \(report.replay)")
    }

    /// With rollouts: an unready replica that was taken out though nothing else answered; a rollout that began anew while it answered alone; a
    /// number that was used twice; one of three that took over from two.
    @Test(arguments: [135, 306, 473, 995, 1531] as [UInt64])
    func `what once failed in rollouts holds`(_ seed: UInt64) async {
        let report = await Self.computed { Simulation.run(seed: seed) }
        #expect(report.violations == [], "replay: \(report.replay)")
    }

    /// An invariant over what never happens holds always.
    @Test func `analyses pass, fail, come to no verdict and begin anew`() async {
        let found = await Self.computed {
            (1...60).flatMap { seed in
                Simulation.run(seed: seed, isTraced: true, hasRollouts: true).events.filter { $0.type == .rolloutMoved }
            }
        }
        let outcomes = found.compactMap { $0.body["analysis"]?["outcome"]?.string }
        for outcome in ["passed", "failed", "inconclusive"] {
            #expect(outcomes.contains(outcome), "\(outcome)")
        }
        #expect(found.contains { $0.body["try"]?.integer ?? 0 > 2 })
    }

    /// Long work on a thread of its own: the tasks' shared ones are for the tests beside this one.
    private static func computed<Answer: Sendable>(_ work: @escaping @Sendable () -> Answer) async -> Answer {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: work()) }
        }
    }

    private static let queue = DispatchQueue(label: "simulation", qos: .utility)

    @Test func `one seed gives one run`() {
        let first = Simulation.run(seed: 7, isTraced: true)
        let second = Simulation.run(seed: 7, isTraced: true)
        #expect(first.trace == second.trace)
        #expect(first.trace.count > 100)
    }
}
