import ArgumentParser
import Foundation
import WaybillCore

/// `waybill lint`.
struct Lint: AsyncParsableCommand {
    enum Form: String, CaseIterable, ExpressibleByArgument, Sendable { case text, json, sarif }

    static let configuration = CommandConfiguration(
        abstract: "Check the manifests of a folder as they are now, without git or a controller.",
        discussion: """
            PATH is the top of the fleet repository. Manifests are below 'repository.path' of its waybill.yaml, or below \
            --path, or everywhere in it. Returns 1 when there is an error.
            """)

    @Argument(help: ArgumentHelp("Top of the fleet repository.", valueName: "path"), completion: .directory)
    var folder = "."

    @Option(help: ArgumentHelp("Folder of the manifests in it.", valueName: "path"))
    var path: String?

    @Option(name: .shortAndLong, help: "Form of the output; sarif is SARIF 2.1.0, for forges.")
    var output: Form = .text

    func run() async throws {
        let root = URL(fileURLWithPath: folder, isDirectory: true).standardizedFileURL.path
        let report = try await FolderLint(root: root, path: try path ?? ManifestFolder.configured(in: root)).run()
        let console = Console.current
        switch output {
        case .text: console.write(report.text)
        case .json: console.line(report.value.prettyJSON)
        case .sarif: console.line(SARIF.log(report.diagnostics, version: BuildVersion.text).prettyJSON)
        }
        if report.hasErrors { throw ExitCode(1) }
    }
}

/// Where in a repository the manifests are.
enum ManifestFolder {
    /// `repository.path` of the `waybill.yaml` in `root`, whose other settings are checked on the way; empty without one.
    static func configured(in root: String) throws(Failure) -> String {
        let file = root + "/" + ConfigurationSources.fileName
        guard FileManager.default.fileExists(atPath: file) else { return "" }
        return try ConfigurationSources(
            flags: [:], configFlag: file, variables: ["HOME": "/"], workingFolder: root, isRoot: false,
            reader: Wiring.standard.configurationFile
        ).resolve().repository.path
    }
}
