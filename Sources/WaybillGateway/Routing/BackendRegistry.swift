import Synchronization
import WaybillCore

/// Turns tables into snapshots, keeping the identity of what stays: backends with their counts, and each deployment's slot.
final class BackendRegistry: Sendable {
    private struct State {
        var backends: [Backend.Identity: Backend] = [:]
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
            var kept: [Backend.Identity: Backend] = [:]
            let entries = table.routes.map { route in
                RouteEntry(
                    key: route.key, deployment: route.deployment, rules: route.rules,
                    backends: route.backends.map { Self.backend($0, in: state.backends, keeping: &kept) },
                    slot: Self.slot(of: route.key, in: &state.slots))
            }
            let gone = state.backends.filter { kept[$0.key] !== $0.value }.map(\.value)
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
        _ wanted: RouteTable.Backend, in old: [Backend.Identity: Backend],
        keeping kept: inout [Backend.Identity: Backend]
    ) -> Backend {
        let identity = Backend.Identity(replica: wanted.replica, port: wanted.port)
        var backend = old[identity] ?? Backend(identity: identity, revision: wanted.revision, version: wanted.version)
        if backend.revision != wanted.revision || backend.version != wanted.version {
            backend = Backend(identity: identity, revision: wanted.revision, version: wanted.version)
        }
        kept[identity] = backend
        return backend
    }

    private static func slot(of key: String, in slots: inout [String: Int]) -> Int {
        if let slot = slots[key] { return slot }
        guard slots.count < maximumSlots else { return maximumSlots }
        let slot = slots.count
        slots[key] = slot
        return slot
    }
}
