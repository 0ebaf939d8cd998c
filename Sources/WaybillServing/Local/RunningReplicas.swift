package import WaybillCore

/// The replicas that run from a folder, for whoever ends them without a controller. Nothing is written to a ledger: the
/// next controller finds the exits, with their reason, and records them.
package struct RunningReplicas: Sendable {
    private let folders: [ReplicaFolder]

    /// Looks into `replicas`, a state folder's folder of replicas. Nobody may start one meanwhile: hold the controller's lock.
    package static func find(in replicas: String) async -> RunningReplicas {
        await offloaded {
            let ids = Disk.names(in: replicas).compactMap { try? ReplicaID(parsing: $0) }.sorted()
            return RunningReplicas(folders: ids.map { ReplicaFolder($0, in: replicas) }.filter(isAlive))
        }
    }

    package var ids: [ReplicaID] { folders.map(\.id) }

    /// Asks each keeper to end its replica, politely first, as `LocalTarget.stop` does. Safe to repeat.
    /// - Returns: the replicas whose keeper cannot be reached.
    package func askToStop(reason: String) async -> [ReplicaID] {
        await offloaded { folders.filter { Self.isAlive($0) && !$0.askToStop(reason: reason) }.map(\.id) }
    }

    /// Those that still run.
    package func left() async -> RunningReplicas {
        await offloaded { RunningReplicas(folders: folders.filter(Self.isAlive)) }
    }

    private static func isAlive(_ folder: ReplicaFolder) -> Bool {
        guard folder.exists else { return false }
        if case .ended = folder.life() { return folder.isLocked() }
        return true
    }
}
