import ArgumentParser
import Foundation
import WaybillAPI
import WaybillCore

/// `waybill plan`.
struct Plan: AsyncParsableCommand {
    enum Form: String, CaseIterable, ExpressibleByArgument, Sendable { case text, json, yaml, markdown }

    static let configuration = CommandConfiguration(
        abstract: "Show what is to be done, and why.",
        discussion: """
            Without --base and --head it asks the controller, which compares git with what runs. With both it compares \
            two commits of a clone, without a controller, takes the first for what runs, and says whether the \
            controller would hold the second. Markdown is bounded to 60,000 bytes, for the comments of a forge.
            """)

    @Option(help: ArgumentHelp("Commit or branch to compare with.", valueName: "rev"))
    var base: String?

    @Option(help: ArgumentHelp("Commit or branch to plan for.", valueName: "rev"))
    var head: String?

    @Option(help: ArgumentHelp("The clone.", valueName: "folder"), completion: .directory)
    var repository = "."

    @Option(help: ArgumentHelp("Folder of the manifests in it.", valueName: "path"))
    var path: String?

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
    }

    func run() async throws {
        let plan = try await plan()
        let console = Console.current
        switch output {
        case .text: console.write(plan.text(console.style))
        case .json: console.line(try Value(view: plan).prettyJSON)
        case .yaml: console.write(try Value(view: plan).yaml)
        case .markdown: console.write(PlanMarkdown.text(plan))
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

    private func plan() async throws -> PlanView {
        guard let base, let head else { return try await controller.client().plan() }
        guard let planning = Wiring.standard.offlinePlan else {
            throw Failure(
                .stall, reason: "NotInThisBuild", message: "this build cannot compare commits without a controller")
        }
        let folder = try path ?? ManifestFolder.configured(in: FleetTop.above(repository))
        return try await planning.plan(repository: repository, path: folder, base: base, head: head)
    }
}
