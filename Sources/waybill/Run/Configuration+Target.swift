import Foundation
import WaybillCore
import WaybillPackage
import WaybillServing

extension WaybillConfiguration {
    /// The Python environments of this machine, installed from the wheels that the content store keeps.
    func environments(
        in folder: StateFolder, tree: any FleetTree, journal: Journal, now: @escaping @Sendable () -> Timestamp
    ) -> PythonEnvironments {
        let variables = ProcessInfo.processInfo.environment
        return PythonEnvironments(
            root: environmentsFolder ?? folder.environments, tree: tree, journal: journal,
            search: .ofThisProcess(variables: variables), variables: variables,
            wheels: ContentWheels(content: ContentStore(root: folder.content)),
            keepsUnused: environmentsFolder != nil, now: now)
    }

    /// What the local target may use of this machine, and what its replicas never see.
    func targetSettings(in folder: StateFolder) throws(Failure) -> LocalTargetSettings {
        var settings = LocalTargetSettings(state: folder.path, shim: try Executables.shim())
        settings.ports = ports
        settings.users = isolationUsers
        settings.shared = folder.shared
        settings.hidden = [
            repository.tokenFile, repository.sshKey, repository.sshPassphraseFile, webhookSecretFile,
        ]
        .compactMap(\.self)
        return settings
    }
}
