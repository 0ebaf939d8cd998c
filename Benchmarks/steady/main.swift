import Foundation
import WaybillEngine

// bench-steady [--deployments N] [--hours N]
// The core alone with N deployments at rest: what an hour of looks costs, whether memory grows, and how long one change
// takes from the accepted commit to its plan.

let arguments = CommandLine.arguments.dropFirst()
func number(_ name: String, _ usual: Int) -> Int {
    arguments.firstIndex(of: name).flatMap { arguments.dropFirst($0).first }.flatMap { Int($0) } ?? usual
}

var fleet = RestingFleet(deployments: number("--deployments", 10_000))
let start = Measure.now
fleet.settle()
let loaded = Measure.now
print(
    "\(fleet.keys.count) deployments from the first commit to rest: \(Measure.seconds(loaded.cpu - start.cpu)) of "
        + "the core's time, \(fleet.acts) acts, \(Measure.megabytes(loaded.memory))")

func reach(_ what: String, _ value: String, _ bound: String, _ isReached: Bool) {
    print("reach  \(what): \(value) (\(bound)): \(isReached ? "yes" : "NO")")
}

/// The first hour after the load still brings the last of what the load left; growth counts from the second on.
let hours = max(2, number("--hours", 3))
var (worstShare, growth) = (0.0, 0)
for hour in 1...hours {
    let before = Measure.now
    let looks = fleet.looks
    fleet.rest(for: .seconds(3600))
    let after = Measure.now
    let share = (after.cpu - before.cpu) / .seconds(3600) * 100
    let grown = (after.memory - before.memory) / 1024
    worstShare = max(worstShare, share)
    if hour > 1 { growth = max(growth, grown) }
    print(
        "hour \(hour): \(fleet.looks - looks) looks in \(Measure.seconds(after.cpu - before.cpu)), "
            + "\(String(format: "%.3f", share)) % of a core; memory \(Measure.megabytes(after.memory)), grown by \(grown) KiB"
    )
}
reach(
    "the core at rest, \(fleet.keys.count) deployments", String(format: "%.3f", worstShare), "<= 1 % of a core",
    worstShare <= 1)
reach("growth over an hour", "\(growth)", "<= 1024 KiB", growth <= 1024)

let times = (0..<200).map { fleet.change($0) }.sorted()
print(
    "one change among \(fleet.keys.count), commit accepted to plan decided: median "
        + "\(Measure.seconds(times[times.count / 2])), worst of \(times.count) \(Measure.seconds(times[times.count - 1]))"
)
