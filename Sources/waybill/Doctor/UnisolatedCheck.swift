import Foundation
import WaybillAPI
import WaybillCore
import WaybillManifest

/// Which runtimes run replicas as the controller's own user: those that the controller has, or, without one, those of the
/// fleet around the working folder.
struct UnisolatedCheck: Check {
    /// Where to look for a fleet.
    var folder = FileManager.default.currentDirectoryPath

    func run(_ configuration: WaybillConfiguration) async -> [Finding] {
        var runtimes = await fromController(configuration)
        if runtimes == nil { runtimes = await fromFolder(configuration) }
        return (runtimes ?? [:]).sorted { $0.key < $1.key }.map { name, users in
            .warning(
                "isolation",
                "runtime \(name) has 'isolation: none': replicas of \(users.isEmpty ? "no deployment yet" : users.joined(separator: ", ")) "
                    + "run as the controller's own user",
                remedy:
                    "take 'isolation: none' out of the runtime unless its programs may read all that the controller can"
            )
        }
    }

    /// Deployments by runtime; nil without a controller.
    private func fromController(_ configuration: WaybillConfiguration) async -> [String: [String]]? {
        let client = ControlClient(stateFolder: configuration.stateFolder)
        guard let runtimes = try? await client.list(RuntimeView.self).items else { return nil }
        let open = runtimes.filter { $0.isolation == Isolation.none.rawValue }
        return Dictionary(open.map { ($0.name, $0.deployments) }, uniquingKeysWith: +)
    }

    private func fromFolder(_ configuration: WaybillConfiguration) async -> [String: [String]]? {
        let top = FleetTop.above(folder)
        guard FileManager.default.fileExists(atPath: top + "/" + ConfigurationSources.fileName) else { return nil }
        let tree = FolderTree(root: top)
        let loader = FleetLoader(tree: tree, path: configuration.repository.path)
        guard let commit = try? tree.scan(), (try? await loader.load(commit)) != nil, let state = await loader.state
        else { return nil }
        var found: [String: [String]] = [:]
        for resource in state.resources.values {
            guard case .servingRuntime(let name) = resource.id, case .servingRuntime(let runtime) = resource.spec,
                runtime.isolation == .none
            else { continue }
            found[name.text] = state.deployments.values.filter { $0.spec.runtime == name }.map(\.key).sorted()
                .map(\.description)
        }
        return found
    }
}
