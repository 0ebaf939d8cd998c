import Synchronization
import WaybillCore

/// Turns tables into snapshots, keeping the identity of what stays: backends with their counts, and each deployment's slot.
final class BackendRegistry: Sendable {
    private struct State {
        /// By port, which a checked table gives to one replica only.
        var backends: [Int: Backend] = [:]
        /// Out of rotation, with requests still in flight when last looked at.
        var leaving: [Backend] = []
        var slots: [String: Int] = [:]
    }

    /// Deployments that are counted each by itself in a process's life; later ones share the slot after the last.
    static let maximumSlots = 20_000
    private let state = Mutex(State())

    /// - Parameter table: checked.
    func snapshot(of table: RouteTable) -> RoutingSnapshot {
        state.withLock { state in
            var kept = [Int: Backend](minimumCapacity: table.routes.count)
            state.slots.reserveCapacity(min(table.routes.count, Self.maximumSlots))
            let entries = table.routes.map { route in
                let key = route.key
                return RouteEntry(
                    key: key, deployment: route.deployment, rules: route.rules,
                    backends: route.backends.map { Self.backend($0, in: state.backends, keeping: &kept) },
                    slot: Self.slot(of: key, in: &state.slots))
            }
            let gone = state.backends.values.filter { kept[$0.identity.port] !== $0 }
            state.leaving = (state.leaving + gone).filter { $0.outstanding.load(ordering: .relaxed) > 0 }
            state.backends = kept
            return RoutingSnapshot(generation: table.generation, entries: entries)
        }
    }

    /// Requests in flight by replica, where there are any.
    var outstanding: [String: Int] {
        state.withLock { state in
            var counts: [String: Int] = [:]
            for backend in Array(state.backends.values) + state.leaving {
                let count = backend.outstanding.load(ordering: .relaxed)
                if count > 0 { counts[backend.identity.replica, default: 0] += count }
            }
            return counts
        }
    }

    /// The deployment that each slot counts.
    var slotNames: [Int: String] {
        state.withLock { state in
            Dictionary(state.slots.map { ($0.value, $0.key) }, uniquingKeysWith: { first, _ in first })
        }
    }

    private static func backend(
        _ wanted: RouteTable.Backend, in old: [Int: Backend], keeping kept: inout [Int: Backend]
    ) -> Backend {
        let identity = Backend.Identity(replica: wanted.replica, port: wanted.port)
        var backend = old[wanted.port]
        if backend?.identity != identity || backend?.revision != wanted.revision || backend?.version != wanted.version {
            backend = nil
        }
        let found = backend ?? Backend(identity: identity, revision: wanted.revision, version: wanted.version)
        kept[wanted.port] = found
        return found
    }

    private static func slot(of key: String, in slots: inout [String: Int]) -> Int {
        if let slot = slots[key] { return slot }
        guard slots.count < maximumSlots else { return maximumSlots }
        let slot = slots.count
        slots[key] = slot
        return slot
    }
}
