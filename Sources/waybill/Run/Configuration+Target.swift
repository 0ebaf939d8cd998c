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

    /// How many of the users of replicas are candidates', the last ones, where there are many more.
    private static let candidateUsers: UInt32 = 64

    /// Users of candidates that gates ask: those that no served replica has.
    var usersOfCandidates: ClosedRange<UInt32> {
        guard isolationUsers.count > 4 * Int(Self.candidateUsers) else { return isolationUsers }
        return isolationUsers.upperBound - Self.candidateUsers + 1...isolationUsers.upperBound
    }

    private var usersOfReplicas: ClosedRange<UInt32> {
        guard isolationUsers.count > 4 * Int(Self.candidateUsers) else { return isolationUsers }
        return isolationUsers.lowerBound...isolationUsers.upperBound - Self.candidateUsers
    }

    /// Files of secrets that usual variables name.
    private static func secretsOfVariables(_ variables: [String: String]) -> [String] {
        ["AWS_SHARED_CREDENTIALS_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"].compactMap { variables[$0] }
            .filter { $0.hasPrefix("/") }
    }

    /// What the local target may use of this machine, and what its replicas never see.
    func targetSettings(in folder: StateFolder) throws(Failure) -> LocalTargetSettings {
        var settings = LocalTargetSettings(state: folder.path, shim: try Executables.shim())
        settings.ports = ports
        settings.users = usersOfReplicas
        settings.shared = folder.shared
        settings.hidden = secretFiles + Self.secretsOfVariables(ProcessInfo.processInfo.environment)
        settings.secretFolders = secretFolders
        return settings
    }
}
