import WaybillCore
import WaybillGateway

/// A deployment as the running gateway has it, whether or not a controller runs.
struct RoutedDeployment: Hashable, Sendable {
    /// Its address, without the paths of the protocol.
    var url: String
    /// Where its protocol takes predictions, if the protocol says so.
    var path: String?

    /// Nil when no gateway answers, or its table does not name `key`.
    static func find(_ key: DeploymentKey, in folder: StateFolder) async -> RoutedDeployment? {
        guard let status = await GatewayClient(stateFolder: folder.gateway).status(),
            let route = GatewayTableFile.read(folder.routes)?.routes.first(where: {
                $0.environment == key.environment.text && $0.deployment == key.name.text
            })
        else { return nil }
        return RoutedDeployment(
            url: "http://\(status.address)/\(key)",
            path: ExampleCall.path(route.servingProtocol, name: route.deployment, paths: route.paths))
    }
}
