import Synchronization
import WaybillCore

/// The replicas' folders by deployment, so that a look at one deployment costs what that deployment has.
///
/// Kept current by starts and removals; what somebody else did to the folder is seen within `patience`, and a folder
/// that is gone is seen at once by whoever opens it. One lock guards all.
final class ReplicaIndex: Sendable {
    private struct State {
        var byKey: [DeploymentKey: Set<ReplicaID>] = [:]
        /// Records never change while their folder is there.
        var records: [ReplicaID: ReplicaRecord] = [:]
        /// What has ended stays so.
        var ended: Set<ReplicaID> = []
        var modified: Timestamp?
        var listedAt: ContinuousClock.Instant?
        var listings = 0
    }

    private static let patience = Duration.seconds(10)

    private let path: String
    private let state = Mutex(State())

    init(_ path: String) { self.path = path }

    /// How often all names were read.
    var listings: Int { state.withLock(\.listings) }

    func folders(of key: DeploymentKey) -> [ReplicaFolder] {
        state.withLock { state in
            refresh(&state)
            return (state.byKey[key] ?? []).sorted().map { ReplicaFolder($0, in: path) }
        }
    }

    /// All of them, read anew.
    func all() -> [ReplicaFolder] {
        state.withLock { state in
            list(&state)
            return state.byKey.values.joined().sorted().map { ReplicaFolder($0, in: path) }
        }
    }

    func add(_ id: ReplicaID) { state.withLock { _ = $0.byKey[id.key, default: []].insert(id) } }

    func remove(_ id: ReplicaID) {
        state.withLock { state in
            state.byKey[id.key]?.remove(id)
            if state.byKey[id.key]?.isEmpty == true { state.byKey[id.key] = nil }
            state.records[id] = nil
            state.ended.remove(id)
        }
    }

    /// Records of the replicas that are there and readable; of them those that have not ended.
    func records() -> (live: [ReplicaRecord], all: [ReplicaRecord]) {
        let (known, records, ended) = state.withLock { state in
            refresh(&state)
            return (Array(state.byKey.values.joined()), state.records, state.ended)
        }
        var (all, live, over): ([ReplicaID: ReplicaRecord], [ReplicaRecord], Set<ReplicaID>) = ([:], [], [])
        for id in known {
            let folder = ReplicaFolder(id, in: path)
            guard let record = records[id] ?? (try? folder.record()) else { continue }
            all[id] = record
            if ended.contains(id) { continue }
            if case .ended = folder.life() { over.insert(id) } else { live.append(record) }
        }
        state.withLock { state in
            for (id, record) in all where state.byKey[id.key]?.contains(id) == true { state.records[id] = record }
            state.ended.formUnion(over.filter { state.byKey[$0.key]?.contains($0) == true })
        }
        return (live, Array(all.values))
    }

    private func refresh(_ state: inout State) {
        let now = ContinuousClock.now
        if let last = state.listedAt {
            guard now - last >= Self.patience else { return }
            state.listedAt = now
            if Disk.modified(path) == state.modified { return }
        }
        list(&state)
    }

    private func list(_ state: inout State) {
        state.modified = Disk.modified(path)
        state.listedAt = .now
        state.listings += 1
        let ids = Set(Disk.names(in: path).compactMap { try? ReplicaID(parsing: $0) })
        state.byKey = Dictionary(grouping: ids, by: \.key).mapValues(Set.init)
        state.records = state.records.filter { ids.contains($0.key) }
        state.ended.formIntersection(ids)
    }
}
