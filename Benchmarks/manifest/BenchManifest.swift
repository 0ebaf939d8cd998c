import Foundation
import Glibc
import WaybillCore
import WaybillGit

/// `bench-manifest generate DIR N`: a git repository of N deployments, then commits that change one deployment each.
/// `bench-manifest load DIR`: a full load through the mirror, then of one changed file.
/// `bench-manifest plan DIR`: the reviewer's plan of one promotion.
/// `bench-manifest decide DIR`: one changed file from the end of its fetch to its plan, durable in a ledger.
@main
struct BenchManifest {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        switch (arguments.first, arguments.dropFirst().first, arguments.dropFirst(2).first.flatMap { Int($0) }) {
        // What the mirror starts this program as, to speak to the remote.
        case ("git-helper", nil, nil): exit(GitHelper.main())
        case ("generate", let folder?, let count?): try FleetFolder(folder).generate(deployments: count)
        case ("load", let folder?, nil): try await LoadBenchmark(fleet: FleetFolder(folder)).run()
        case ("plan", let folder?, nil): try await PlanBenchmark(fleet: FleetFolder(folder)).run()
        case ("decide", let folder?, nil): try await DecideBenchmark(fleet: FleetFolder(folder)).run()
        case _:
            FileHandle.standardError.write(
                Data("usage: bench-manifest generate DIR N | load DIR | plan DIR | decide DIR\n".utf8))
            exit(2)
        }
    }
}

/// Milliseconds of `duration`.
func milliseconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) * 1000 + Double(duration.components.attoseconds / 1_000_000_000_000) / 1000
}

/// The most that was resident so far, in MB.
func mostResident() -> Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
    return (line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) / 1024
}
