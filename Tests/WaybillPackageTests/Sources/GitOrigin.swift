import Foundation
import WaybillCore
import WaybillGit
import WaybillTestSupport

/// A repository made by the real git, and the files that the real helper reads of it.
struct GitOrigin {
    let folder: URL
    var path: String { folder.appending(path: "code").path }

    init(in folder: URL) throws {
        self.folder = folder
        try run("git", "init", "-q", "-b", "main", path)
    }

    /// Writes files, commits them, and gives the commit.
    @discardableResult
    func commit(_ files: [String: String]) throws -> CommitID {
        for (name, text) in files {
            let place = URL(filePath: "\(path)/\(name)")
            try FileManager.default.createDirectory(
                at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: place)
        }
        try git("add", "-A")
        try git("commit", "-q", "-m", "change")
        return try CommitID(parsing: try git("rev-parse", "HEAD"))
    }

    @discardableResult
    func git(_ words: String...) throws -> String { try run(["git", "-C", path] + words) }

    @discardableResult
    func run(_ words: String...) throws -> String { try run(words) }

    @discardableResult
    func run(_ words: [String]) throws -> String {
        let environment = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": folder.path, "LC_ALL": "C",
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org",
            "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org", "GIT_TERMINAL_PROMPT": "0",
        ]
        let done = try ChildProgram.runNow(["/usr/bin/env"] + words, environment: environment)
        guard done.status == 0 else { throw CommandFailed(words: words) }
        return done.output.trimmingCharacters(in: .newlines)
    }

    struct CommandFailed: Error { var words: [String] }

    /// Read by the real helper.
    func files() -> OtherRepositories {
        OtherRepositories(
            folder: folder.appending(path: "others").path, helper: HelperCommand(path: Self.helper, arguments: []),
            access: { (address) throws(Failure) in
                do throws(InvalidInput) {
                    return try RemoteConfiguration(address: address, branch: "HEAD")
                } catch { throw Failure(.stall, reason: "RemoteInvalid", message: error.message) }
            })
    }

    /// Built beside the test bundle.
    private static let helper: String = {
        let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return ([program] + CommandLine.arguments)
            .map { URL(filePath: $0).deletingLastPathComponent().path + "/git-helper-tool" }
            .first { FileManager.default.isExecutableFile(atPath: $0) } ?? "git-helper-tool is not built"
    }()
}
