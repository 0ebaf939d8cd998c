package import WaybillCore

/// The deployments that are named, counted by environment. Changing it costs the change, whatever the fleet's size.
package struct FleetCensus: Hashable, Sendable {
    package private(set) var keys: Set<DeploymentKey>
    package private(set) var counts: [Name: Int]

    package init(_ keys: Set<DeploymentKey> = []) {
        self.keys = keys
        counts = Dictionary(grouping: keys, by: \.environment).mapValues(\.count)
    }

    /// Who comes and who goes.
    package struct Turnover: Hashable, Sendable {
        package var come: Set<DeploymentKey>
        package var gone: Set<DeploymentKey>
    }

    /// What naming `named` and removing `removed` changes; who is in both stays.
    package func turnover(named: Set<DeploymentKey>, removed: Set<DeploymentKey>) -> Turnover {
        Turnover(
            come: named.filter { !keys.contains($0) },
            gone: removed.filter { keys.contains($0) && !named.contains($0) })
    }

    package mutating func apply(_ turnover: Turnover) {
        for key in turnover.gone where keys.remove(key) != nil { counts[key.environment, default: 0] -= 1 }
        for key in turnover.come where keys.insert(key).inserted { counts[key.environment, default: 0] += 1 }
        for environment in Set(turnover.gone.map(\.environment)) where counts[environment] == 0 {
            counts[environment] = nil
        }
    }
}
