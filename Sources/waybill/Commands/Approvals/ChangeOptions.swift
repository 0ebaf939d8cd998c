import ArgumentParser
import Foundation
import Glibc
import WaybillCore
import WaybillTrust

/// Which change a command is about.
struct ChangeOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What runs before it. Left out: the watched branch as the remote 'origin' has it.", valueName: "rev"))
    var base: String?

    @Option(help: ArgumentHelp("What is to run.", valueName: "rev"))
    var head = "HEAD"

    @Option(help: ArgumentHelp("The clone.", valueName: "folder"), completion: .directory)
    var repository = "."

    @Option(help: ArgumentHelp("Folder of the manifests in it.", valueName: "path"))
    var path: String?

    var top: String { FleetTop.above(repository) }

    func load() async throws(Failure) -> PendingChanges {
        let folder = if let path { path } else { try ManifestFolder.configured(in: top) }
        let before = if let base { base } else { "origin/\(try ManifestFolder.branch(in: top))" }
        return try await PendingChanges.load(repository: repository, path: folder, base: before, head: head)
    }

    static func key(_ text: String) throws -> DeploymentKey {
        do { return try DeploymentKey(parsing: text) } catch { throw ValidationError(error.message) }
    }

    static func name(_ text: String) throws -> Name {
        do { return try Name(parsing: text) } catch { throw ValidationError(error.message) }
    }
}

/// Where a statement goes.
struct StatementOptions: ParsableArguments {
    @OptionGroup var key: SigningKeyOptions

    @Flag(help: "Do not ask.")
    var yes = false

    @Flag(help: "Commit the file to the branch that is checked out.")
    var commit = false

    @Flag(help: "Push it to a ref of its own below refs/waybill/approvals/ instead of writing a file.")
    var pushRef = false

    @Option(help: ArgumentHelp("Where --push-ref pushes to.", valueName: "name"))
    var remote = "origin"

    func validate() throws {
        if commit, pushRef { throw ValidationError("--commit and --push-ref exclude each other") }
    }

    /// Shows what it is about, asks, signs and puts the statement in its place; says where it is.
    func give(
        _ statement: ApprovalStatement, of signer: Signer, about change: Change, in pending: PendingChanges,
        below top: String
    ) throws {
        let console = Console.current
        console.write(pending.shown(change, console.style) + "\n\(statement)\n")
        if !yes { try Self.ask("Sign this as \(signer.person)?") }
        let file = try StatementFile(statement, of: signer.person, by: signer.key)
        if pushRef {
            try file.push(to: remote, below: top)
            return console.line("pushed to \(file.path.ref)")
        }
        try file.write(below: top)
        if commit { try file.commit(below: top) }
        console.line(
            commit ? "committed \(file.path)" : "wrote \(file.path); commit it, or give it again with --push-ref")
    }

    private static func ask(_ question: String) throws {
        guard Console.current.isErrorTerminal, isatty(STDIN_FILENO) == 1 else {
            throw Failure(
                .stall, reason: "NotAsked",
                message: "nothing was signed: there is no terminal to ask on; read the above and add --yes")
        }
        Console.current.warn("\(question) [y/N]")
        guard readLine()?.lowercased() == "y" else {
            throw Failure(.stall, reason: "Declined", message: "nothing was signed")
        }
    }
}
