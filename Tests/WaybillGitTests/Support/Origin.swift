import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillGit

/// A bare repository made by the real git, and a clone through which tests push.
struct Origin: Sendable {
    let folder: String
    /// The bare repository.
    var path: String { folder + "/origin.git" }
    private var work: String { folder + "/work" }

    init(in folder: URL) async throws {
        self.folder = folder.path
        try await git("init", "-q", "-b", "main", "--bare", path)
        try await git("init", "-q", "-b", "main", work)
        try await git("-C", work, "remote", "add", "origin", path)
    }

    @discardableResult
    func git(_ words: String..., input: [UInt8] = []) async throws -> String {
        try await Shell.run(["git"] + words, home: folder, input: input).trimmingCharacters(in: .newlines)
    }

    /// Writes files (nil: removes), commits and pushes them to `main`.
    @discardableResult
    func push(_ files: [String: String?], message: String = "change") async throws -> CommitID {
        for (name, content) in files {
            let place = URL(filePath: work + "/" + name)
            guard let content else {
                try FileManager.default.removeItem(at: place)
                continue
            }
            try FileManager.default.createDirectory(
                at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(content.utf8).write(to: place)
        }
        try await git("-C", work, "add", "-A")
        try await git("-C", work, "commit", "-q", "--allow-empty", "-m", message)
        try await git("-C", work, "push", "-q", "--force", "origin", "HEAD:main")
        return try await head()
    }

    /// Takes the clone back to `commit`, so that the next push rewrites the branch.
    func rewind(to commit: CommitID) async throws {
        try await git("-C", work, "reset", "-q", "--hard", commit.hex)
    }

    func head(of branch: String = "main") async throws -> CommitID {
        try CommitID(parsing: try await git("-C", path, "rev-parse", branch))
    }

    /// Writes a tree object of exactly these bytes, a commit of it, and points `main` there.
    func pushLiteralTree(_ bytes: [UInt8], parent: CommitID? = nil) async throws -> CommitID {
        let tree = try await git(
            "-C", path, "hash-object", "-t", "tree", "--literally", "-w", "--stdin", input: bytes)
        return try await pushCommit(tree: tree, parent: parent)
    }

    func pushCommit(tree: String, parent: CommitID? = nil) async throws -> CommitID {
        let parents = parent.map { "parent \($0)\n" } ?? ""
        let text =
            "tree \(tree)\n\(parents)author A <a@b> 1700000000 +0000\ncommitter A <a@b> 1700000000 +0000\n\nhostile\n"
        let commit = try await git(
            "-C", path, "hash-object", "-t", "commit", "--literally", "-w", "--stdin", input: Array(text.utf8))
        // `update-ref` would look at the tree; the file is the reference.
        try Data((commit + "\n").utf8).write(to: URL(filePath: path + "/refs/heads/main"))
        return try CommitID(parsing: commit)
    }

    /// Writes a blob and returns its id.
    func blob(_ content: String) async throws -> String {
        try await git("-C", path, "hash-object", "-w", "--stdin", input: Array(content.utf8))
    }

    /// A mirror of this origin's `main` under `name`.
    func mirror(
        _ name: String = "state", branch: String = "main", limits: TransferLimits = TransferLimits(),
        helper program: HelperCommand = helper
    ) throws -> MirrorRepository {
        try MirrorRepository(
            folder: folder + "/" + name, remote: RemoteConfiguration(url: path, branch: branch), limits: limits,
            helper: program)
    }
}

/// One line of a raw tree object.
func treeLine(_ mode: String, _ name: [UInt8], _ id: String) -> [UInt8] {
    let digits = Array(id.utf8)
    let bytes = stride(from: 0, to: digits.count, by: 2).compactMap { index in
        UInt8(String(decoding: digits[index..<(index + 2)], as: UTF8.self), radix: 16)
    }
    return Array(mode.utf8) + [0x20] + name + [0] + bytes
}

/// Runs `body` on a fresh origin in a folder of its own.
func withOrigin<Result>(_ body: (Origin) async throws -> Result) async throws -> Result {
    try await withTemporaryFolder { folder in try await body(try await Origin(in: folder)) }
}

/// The failure that `body` throws; a missing one fails the test.
func failure(of body: () async throws(Failure) -> some Any) async -> Failure? {
    do throws(Failure) {
        _ = try await body()
        Issue.record("nothing was thrown")
        return nil
    } catch {
        return error
    }
}
