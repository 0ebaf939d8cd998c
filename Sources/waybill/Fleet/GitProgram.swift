import Foundation
import WaybillCore

/// The user's own `git`, for what is written into a clone of theirs: it knows who they are, and signs as they have set it. The
/// controller never calls it.
struct GitProgram: Sendable {
    /// The clone.
    let folder: String

    /// What `git` wrote, without the last line's end.
    ///
    /// - Throws: `GitMissing`, or `GitFailed` with what it said.
    @discardableResult
    func run(
        _ arguments: [String], input: [UInt8] = [], variables: [String: String] = [:]
    ) throws(Failure) -> String {
        let run: ProgramRun
        do throws(ProgramRun.NotRun) {
            run = try ProgramRun(["git", "-C", folder] + arguments, input: input, variables: variables, errors: .kept)
        } catch {
            throw Failure(.stall, reason: "GitMissing", message: "'git' cannot be run: \(error.message)")
        }
        guard run.status == 0 else { throw Self.failed(arguments, run.errors) }
        return String(decoding: run.output, as: UTF8.self).trimmingCharacters(in: .newlines)
    }

    private static func failed(_ arguments: [String], _ said: [UInt8]) -> Failure {
        let words = String(decoding: said.prefix(2000), as: UTF8.self).split(whereSeparator: \.isNewline)
            .map { $0.trimmingCharacters(in: .whitespaces).harmless }.joined(separator: " ")
        return Failure(
            .stall, reason: "GitFailed", message: "git \(arguments.first ?? "") failed: \(words)")
    }

    /// A commit on `parent` in which files have other bytes, on a new branch; the work tree, its index and the branch that is checked out
    /// stay as they are. A file that was there keeps its mode.
    ///
    /// - Throws: `BranchExists` when the name is taken, before anything is written.
    func commit(
        _ files: [String: [UInt8]], on parent: CommitID, branch: String, message: String
    ) throws(Failure) -> CommitID {
        let reference = "refs/heads/\(branch)"
        if (try? run(["rev-parse", "--verify", "--quiet", reference])) != nil {
            throw Failure(
                .stall, reason: "BranchExists",
                message: "there is a branch \(branch.quotedForMessage) already; look at it, delete it by "
                    + "'git branch -D \(branch)', or choose another name by --branch")
        }
        let tree = try tree(of: files, on: parent)
        let signing = (try? run(["config", "--type=bool", "commit.gpgSign"])) == "true" ? ["-S"] : []
        let commit = try run(
            ["commit-tree", tree, "-p", parent.hex] + signing + ["-F", "-"], input: Array(message.utf8))
        try run(["update-ref", reference, commit, String(repeating: "0", count: commit.count)])
        do throws(InvalidInput) { return try CommitID(parsing: commit) } catch {
            throw Failure(.stall, reason: "GitFailed", message: error.message)
        }
    }

    /// The tree of `parent`, or an empty one, in which files have these bytes. A file that was there keeps its mode.
    func tree(of files: [String: [UInt8]], on parent: CommitID?) throws(Failure) -> String {
        let index = FileManager.default.temporaryDirectory.appending(path: "waybill-index-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: index) }
        let variables = ["GIT_INDEX_FILE": index]
        if let parent { try run(["read-tree", parent.hex], variables: variables) }
        for (path, bytes) in files.sorted(by: { $0.key < $1.key }) {
            let blob = try run(["hash-object", "-w", "--no-filters", "--stdin"], input: bytes)
            let known = try parent.map { (commit) throws(Failure) in
                try run(["ls-tree", "--full-tree", commit.hex, "--", path]).prefix { $0 != " " }
            }
            let mode = known.flatMap { $0.isEmpty ? nil : $0 } ?? "100644"
            try run(["update-index", "--add", "--cacheinfo", "\(mode),\(blob),\(path)"], variables: variables)
        }
        return try run(["write-tree"], variables: variables)
    }
}
