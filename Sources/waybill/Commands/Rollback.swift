import ArgumentParser
import Foundation
import WaybillAPI
import WaybillCore

/// `waybill rollback`.
struct Rollback: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Go back at once to what served before, and keep what is left from serving again.",
        discussion: """
            The controller starts what served before, puts it into rotation without losing a request, and quarantines the revision that \
            it leaves: no commit brings that back until 'waybill lift'. It needs the mirror and the store only, not the git \
            remote. Asked in a clone of the fleet, it also writes the commit that takes the manifest back, on a branch of its own.
            """)

    @OptionGroup var deployment: KeyArgument

    @Option(
        help: ArgumentHelp(
            "The version to go back to; without it the one that served before.", valueName: "version"),
        transform: Rollback.version)
    var to: SemanticVersion?

    @OptionGroup var reason: RequiredReason

    @Option(
        help: ArgumentHelp("The clone that the commit is written into.", valueName: "folder"), completion: .directory)
    var repository: String?

    @Option(help: ArgumentHelp("Folder of the manifests in it.", valueName: "path"))
    var path: String?

    @Option(help: ArgumentHelp("Commit or branch that the new branch begins at.", valueName: "rev"))
    var base = "HEAD"

    @OptionGroup var controller: ControllerOptions

    func run() async throws {
        let client = try controller.client()
        let (console, key) = (Console.current, deployment.key)
        let result = try await client.perform(.rollback(key, to: to, reason: reason.text))
        console.line(result.message.harmless)
        let standIn = try await client.describe(key).deployment.standIn
        guard let standIn, let version = try? VersionID(parsing: standIn) else { return }
        let place = repository ?? "."
        let branching: VersionBranch
        do { branching = try await VersionBranch.open(place, path: path, base: base) } catch {
            guard repository == nil else { throw error }
            return console.line(advice(version))
        }
        guard let there = branching.state.deployments[key] else {
            guard repository == nil else {
                throw Failure(
                    .stall, reason: "NotDefined", message: "no manifest of \(branching.parent) defines \(key)")
            }
            return console.line(advice(version))
        }
        if there.spec.version == version { return console.line("\(base) asks for \(version) already") }
        try await write(branching, there, version, console)
    }

    private func advice(_ version: VersionID) -> String {
        "next: set 'spec.version' of \(deployment.key) back to \(version.version) in its manifest, so that git says what serves; "
            + "in a clone, or with --repository, this command writes that commit"
    }

    private func write(
        _ branching: VersionBranch, _ there: DesiredDeployment, _ version: VersionID, _ console: Console
    ) async throws {
        let key = deployment.key
        let edit = try await branching.edited(key, at: there.location, to: version)
        let branch = "rollback/\(key.environment)/\(key.name)-\(version.version)"
        let message = """
            Take \(key) back to \(version.version)

            \(reason.text.harmless)

            Waybill-Rollback: \(key)
            Waybill-Version: \(version)
            Waybill-Left: \(there.spec.version)

            """
        let commit = try branching.commit(edit, branch: branch, message: message)
        console.write(edit.difference)
        console.line("commit \(commit.hex) on the branch \(branch)")
        console.line("next: git push origin \(branch.shellQuoted), and open a pull request")
    }

    @Sendable static func version(_ text: String) throws -> SemanticVersion {
        do { return try SemanticVersion(parsing: text) } catch { throw ValidationError(error.message) }
    }
}

/// `waybill lift`.
struct Lift: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Let what was rolled back serve again, if git asks for it.")

    @OptionGroup var deployment: KeyArgument

    @OptionGroup var reason: RequiredReason
    @OptionGroup var acting: ActOptions

    func run() async throws {
        try await acting.perform(.lift(deployment.key, reason: reason.text))
    }
}
