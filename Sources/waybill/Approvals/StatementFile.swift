import Foundation
import WaybillCore
import WaybillTrust

/// Signs a statement and puts its file where it belongs.
struct StatementFile {
    let signed: SignedStatement
    let path: ApprovalPath

    init(_ statement: ApprovalStatement, of person: Name, by key: SigningKey) throws(Failure) {
        let text = Array(statement.description.utf8)
        guard let signature = try key.signature(of: text, namespace: statement.kind.namespace) else {
            throw Failure(
                .stall, reason: "SigningFailed",
                message: "a key in PEM makes no SSH signatures; use an SSH key, a '.pub' file or --agent")
        }
        signed = SignedStatement(statement, signature)
        path = ApprovalPath(statement, of: person)
    }

    /// Writes it into the work tree below `top`, in the place of what that person had said of the change.
    func write(below top: String) throws(Failure) {
        let url = URL(fileURLWithPath: "\(top)/\(path)")
        do {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(signed.file).write(to: url, options: .atomic)
        } catch {
            throw Failure(.stall, reason: "FolderUnusable", message: "\(url.path): \(error.localizedDescription)")
        }
    }

    /// Commits just this file to the branch that is checked out.
    func commit(below top: String) throws(Failure) {
        let git = GitProgram(folder: top)
        let verb = signed.statement.kind.rawValue
        let message = "\(verb.prefix(1).uppercased())\(verb.dropFirst()) \(path.key) \(path.change.short)"
        try git.run(["add", "--force", "--", path.description])
        try git.run(["commit", "--quiet", "-m", message, "--", path.description])
    }

    /// Pushes just this file to a ref of its own, beside every branch.
    func push(to remote: String, below top: String) throws(Failure) {
        let git = GitProgram(folder: top)
        let index = FileManager.default.temporaryDirectory.appending(path: "waybill-index-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: index) }
        let blob = try git.run(["hash-object", "-w", "--stdin"], input: signed.file)
        let variables = ["GIT_INDEX_FILE": index]
        try git.run(
            ["update-index", "--add", "--cacheinfo", "100644,\(blob),\(path)"], variables: variables)
        let tree = try git.run(["write-tree"], variables: variables)
        // Nobody reads who made this commit: the signature says whose word it is.
        let identity = ["-c", "user.name=\(path.person)", "-c", "user.email=\(path.person)@waybill.invalid"]
        let commit = try git.run(identity + ["commit-tree", tree, "-m", "\(signed.statement.kind.rawValue) \(path.key)"])
        try git.run(["push", "--quiet", "--force", remote, "\(commit):\(path.ref)"])
        try git.run(["update-ref", path.ref, commit])
    }
}

/// The user's own git, for what is written.
struct GitProgram {
    let folder: String

    /// - Returns: what it wrote, without the last line end.
    /// - Throws: `GitFailed`, stalling, with git's own words.
    @discardableResult
    func run(
        _ arguments: [String], input: [UInt8]? = nil, variables: [String: String] = [:]
    ) throws(Failure) -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["git", "-C", folder] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(variables) { _, new in new }
        let (output, errors, given) = (Pipe(), Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = input == nil ? FileHandle.nullDevice : given
        do {
            try process.run()
            // A statement is smaller than a pipe: nobody waits for anybody.
            if let input { try given.fileHandleForWriting.write(contentsOf: input) }
            try given.fileHandleForWriting.close()
            let said = try output.fileHandleForReading.readToEnd() ?? Data()
            let complaint = try errors.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            guard process.terminationStatus == 0 else {
                let words = String(decoding: complaint, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
                throw Failure(
                    .stall, reason: "GitFailed", message: "git \(arguments.first { !$0.hasPrefix("-") && !$0.contains("=") } ?? "") failed: \(words.harmless)")
            }
            return String(decoding: said, as: UTF8.self).trimmingCharacters(in: .newlines)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(.stall, reason: "GitFailed", message: "git cannot be run: \(error.localizedDescription)")
        }
    }
}
