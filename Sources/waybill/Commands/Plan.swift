import ArgumentParser
import Foundation
import WaybillAPI
import WaybillCore
import WaybillPackage
import WaybillReport
import WaybillTrust

/// `waybill plan`.
struct Plan: AsyncParsableCommand {
    enum Form: String, CaseIterable, ExpressibleByArgument, Sendable { case text, json, yaml, markdown, html }

    static let configuration = CommandConfiguration(
        abstract: "Show what is to be done, and why.",
        discussion: """
            Without --base and --head it asks the controller, which compares git with what runs. With both it compares \
            two commits of a clone, without a controller, takes the first for what runs, and says whether the \
            controller would hold the second; Markdown and HTML are then the reviewer's plan: what changes for the model, on what \
            evidence, for whom. With --server in place of --base the first commit is what the controller has in force, what serves \
            is what it sees, and what it measured counts as evidence. Markdown is bounded to 60,000 characters, for the comments of a forge.
            """)

    @Option(help: ArgumentHelp("Commit or branch to compare with.", valueName: "rev"))
    var base: String?

    @Option(help: ArgumentHelp("Commit or branch to plan for.", valueName: "rev"))
    var head: String?

    @Flag(help: "Compare --head with what the controller has in force, in place of --base.")
    var server = false

    @Option(help: ArgumentHelp("The clone.", valueName: "folder"), completion: .directory)
    var repository = "."

    @Option(help: ArgumentHelp("Folder of the manifests in it.", valueName: "path"))
    var path: String?

    @Option(
        help: ArgumentHelp(
            "Folder of evidence, files as 'waybill validate -o json' writes them; with --base and --head. What stands in the store of "
                + "the state folder is used as well.", valueName: "folder"), completion: .directory)
    var evidence: String?

    @Option(name: .shortAndLong, help: "Form of the output.")
    var output: Form = .text

    @Flag(
        help:
            "Return 0 when there is nothing to do, 2 when there is or when a commit is held, 1 after an error or when manifests are broken."
    )
    var detailedExitcode = false

    @OptionGroup var controller: ControllerOptions

    func validate() throws {
        guard !server || base == nil else {
            throw ValidationError("--server stands in place of --base")
        }
        guard (base == nil && !server) == (head == nil) else {
            throw ValidationError("--head belongs together with --base or --server")
        }
        guard head != nil || evidence == nil else {
            throw ValidationError("--evidence goes with --head")
        }
    }

    func run() async throws {
        let (plan, review) = try await plan()
        let console = Console.current
        switch output {
        case .text: console.write(plan.text(console.style))
        case .json: console.line(try Self.value(plan, review).prettyJSON)
        case .yaml: console.write(try Self.value(plan, review).yaml)
        case .markdown: console.write(review?.markdown ?? plan.markdown)
        case .html: console.write(HTMLWriter.text(review?.document ?? plan.document))
        }
        if !plan.isKnown {
            throw Failure(
                .wait, reason: "NothingKnown",
                message:
                    "the controller has taken in no commit yet, so it cannot say what is to be done; 'waybill status' "
                    + "says what it waits for")
        }
        // A pipeline that plans a broken commit must not be green; what the controller holds already is no news.
        let isBroken = plan.problems.contains { $0.severity == Diagnostic.Severity.error.rawValue }
        if isBroken && (head != nil || detailedExitcode) { throw ExitCode(1) }
        if detailedExitcode && plan.hasChanges { throw ExitCode(2) }
    }

    private static func value(_ plan: PlanView, _ review: ReviewPlan?) throws -> Value {
        var members = try Value(view: plan).object ?? [:]
        if let review { members["review"] = review.value }
        return .object(members)
    }

    private func plan() async throws -> (PlanView, ReviewPlan?) {
        guard let head else { return (try await controller.client().plan(), nil) }
        guard let planning = Wiring.standard.offlinePlan else {
            throw Failure(
                .stall, reason: "NotInThisBuild", message: "this build cannot compare commits without a controller")
        }
        if server { return try await planOnServer(planning, head: head) }
        guard let base else { throw ValidationError("--head belongs together with --base or --server") }
        let folder = try path ?? ManifestFolder.configured(in: FleetTop.above(repository))
        let plan = try await planning.plan(
            repository: repository, path: folder, base: base, head: head, material: material)
        return (plan.view, plan.review)
    }

    /// Compares with what the running controller has in force, sees and has measured.
    private func planOnServer(
        _ planning: any OfflinePlanning, head: String
    ) async throws -> (PlanView, ReviewPlan?) {
        let client = try controller.client()
        let status = try await client.status()
        guard let commit = status.repository.commit?.id else {
            throw Failure(
                .wait, reason: "NothingKnown",
                message:
                    "the controller has no commit in force yet; 'waybill status' says what it waits for")
        }
        var serving: [DeploymentKey: [String]] = [:]
        for view in try await client.list(DeploymentView.self).items {
            serving[try DeploymentKey(parsing: view.deployment)] = view.serving
        }
        let folder = StateFolder(at: URL(fileURLWithPath: status.controller.stateFolder))
        let key = FileManager.default.contents(atPath: folder.statementPublicKey).flatMap {
            try? SSHPublicKey(parsing: String(decoding: $0.prefix(4096), as: UTF8.self))
        }
        let material = ReviewMaterial(
            folder: evidence, content: ContentStore(root: folder.content),
            controller: ReviewMaterial.Controller(serving: serving, key: key))
        let plan = try await planning.plan(
            repository: repository, path: path ?? status.repository.path, base: commit, head: head,
            material: material)
        return (plan.view, plan.review)
    }

    /// Evidence of a store is used when there is one; a plan needs none.
    private var material: ReviewMaterial {
        let folder = (try? controller.configuration()).map { StateFolder(at: URL(fileURLWithPath: $0.stateFolder)) }
        let content = folder.flatMap {
            FileManager.default.fileExists(atPath: $0.content) ? ContentStore(root: $0.content) : nil
        }
        return ReviewMaterial(folder: evidence, content: content)
    }
}
