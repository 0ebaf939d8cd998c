import Foundation
import WaybillCore
import WaybillManifest

/// `bench-manifest generate DIR N`: a git repository of N deployments, and a second commit that changes one.
/// `bench-manifest load DIR`: a full load, then the changed one.
@main
struct BenchManifest {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        switch (arguments.first, arguments.dropFirst().first, arguments.dropFirst(2).first.flatMap { Int($0) }) {
        case ("generate", let folder?, let count?): try generate(folder, count)
        case ("load", let folder?, _): try await load(folder)
        case _:
            FileHandle.standardError.write(Data("usage: bench-manifest generate DIR N | load DIR\n".utf8))
            exit(2)
        }
    }

    private static func generate(_ folder: String, _ count: Int) throws {
        let generator = FleetGenerator(folder: URL(filePath: folder), deployments: count)
        try FileManager.default.createDirectory(at: generator.folder, withIntermediateDirectories: true)
        try git(folder, ["init", "-q", "-b", "main"])
        try generator.write()
        try commit(folder, "All")
        try generator.edit(count / 2, replicas: 3)
        try commit(folder, "One")
        try git(folder, ["repack", "-adq"])
    }

    private static func commit(_ folder: String, _ message: String) throws {
        try git(folder, ["add", "-A"])
        try git(folder, ["-c", "user.name=bench", "-c", "user.email=bench@example.org", "commit", "-qm", message])
    }

    private static func git(_ folder: String, _ arguments: [String]) throws {
        let process = try Process.run(URL(filePath: "/usr/bin/git"), arguments: ["-C", folder] + arguments)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(.stall, reason: "GitFailed", message: "git \(arguments)")
        }
    }

    private static func load(_ folder: String) async throws {
        let tree = try GitTree(repository: folder)
        let commits = String(decoding: try tree.git(["rev-list", "--reverse", "HEAD"]), as: UTF8.self)
            .split(separator: "\n").map { try? CommitID(parsing: String($0)) }
        guard let first = commits.first ?? nil, let second = commits.last ?? nil else {
            throw Failure(.stall, reason: "NoCommits", message: "the repository has no commits")
        }
        let loader = FleetLoader(tree: tree)
        let clock = ContinuousClock()
        var counts = (deployments: 0, problems: 0, changed: 0)
        let full = try await clock.measure {
            let delta = try await loader.load(first)
            counts = (delta.changed.count, delta.diagnostics.count, 0)
        }
        var times: [Duration] = []
        for round in 0..<21 {
            let target = round % 2 == 0 ? second : first
            times.append(try await clock.measure { counts.changed = try await loader.load(target).changed.count })
        }
        let memory = resident()
        let median = times.sorted()[times.count / 2]
        print(
            "{\"deployments\":\(counts.deployments),\"problems\":\(counts.problems),\"full_ms\":\(milliseconds(full)),"
                + "\"one_changed\":\(counts.changed),\"one_ms\":\(milliseconds(median)),\"resident_mb\":\(memory)}")
        tree.stop()
    }

    private static func milliseconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) * 1000 + Double(duration.components.attoseconds / 1_000_000_000_000) / 1000
    }

    /// The most that was resident so far, in MB.
    private static func resident() -> Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
        return (line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) / 1024
    }
}
