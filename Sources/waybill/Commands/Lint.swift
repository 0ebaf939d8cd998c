import ArgumentParser
import Foundation
import WaybillCore
import WaybillPackage

/// `waybill lint`.
struct Lint: AsyncParsableCommand {
    enum Form: String, CaseIterable, ExpressibleByArgument, Sendable { case text, json, sarif }

    static let configuration = CommandConfiguration(
        abstract: "Check the manifests of a folder as they are now, without git or a controller.",
        discussion: """
            PATH is a file or folder of the fleet repository, the working folder if left out. The top of the repository is \
            the nearest folder from there upwards with a waybill.yaml, or else with a .git; a folder that is named, with no \
            waybill.yaml above it, is the top itself. The whole fleet is read; what is wrong with PATH is shown. \
            Manifests are below 'repository.path' of the waybill.yaml, or below --path, or everywhere. Of versions that are \
            deployed and come from other machines it says how much would be pulled, beyond what the content store has that \
            'package build' would use. Returns 1 when there is an error.
            """)

    @Argument(help: ArgumentHelp("File or folder to check.", valueName: "path"), completion: .file())
    var subject: String?

    @Option(help: ArgumentHelp("Folder of the manifests in it.", valueName: "path"))
    var path: String?

    @Option(
        help: ArgumentHelp("The content store, when it is not that of the state folder.", valueName: "folder"),
        completion: .directory)
    var store: String?

    @Option(help: ArgumentHelp("The controller's state folder.", valueName: "folder"), completion: .directory)
    var state: String?

    @Option(name: .shortAndLong, help: "Form of the output; sarif is SARIF 2.1.0, for forges.")
    var output: Form = .text

    func run() async throws {
        let report = try await report()
        let console = Console.current
        switch output {
        case .text: console.write(report.text)
        case .json: console.line(report.value.prettyJSON)
        case .sarif: console.line(SARIF.log(report.diagnostics, version: BuildVersion.text).prettyJSON)
        }
        if report.hasErrors { throw ExitCode(1) }
    }

    private func report() async throws -> FolderLint.Report {
        let place = try LintPlace.of(subject)
        do {
            let path = try path ?? ManifestFolder.checked(in: place.top)
            return try await FolderLint(
                root: place.top, path: path, subject: place.subject, content: try content()
            ).run()
        } catch let problems as ConfigurationProblems {
            return FolderLint.Report(diagnostics: problems.below(place.top).diagnostics, resources: 0, deployments: 0)
        }
    }
}

extension Lint {
    /// The store that is named, or that of the state folder if it has one.
    ///
    /// - Throws: `NoStore` when the one that is named is not there.
    private func content() throws(Failure) -> ContentStore? {
        let named = store ?? state
        let flags = state.map { ["state": $0] } ?? [:]
        let settings = try? ControllerOptions.sources(flags: flags, config: nil).resolve()
        let folder = settings.map { StateFolder(at: URL(fileURLWithPath: $0.stateFolder)).content }
        guard let root = store.map({ URL(fileURLWithPath: $0).standardizedFileURL.path }) ?? folder,
            FileManager.default.fileExists(atPath: root + "/layout/index.json")
        else {
            if let named {
                throw Failure(
                    .stall, reason: "NoStore", message: "\(named): there is no content store; nothing is packaged there"
                )
            }
            return nil
        }
        return ContentStore(root: root)
    }
}

/// What a lint is about: a fleet repository, and a file or folder in it.
struct LintPlace: Hashable, Sendable {
    var top: String
    /// From the top; empty is all of it.
    var subject: String

    /// - Throws: `Failure` when there is nothing at `path`.
    static func of(_ path: String?) throws(Failure) -> LintPlace {
        let url = URL(fileURLWithPath: path ?? ".").standardizedFileURL.resolvingSymlinksInPath()
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
            throw Failure(.stall, reason: "NoSuchPath", message: "\(path ?? url.path): no such file or folder")
        }
        let folder = isFolder.boolValue ? url : url.deletingLastPathComponent()
        var top = FleetTop.above(folder.path)
        let hasSettings = FileManager.default.fileExists(atPath: top + "/" + ConfigurationSources.fileName)
        if path != nil, isFolder.boolValue, !hasSettings { top = folder.path }
        return LintPlace(top: top, subject: String(url.path.dropFirst(top.count).drop { $0 == "/" }))
    }
}

/// Where in a repository the manifests are.
enum ManifestFolder {
    /// `repository.path` of the `waybill.yaml` in `root`, whose other settings are checked on the way; empty without one.
    static func configured(in root: String) throws(Failure) -> String {
        try sources(in: root)?.resolve().repository.path ?? ""
    }

    /// `repository.branch` of it, or what is watched without one.
    static func branch(in root: String) throws(Failure) -> String {
        try sources(in: root)?.resolve().repository.branch ?? "main"
    }

    /// The same as `configured`.
    ///
    /// - Throws: `ConfigurationProblems` for what is wrong in the file, `Failure` when it cannot be read.
    static func checked(in root: String) throws -> String {
        try sources(in: root)?.checked().repository.path ?? ""
    }

    /// The `waybill.yaml` of `root` alone, without the caller's flags and variables; nil when there is none.
    private static func sources(in root: String) -> ConfigurationSources? {
        let file = root + "/" + ConfigurationSources.fileName
        guard FileManager.default.fileExists(atPath: file) else { return nil }
        return ConfigurationSources(
            flags: [:], configFlag: file, variables: ["HOME": "/"], workingFolder: root, isRoot: false,
            reader: Wiring.standard.configurationFile)
    }
}
