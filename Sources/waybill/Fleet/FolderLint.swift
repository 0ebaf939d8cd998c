import Foundation
import WaybillCore
import WaybillManifest
import WaybillPackage

/// The manifests of a folder, checked as the controller would check them, before anything is committed: no git, no
/// controller.
struct FolderLint: Sendable {
    /// Top of the fleet repository.
    var root: String
    /// Folder of the manifests below it; empty is the top.
    var path: String
    /// The file or folder below the top that is asked about; nil is everything.
    var subject: String?
    /// Where what is packaged already stands; nil when there is none to be asked.
    var content: ContentStore?

    struct Report: Sendable {
        /// In the order of their places.
        var diagnostics: [Diagnostic]
        var resources: Int
        var deployments: Int
        /// What is packaged, and what is pulled; empty when nothing comes from another machine.
        var versions: [DeployedVersions.Item] = []

        var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
    }

    private func concerns(_ file: String) -> Bool {
        guard let subject, !subject.isEmpty else { return true }
        return file == subject || file.hasPrefix(subject + "/")
    }

    private func load(_ commit: CommitID, _ loader: FleetLoader) async throws(Failure) -> DesiredDelta {
        do { return try await loader.load(commit) } catch  where error.reason == "NoManifestFolder" {
            throw Failure(
                .stall, reason: error.reason,
                message:
                    "\(root): there is no manifest below \(path.quotedForMessage); set 'repository.path', or '--path', to "
                    + "the folder of the manifests")
        }
    }

    /// - Throws: `Failure` when the folder cannot be read, or holds no manifest: that is most often the wrong folder.
    func run() async throws(Failure) -> Report {
        let tree = FolderTree(root: root)
        let commit = try tree.scan()
        let loader = FleetLoader(tree: tree, path: path)
        let delta = try await load(commit, loader)
        guard let state = await loader.state else {
            throw Failure(.retry, reason: "NothingLoaded", message: "\(root): nothing was loaded")
        }
        let sources = try await SourceCheck(tree: tree, loader: loader, commit: commit).problems(of: state.versions())
        let locks = try await LockCheck(tree: tree, loader: loader, commit: commit).problems(of: state)
        let data = try await DataCheck(tree: tree, loader: loader, commit: commit).problems(of: state)
        let zones = await ZoneCheck(loader: loader).problems(of: state)
        let allowed = try await AllowListCheck(tree: tree, commit: commit, path: path).problems()
        let access = try AccessRules.problems(below: root)
        let found =
            delta.diagnostics + sources + locks + data + zones + allowed + access
            + AnalysisLint.problems(of: state)
        let diagnostics = found.filter { concerns($0.location.path) }.sorted(by: Diagnostic.inOrder)
        guard !delta.diagnostics.isEmpty || !state.resources.isEmpty else {
            let place = path.isEmpty ? root : root + "/" + path
            throw Failure(
                .stall, reason: "NoManifests",
                message:
                    "\(place): no manifest (*.yaml, *.yml) is below it; name the top of the fleet repository, and the "
                    + "folder of the manifests in it with --path")
        }
        return Report(
            diagnostics: diagnostics, resources: state.resources.count,
            deployments: state.deployments.count,
            versions: try await DeployedVersions(tree: tree, commit: commit, content: content).items(of: state))
    }
}

extension FolderLint.Report {
    /// For people: every problem in its place, or how much was found well.
    var text: String {
        if !diagnostics.isEmpty { return DiagnosticText.text(diagnostics) }
        func count(_ number: Int, _ word: String) -> String { "\(number) \(word)\(number == 1 ? "" : "s")" }
        let counts = "\(count(resources, "resource")), \(count(deployments, "deployment")): no problems\n"
        return counts + versions.map { "\($0.words)\n" }.joined()
    }

    /// For scripts.
    var value: Value {
        var members: Members = ["kind": "DiagnosticList", "items": .list(diagnostics.map(\.value))]
        if !versions.isEmpty { members["versions"] = .list(versions.map(\.value)) }
        return .object(members)
    }
}
