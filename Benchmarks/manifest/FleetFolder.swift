import Foundation
import WaybillCore
import WaybillGit

/// A git repository with a fleet: the first commit has all of it, each further one starts one replica of one deployment.
struct FleetFolder: Sendable {
    let path: String
    static let edits = 21

    init(_ path: String) { self.path = path }

    func generate(deployments count: Int) throws {
        let generator = FleetGenerator(folder: URL(filePath: path), deployments: count)
        try FileManager.default.createDirectory(at: generator.folder, withIntermediateDirectories: true)
        try git(["init", "-q", "-b", "main"])
        try generator.write()
        try git(["add", "-A"])
        try commit("All")
        for edit in 0..<Self.edits {
            let changed = try generator.edit((count / 2 + edit * 37) % count)
            try git(["add", changed])
            try commit("Edit \(edit)")
        }
        try git(["repack", "-adq"])
    }

    private func commit(_ message: String) throws {
        try git(["-c", "user.name=bench", "-c", "user.email=bench@example.org", "commit", "-qm", message])
    }

    /// The commits, oldest first; two at least.
    func commits() throws -> [CommitID] {
        let lines = try git(["rev-list", "--reverse", "--all"]).split(separator: "\n")
        guard lines.count > 1 else {
            throw Failure(.stall, reason: "NoCommits", message: "the repository has no commits to compare")
        }
        return try lines.map { try CommitID(parsing: String($0)) }
    }

    /// A mirror in `folder` that has all of the commits.
    func fetched(in folder: String) async throws -> (mirror: MirrorRepository, commits: [CommitID]) {
        let (commits, mirror) = (try commits(), try mirror(in: folder))
        try move(to: commits[commits.count - 1])
        _ = try await mirror.fetch()
        return (mirror, commits)
    }

    /// Has the watched branch name `commit`, as a push does.
    func move(to commit: CommitID) throws { try git(["update-ref", "refs/heads/\(Self.watched)", commit.hex]) }

    /// A branch of its own, so that a run leaves the repository as it was.
    private static let watched = "watched"

    func mirror(in folder: String) throws -> MirrorRepository {
        let address = try RemoteAddress(parsing: path + "/.git")
        return try MirrorRepository(
            folder: folder, remote: try RemoteConfiguration(address: address, branch: Self.watched))
    }

    @discardableResult
    private func git(_ arguments: [String]) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/git")
        process.arguments = ["-C", path] + arguments
        process.standardOutput = output
        try process.run()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(
                .stall, reason: "GitFailed", message: "git \(arguments) ended with \(process.terminationStatus)")
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Runs `body` with a folder that is gone afterwards.
func withScratchFolder(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "waybill-bench-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await body(folder)
}
