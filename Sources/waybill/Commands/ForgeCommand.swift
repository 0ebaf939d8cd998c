import ArgumentParser
import Foundation
import WaybillAPI
import WaybillCore
import WaybillForge
import WaybillPackage
import WaybillReport

/// `waybill forge`.
struct ForgeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forge", abstract: "Tell a forge what a merge would mean.", subcommands: [ForgeReport.self])
}

/// `waybill forge report`.
struct ForgeReport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Put the reviewer's plan and three statuses beside a pull request.",
        discussion: """
            For pipelines. Writes the Markdown of 'waybill plan' into one comment, which a later run edits in place, and sets \
            'waybill/plan', 'waybill/gates' and 'waybill/approvals' on the head's commit. What was not checked is pending, never success. \
            Nothing of the head is run. The forge is that of 'forge' in waybill.yaml. Returns 1 when manifests are broken or the commit \
            would be held.
            """)

    @Option(help: ArgumentHelp("Commit or branch to compare with.", valueName: "rev"))
    var base: String

    @Option(help: ArgumentHelp("Commit or branch to plan for.", valueName: "rev"))
    var head: String

    @Option(help: ArgumentHelp("The pull request. Left out: the open one whose head is that commit.", valueName: "n"))
    var request: Int64?

    @Option(
        help: ArgumentHelp("Folder of evidence, as for 'waybill plan'.", valueName: "folder"), completion: .directory)
    var evidence: String?

    @Option(help: ArgumentHelp("What the statuses link to, as the page of a pipeline's run.", valueName: "address"))
    var targetURL: String?

    @Option(help: ArgumentHelp("The clone.", valueName: "folder"), completion: .directory)
    var repository = "."

    @Option(help: ArgumentHelp("Folder of the manifests in it.", valueName: "path"))
    var path: String?

    @OptionGroup var controller: ControllerOptions

    func validate() throws {
        if let request, request < 1 { throw ValidationError("--request is the number of a pull request") }
        if let targetURL, !targetURL.hasPrefix("https://"), !targetURL.hasPrefix("http://") {
            throw ValidationError("--target-url is an http(s) address")
        }
    }

    func run() async throws {
        let forge = try controller.configuration().openForge()
        let folder = try path ?? ManifestFolder.configured(in: FleetTop.above(repository))
        let plan = try await CommitPlanning().plan(
            repository: repository, path: folder, base: base, head: head,
            material: ReviewMaterial(folder: evidence, content: nil))
        let statuses = MergeStatuses(plan: plan)
        let number = if let request { request } else { try await forge.request(at: plan.review.head)?.number }
        let console = Console.current
        if let number {
            let isNew = try await forge.comment(on: number, HiddenMarker("plan"), plan.review.markdown)
            console.line("request \(number): the plan \(isNew ? "is written" : "is there already")")
        } else {
            console.line("no open request is at \(plan.review.head.short): the plan is written nowhere")
        }
        for var status in statuses.all {
            status.target = targetURL
            try await forge.set(status, on: plan.review.head)
            console.line("\(status.context.rawValue): \(status.state.rawValue), \(status.description)")
        }
        if statuses.isBroken { throw ExitCode(1) }
    }
}
