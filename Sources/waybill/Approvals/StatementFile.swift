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

    private var identity: [String: String] {
        let (name, address) = (path.person.text, "\(path.person)@waybill.invalid")
        return [
            "GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": address, "GIT_COMMITTER_NAME": name,
            "GIT_COMMITTER_EMAIL": address,
        ]
    }

    /// Pushes just this file to a ref of its own, beside every branch.
    func push(to remote: String, below top: String) throws(Failure) {
        let commit = try keep(below: top)
        try GitProgram(folder: top).run(["push", "--quiet", "--force", remote, "\(commit):\(path.ref)"])
    }

    /// Commits just this file to a ref of its own in the clone.
    @discardableResult
    func keep(below top: String) throws(Failure) -> String {
        let git = GitProgram(folder: top)
        let tree = try git.tree(of: [path.description: signed.file], on: nil)
        // Nobody reads who made this commit: the signature says whose word it is.
        let message = "\(signed.statement.kind.rawValue) \(path.key)"
        let commit = try git.run(["commit-tree", tree, "-m", message], variables: identity)
        try git.run(["update-ref", path.ref, commit])
        return commit
    }
}
