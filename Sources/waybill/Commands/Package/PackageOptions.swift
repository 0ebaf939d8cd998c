import ArgumentParser
import Foundation
import WaybillCore
import WaybillManifest
import WaybillPackage

/// Which content store a command works on.
struct StoreOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The content store, when it is not that of the state folder.", valueName: "folder"),
        completion: .directory)
    var store: String?

    @OptionGroup var controller: ControllerOptions

    /// An absolute path.
    func root() throws(Failure) -> String {
        if let store { return URL(fileURLWithPath: store).standardizedFileURL.path }
        return try folder().content
    }

    func folder() throws(Failure) -> StateFolder {
        StateFolder(at: URL(fileURLWithPath: try controller.configuration().stateFolder))
    }

    func content() throws(Failure) -> ContentStore { ContentStore(root: try root()) }

    /// Where what this command does is written down: the ledger of the state folder whose store it is; nowhere for others.
    func acts() throws(Failure) -> HandActs {
        let folder = try folder()
        let root = URL(fileURLWithPath: try root()).resolvingSymlinksInPath().path
        guard folder.hasLedger, root == folder.content else { return HandActs(nil) }
        return HandActs(HandLedger(folder: folder, configuration: try controller.configuration()))
    }

    /// What every command that changes a store says of it.
    static let recorded =
        "What it does to the store of a state folder stands in its ledger, with who did it; without the ledger nothing is done. "
        + "A store of its own (--store), or of a state folder that no controller ran in, has no ledger."

    /// The sources of model files that the settings allow.
    func readers() throws(Failure) -> SourceReaders {
        let scratch = FileManager.default.temporaryDirectory.appending(
            path: "waybill-repositories-\(UUID().uuidString)")
        return try ModelSources.readers(
            try controller.configuration(), ProcessInfo.processInfo.environment, scratch: scratch.path,
            refusing: [try folder().path])
    }
}

/// A model version of a fleet folder as it is now, with the files beside it.
struct PackagedVersion {
    let version: ModelVersion
    let tree: FolderTree
    /// The look at the folder that it was read in.
    let commit: CommitID

    /// - Throws: `ManifestProblem` when the folder has no sound manifest of that version.
    static func find(_ id: VersionID, in folder: String, path: String?) async throws -> PackagedVersion {
        let root = FleetTop.above(folder)
        let tree = FolderTree(root: root)
        let commit = try tree.scan()
        let loader = FleetLoader(tree: tree, path: try path ?? ManifestFolder.configured(in: root))
        let delta = try await loader.load(commit)
        guard case .modelVersion(let version)? = await loader.state?.resources[.modelVersion(id)]?.spec else {
            let problem = delta.diagnostics.first { $0.severity == .error }.map {
                "; the first problem: \(DiagnosticText.headline($0))"
            }
            throw Failure(
                .stall, reason: "ManifestProblem",
                message: "\(root): no manifest below it defines \(id)\(problem ?? ""); 'waybill lint' shows what it has"
            )
        }
        return PackagedVersion(version: version, tree: tree, commit: commit)
    }
}
