package import WaybillCore

extension RouteTable {
    /// The next table, in which `route` is the one of `key`; nil removes it.
    package func setting(_ key: DeploymentKey, to route: Route?) -> RouteTable {
        var routes = routes.filter { $0.environment != key.environment.text || $0.deployment != key.name.text }
        if let route { routes.append(route) }
        return RouteTable(generation: generation + 1, routes: routes)
    }

    /// Deployments that the table routes to.
    package var keys: Set<DeploymentKey> { Set(recordings.keys) }

    /// What is recorded of each.
    package var recordings: [DeploymentKey: RecordingPolicy] {
        Dictionary(
            routes.compactMap { route in
                (try? DeploymentKey(parsing: "\(route.environment)/\(route.deployment)")).map { ($0, route.recording) }
            }, uniquingKeysWith: { first, _ in first })
    }

    /// Ports that the table names: none of them may be given to a new replica.
    package var ports: Set<Int> { Set(routes.flatMap { $0.backends.map(\.port) }) }
}
