import ArgumentParser
import Foundation
import WaybillAPI
import WaybillCore

/// `waybill promote`.
struct Promote: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write the commit that lets one environment take the version that another one has.",
        discussion: """
            Changes the bytes of one scalar, 'spec.version' of the deployment NAME in the environment --to, on a branch of its own in \
            your clone. Your work tree and the branch that is checked out stay as they are. The commit's trailers say what is promoted \
            and from where; asked beside a controller, also which entry of its ledger says that it serves there. Then push the \
            branch and open a pull request, as the last lines show.
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

    @Flag(help: "Show what would change, and write nothing.")
    var dryRun = false

    @Option(name: .shortAndLong, help: "Form of the output.")
    var output: TextFormat = .text

    @OptionGroup var controller: ControllerOptions

    func run() async throws {
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
        let commit = dryRun ? nil : try branching.commit(edit, branch: branch, message: message)
        try show(value(promotion, branch, commit, served), output) {
            edit.difference + (commit.map { told(promotion, branch, $0, served) } ?? "nothing was written\n")
        }
    }

    /// The newest entry of the ledger after which the source serves the version; nil without a controller that says so.
    private func served(_ promotion: Promotion) async -> UInt64? {
        guard let client = try? controller.client(), let seen = try? await client.describe(promotion.source),
            seen.deployment.serving == [promotion.new.description]
        else { return nil }
        let events = (try? await client.history(of: promotion.source, limit: 1000)) ?? []
        return events.first { $0.type == EventType.routesChanged.rawValue && $0.outcome == "succeeded" }?.index
    }

    private func value(_ promotion: Promotion, _ branch: String, _ commit: CommitID?, _ served: UInt64?) -> Value {
        var members: Members = [
            "kind": "Promotion", "isNeeded": true, "deployment": .string(promotion.target.description),
            "from": .string(promotion.source.description), "old": .string(promotion.old.description),
            "new": .string(promotion.new.description), "branch": .string(branch),
        ]
        if let commit { members["commit"] = .string(commit.hex) }
        if let served { members["ledgerIndex"] = .integer(Int64(served)) }
        return .object(members)
    }

    private func told(_ promotion: Promotion, _ branch: String, _ commit: CommitID, _ served: UInt64?) -> String {
        let known =
            served.map { "entry \($0) of the ledger says that \(promotion.source) serves it" }
            ?? "whether \(promotion.source) serves it was not seen: no controller said so here"
        return """
            commit \(commit.hex) on the branch \(branch): \(promotion.target) \(promotion.old.version) -> \(promotion.new.version)
            \(known)
            next: git push origin \(branch.shellQuoted)
                  waybill plan --base \(base.shellQuoted) --head \(branch.shellQuoted) -o markdown

            """
    }
}
