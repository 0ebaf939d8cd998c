import Synchronization
import WaybillCore

/// Turns tables into snapshots, keeping the identity of what stays: backends with their counts, each deployment's slot, and
/// what is counted by revision.
final class BackendRegistry: Sendable {
    private struct State {
        /// By port, which a checked table gives to one replica only.
        var backends: [Int: Backend] = [:]
        /// Out of rotation, with requests still in flight when last looked at.
        var leaving: [Backend] = []
        var slots: [String: Int] = [:]
        var deployments: [String: Known] = [:]
    }

    private struct Known {
        var revisions = DeploymentRevisions()
        /// The last table's.
        var route: RouteTable.Route
        var entry: RouteEntry
    }

    /// Deployments that are counted each by itself in a process's life; later ones share the slot after the last.
    static let maximumSlots = 20_000
    private let state = Mutex(State())
    /// What is counted of records.
    let recordingMeters = RecordingMeters()

    /// - Parameter table: checked.
    func snapshot(of table: RouteTable) -> RoutingSnapshot {
        state.withLock { state in
            var kept = [Int: Backend](minimumCapacity: table.routes.count)
            var deployments = [String: Known](minimumCapacity: table.routes.count)
            state.slots.reserveCapacity(min(table.routes.count, Self.maximumSlots))
            let entries = table.routes.map { route in
                let key = route.key
                let known = known(route, key: key, in: &state, keeping: &kept)
                deployments[key] = known
                return known.entry
            }
            let gone = state.backends.values.filter { kept[$0.identity.port] !== $0 }
            state.leaving = (state.leaving + gone).filter { $0.outstanding.load(ordering: .relaxed) > 0 }
            state.backends = kept
            state.deployments = deployments
            return RoutingSnapshot(generation: table.generation, entries: entries)
        }
    }

    /// A route that is as it was keeps its entry: of thousands, a table changes few.
    private func known(
        _ route: RouteTable.Route, key: String, in state: inout State, keeping kept: inout [Int: Backend]
    ) -> Known {
        if let known = state.deployments[key], known.route == route {
            for backend in known.entry.backends { kept[backend.identity.port] = backend }
            return known
        }
        var revisions = state.deployments[key]?.revisions ?? DeploymentRevisions()
        revisions.adopt(route)
        var candidates: [Candidate] = []
        for wanted in route.backends {
            candidates.append(
                Candidate(
                    backend: Self.backend(wanted, in: state.backends, keeping: &kept),
                    stamp: Stamp.lines(model: route.model, of: wanted), meter: revisions.meter(of: wanted),
                    server: route.recording.isOn ? RecordedServer(route, wanted) : nil))
        }
        let recording =
            route.recording.isOn ? RouteRecording(route, meter: recordingMeters.meter(of: route)) : nil
        let entry = RouteEntry(
            route, candidates: candidates, slot: Self.slot(of: key, in: &state.slots), recording: recording
        ) {
            revisions.turn(for: $0)
        }
        return Known(revisions: revisions, route: route, entry: entry)
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

    /// What was counted by deployment and revision, of deployments in the table.
    var revisionReadings: [RevisionReading] {
        state.withLock { state in
            state.deployments.sorted { $0.key < $1.key }.flatMap { key, known in known.revisions.readings(of: key) }
        }
    }

    /// What was counted of one deployment by revision; nil when it is not in the table.
    func counts(of key: String) -> [String: RevisionCounts]? {
        state.withLock { $0.deployments[key]?.revisions.counts }
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
