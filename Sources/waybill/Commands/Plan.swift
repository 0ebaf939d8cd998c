import ArgumentParser
import Foundation
import WaybillAPI
import WaybillCore
import WaybillPackage
import WaybillReport

/// `waybill plan`.
struct Plan: AsyncParsableCommand {
    enum Form: String, CaseIterable, ExpressibleByArgument, Sendable { case text, json, yaml, markdown, html }

    static let configuration = CommandConfiguration(
        abstract: "Show what is to be done, and why.",
        discussion: """
            Without --base and --head it asks the controller, which compares git with what runs. With both it compares \
            two commits of a clone, without a controller, takes the first for what runs, and says whether the \
            controller would hold the second; Markdown and HTML are then the reviewer's plan: what changes for the model, on what \
            evidence, for whom. Markdown is bounded to 60,000 characters, for the comments of a forge.
            """)

    @Option(help: ArgumentHelp("Commit or branch to compare with.", valueName: "rev"))
    var base: String?

    @Option(help: ArgumentHelp("Commit or branch to plan for.", valueName: "rev"))
    var head: String?

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
        guard (base == nil) == (head == nil) else { throw ValidationError("--base and --head belong together") }
        guard head != nil || (evidence == nil && output != .html) else {
            throw ValidationError("--evidence and -o html go with --base and --head")
        }
    }

    func run() async throws {
        let (plan, review) = try await plan()
        let console = Console.current
        switch output {
        case .text: console.write(plan.text(console.style))
        case .json: console.line(try Self.value(plan, review).prettyJSON)
        case .yaml: console.write(try Self.value(plan, review).yaml)
        case .markdown: console.write(review?.markdown ?? PlanMarkdown.text(plan))
        case .html: console.write(review.map { HTMLWriter.text($0.document) } ?? "")
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
        guard let base, let head else { return (try await controller.client().plan(), nil) }
        guard let planning = Wiring.standard.offlinePlan else {
            throw Failure(
                .stall, reason: "NotInThisBuild", message: "this build cannot compare commits without a controller")
        }
        let folder = try path ?? ManifestFolder.configured(in: FleetTop.above(repository))
        let plan = try await planning.plan(
            repository: repository, path: folder, base: base, head: head, material: material)
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
