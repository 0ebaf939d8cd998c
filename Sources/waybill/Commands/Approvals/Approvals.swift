import ArgumentParser
import Foundation
import WaybillCore
import WaybillEngine
import WaybillTrust

/// `waybill approvals`.
struct Approvals: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the words about changes: given, missing, void and why.",
        subcommands: [ListApprovals.self, PruneApprovals.self], defaultSubcommand: ListApprovals.self)
}

/// `waybill approvals list`.
struct ListApprovals: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Judge the approvals of the changes between two commits.",
        discussion: """
            Reads what the second commit has below .waybill/approvals/, and refs below refs/waybill/approvals/ of the clone \
            ('git fetch origin "refs/waybill/approvals/*:refs/waybill/approvals/*"' brings them). Returns 2 when a word is missing.
            """)

    @Argument(help: ArgumentHelp("One deployment.", valueName: "env/name"), transform: ChangeOptions.key)
    var key: DeploymentKey?

    @Option(name: .shortAndLong, help: "Form of the output.")
    var output: TextFormat = .text

    @OptionGroup var change: ChangeOptions

    func run() async throws {
        let pending = try await change.load()
        let shelf = try await pending.shelf()
        var verdicts: [ApprovalVerdict] = []
        for key in key.map({ [$0] }) ?? pending.keys {
            if let verdict = try pending.verdict(of: key, shelf, now: .now) { verdicts.append(verdict) }
        }
        let isGoverned = pending.rules != nil
        let value: Value = [
            "kind": "ApprovalList", "governed": .bool(isGoverned), "items": .list(verdicts.map(\.value)),
            "problems": .list(shelf.problems.map { ["file": .string($0.path), "message": .string($0.message)] }),
        ]
        let style = Console.current.style
        try show(value, output) {
            var text = verdicts.map { $0.text(style) }.joined(separator: "\n")
            if verdicts.isEmpty {
                text =
                    isGoverned ? "nothing that changes asks for approvals\n" : "ungoverned: there is no access file\n"
            }
            for problem in shelf.problems {
                text += "not read: \(problem.path.harmless): \(problem.message.harmless)\n"
            }
            return text
        }
        if verdicts.contains(where: { !$0.isApproved && !$0.isOverridden }) { throw ExitCode(2) }
    }
}

extension ApprovalVerdict {
    /// For a terminal.
    func text(_ style: Style) -> String {
        var text = style.paint("\(change.key)", .strong) + "  \(change.digest)\n"
        text += "  asks for \(policy.required.isEmpty ? "no approvals" : policy.summary)\n"
        if !authors.isEmpty { text += "  proposed by \(authors.map(\.text).joined(separator: ", "))\n" }
        for word in given {
            let touched = word.presence.map { $0.isUserPresent ? ", touched" : ", not touched" } ?? ""
            let end = word.expires.map { " until \($0.secondsText)" } ?? ""
            text += style.paint("  given    \(word.person) as \(word.role)\(end)\(touched)\n", .good)
        }
        for word in rejections {
            text += style.paint("  rejected \(word.person) as \(word.role): \(word.reason.harmless)\n", .bad)
        }
        for word in overrides {
            let end = word.expires.map { " until \($0.secondsText)" } ?? ""
            text += style.paint("  override \(word.person)\(end): \(word.reason.harmless)\n", .bad)
        }
        for word in missing { text += style.paint("  missing  \(word.text)\n", .busy) }
        for file in void { text += style.paint("  void     \(file.place.harmless): \(file.why.harmless)\n", .quiet) }
        return text
    }
}

/// `waybill approvals prune`.
struct PruneApprovals: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove files of approvals that can count for nothing any more.",
        discussion: """
            A file is spent when it has expired, or when what it names is not what HEAD asks for. Those that say nothing, because they \
            are broken or misnamed, are spent as well. Removes them from the work tree; commit that.
            """)

    @Flag(help: "Say what would be removed.")
    var dryRun = false

    @OptionGroup var change: ChangeOptions

    func run() async throws {
        let pending = try await PendingChanges.load(
            repository: change.repository,
            path: try change.path ?? ManifestFolder.configured(in: change.top), base: change.head, head: change.head)
        let shelf = try await StatementReader(pending.clone).read(at: pending.head)
        let spent = shelf.statements.filter { pending.isSpent($0, now: .now) }.map(\.place) + shelf.problems.map(\.path)
        for path in spent.sorted() {
            Console.current.line("\(dryRun ? "would remove" : "removed") \(path.harmless)")
            if !dryRun { try? FileManager.default.removeItem(atPath: "\(change.top)/\(path)") }
        }
        if spent.isEmpty { Console.current.line("nothing is spent") }
    }
}

extension PendingChanges {
    fileprivate func isSpent(_ file: FoundStatement, now: Timestamp) -> Bool {
        guard let statement = file.proven?.statement else { return true }
        if let expires = statement.expires, expires <= now { return true }
        let desired = after.deployments[statement.key]
        let asked = Change(
            statement.key, from: nil, to: desired?.rendering, checklist: desired?.checklistDigest)
        return asked.digest != statement.change
    }
}
