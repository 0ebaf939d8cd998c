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

for hour in 1...number("--hours", 3) {
    let before = Measure.now
    let looks = fleet.looks
    fleet.rest(for: .seconds(3600))
    let after = Measure.now
    let share = (after.cpu - before.cpu) / .seconds(3600)
    print(
        "hour \(hour): \(fleet.looks - looks) looks in \(Measure.seconds(after.cpu - before.cpu)), "
            + "\(String(format: "%.3f", share * 100)) % of a core; memory \(Measure.megabytes(after.memory)), "
            + "grown by \((after.memory - before.memory) / 1024) KiB")
}

let times = (0..<200).map { fleet.change($0) }.sorted()
print(
    "one change among \(fleet.keys.count), commit accepted to plan decided: median "
        + "\(Measure.seconds(times[times.count / 2])), worst of \(times.count) \(Measure.seconds(times[times.count - 1]))"
)
