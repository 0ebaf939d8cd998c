import ArgumentParser
import Foundation
import WaybillAPI
import WaybillCore
import WaybillForge
import WaybillGit
import WaybillReport
import WaybillTrust

/// `waybill promote`.
struct Promote: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write the commit that lets one environment take the version that another one has.",
        discussion: """
            Changes the bytes of one scalar, 'spec.version' of the deployment NAME in the environment --to, on a branch of its own in \
            your clone. Your work tree and the branch that is checked out stay as they are. The commit's trailers say what is promoted \
            and from where; asked beside a controller, also which entry of its ledger says that it serves there. Then push the \
            branch and open a pull request, as the last lines show; or have --open do both, as often as you like, with the reviewer's \
            plan as its text. Requests of the same deployment that it supersedes are closed. With a key it signs that you are the author.
            """)

    @Argument(
        help: ArgumentHelp("The deployment's name, the same in both environments.", valueName: "name"),
        transform: Validate.name)
    var name: Name

    @Option(help: ArgumentHelp("The environment that has the version.", valueName: "env"), transform: Validate.name)
    var from: Name

    @Option(help: ArgumentHelp("The environment that is to take it.", valueName: "env"), transform: Validate.name)
    var to: Name

    @Option(help: ArgumentHelp("The clone.", valueName: "folder"), completion: .directory)
    var repository = "."

    @Option(help: ArgumentHelp("Folder of the manifests in it.", valueName: "path"))
    var path: String?

    @Option(help: ArgumentHelp("Commit or branch that the new branch begins at.", valueName: "rev"))
    var base = "HEAD"

    @Option(help: ArgumentHelp("Name of the new branch.", valueName: "branch"))
    var branch: String?

    @Option(
        help: ArgumentHelp("What was measured of the version, as a digest; goes into the commit.", valueName: "digest"))
    var evidence: String?

    @Flag(help: "Push the branch, and open or update its pull request at the forge of waybill.yaml.")
    var open = false

    @Option(help: ArgumentHelp("Where --open pushes to.", valueName: "name"))
    var remote = "origin"

    @Option(
        help: ArgumentHelp(
            "Your SSH key: signs a proposal, as 'waybill propose' does, kept in a ref of its own and pushed by --open.",
            valueName: "file"), completion: .file())
    var key: String?

    @Flag(help: "Sign the proposal with the one key that ssh-agent has.")
    var agent = false

    @Flag(help: "Show what would change, and write nothing.")
    var dryRun = false

    @Option(name: .shortAndLong, help: "Form of the output.")
    var output: TextFormat = .text

    @OptionGroup var controller: ControllerOptions

    private var signs: Bool { agent || key != nil }

    func validate() throws {
        if agent, key != nil { throw ValidationError("give --key or --agent") }
        if dryRun, open || signs {
            throw ValidationError("--dry-run writes nothing, so it goes with neither --open nor a key")
        }
    }

    func run() async throws {
        // Before anything is written.
        let forge = open ? try controller.configuration().openForge() : nil
        let branching = try await VersionBranch.open(repository, path: path, base: base)
        let state = branching.state
        guard let promotion = try Promotion.decide(name, from: from, to: to, in: state) else {
            let version = state.deployments[DeploymentKey(environment: to, name: name)]?.spec.version
            return try show(["kind": "Promotion", "isNeeded": false], output) {
                "\(to)/\(name) has \(version.map { "\($0)" } ?? "it") already, as \(from)/\(name) does\n"
            }
        }
        let edit = try await branching.edited(promotion.target, at: promotion.location, to: promotion.new)
        let served = await served(promotion)
        let message = promotion.message(evidence: try evidence.map { try Digest(parsing: $0) }, index: served)
        let branch = branch ?? promotion.branch
        let commit =
            dryRun ? nil : try branching.commit(edit, branch: branch, message: message, resumes: open || signs)
        var lines: [String] = []
        var request: ForgeRequest?
        if let commit, signs { lines.append(try await proposed(promotion, branching, commit)) }
        if let commit, let forge {
            let opened = try await opened(promotion, branch, branching, commit, at: forge)
            request = opened.request
            lines += opened.lines
        }
        let members = value(promotion, branch, commit, served, request)
        try show(members, output) {
            edit.difference + (commit.map { told(promotion, branch, $0, served, lines) } ?? "nothing was written\n")
        }
    }

    /// Signs that whoever has the key is the author; the same statement as `waybill propose`.
    private func proposed(
        _ promotion: Promotion, _ branching: VersionBranch, _ commit: CommitID
    ) async throws -> String {
        var options = SigningKeyOptions()
        (options.key, options.agent) = (key, agent)
        let pending = try await PendingChanges.load(
            repository: repository, path: try folder, base: branching.parent.hex, head: commit.hex)
        let change = try pending.change(of: promotion.target)
        let signer = try Signer(try options.load(), try pending.requireRules().access)
        let file = try StatementFile(.proposal(of: change), of: signer.person, by: signer.key)
        if open {
            try file.push(to: remote, below: branching.clone.folder)
        } else {
            try file.keep(below: branching.clone.folder)
        }
        return "signed as proposed by \(signer.person): \(file.path.ref)"
            + (open ? "" : "\n      git push --force \(remote.shellQuoted) \(file.path.ref.shellQuoted)")
    }

    private var folder: String {
        get throws { try path ?? ManifestFolder.configured(in: FleetTop.above(repository)) }
    }

    private func opened(
        _ promotion: Promotion, _ branch: String, _ branching: VersionBranch, _ commit: CommitID, at forge: Forge
    ) async throws -> (request: ForgeRequest, lines: [String]) {
        let plan = try await CommitPlanning().plan(
            repository: repository, path: try folder, base: branching.parent.hex, head: commit.hex,
            material: ReviewMaterial(folder: nil, content: nil))
        try GitProgram(folder: branching.clone.folder)
            .run(["push", "--quiet", "--", remote, "\(commit.hex):refs/heads/\(branch)"])
        let into = try ManifestFolder.branch(in: FleetTop.above(repository))
        return try await PromotionRequest(
            promotion: promotion, branch: branch, into: into, plan: plan.review.markdown
        ).open(at: forge)
    }

    /// The newest entry of the ledger after which the source serves the version; nil without a controller that says so.
    private func served(_ promotion: Promotion) async -> UInt64? {
        guard let client = try? controller.client(), let seen = try? await client.describe(promotion.source),
            seen.deployment.serving == [promotion.new.description]
        else { return nil }
        let events = (try? await client.history(of: promotion.source, limit: 1000)) ?? []
        return events.first { $0.type == EventType.routesChanged.rawValue && $0.outcome == "succeeded" }?.index
    }

    private func value(
        _ promotion: Promotion, _ branch: String, _ commit: CommitID?, _ served: UInt64?, _ request: ForgeRequest?
    ) -> Value {
        var members: Members = [
            "kind": "Promotion", "isNeeded": true, "deployment": .string(promotion.target.description),
            "from": .string(promotion.source.description), "old": .string(promotion.old.description),
            "new": .string(promotion.new.description), "branch": .string(branch),
        ]
        if let commit { members["commit"] = .string(commit.hex) }
        if let served { members["ledgerIndex"] = .integer(Int64(served)) }
        if let request { members["request"] = .integer(request.number) }
        return .object(members)
    }

    private func told(
        _ promotion: Promotion, _ branch: String, _ commit: CommitID, _ served: UInt64?, _ lines: [String]
    ) -> String {
        let known =
            served.map { "entry \($0) of the ledger says that \(promotion.source) serves it" }
            ?? "whether \(promotion.source) serves it was not seen: no controller said so here"
        let head = """
            commit \(commit.hex) on the branch \(branch): \(promotion.target) \(promotion.old.version) -> \(promotion.new.version)
            \(known)

            """
        let acts = lines.map { $0 + "\n" }.joined()
        if open { return head + acts }
        return head + acts + """
            next: git push origin \(branch.shellQuoted)
                  waybill plan --base \(base.shellQuoted) --head \(branch.shellQuoted) -o markdown

            """
    }
}
