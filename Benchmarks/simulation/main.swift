import Foundation
import WaybillEngine

// bench-simulation [--seeds N] [--from N] [--seed N] [--trace]
// Runs simulations by seed and says which failed; exits 1 when one did.

let arguments = CommandLine.arguments.dropFirst()
func number(_ name: String) -> UInt64? {
    arguments.firstIndex(of: name).flatMap { arguments.dropFirst($0).first }.flatMap { UInt64($0) }
}

let isTraced = arguments.contains("--trace")
let seeds: Range<UInt64> =
    if let seed = number("--seed") { seed..<(seed + 1) } else {
        (number("--from") ?? 1)..<((number("--from") ?? 1) + (number("--seeds") ?? 10_000))
    }

let started = ContinuousClock.now
var failed = 0
var (steps, acts, crashes, commits) = (0, 0, 0, 0)
for seed in seeds {
    let report = Simulation.run(seed: seed, isTraced: isTraced)
    steps += report.steps
    acts += report.acts
    crashes += report.crashes
    commits += report.commits
    for line in report.trace { print(line) }
    if let first = report.violations.first {
        failed += 1
        if failed <= 20 { print("seed \(seed): \(first)\n  replay: \(report.replay)") }
    }
}
let seconds =
    Double((ContinuousClock.now - started).components.attoseconds) / 1e18
    + Double((ContinuousClock.now - started).components.seconds)
print(
    "\(seeds.count) seeds, \(failed) failed; \(steps) steps, \(acts) acts, \(crashes) crashes, \(commits) commits "
        + "in \(String(format: "%.1f", seconds)) s")
exit(failed == 0 ? 0 : 1)
